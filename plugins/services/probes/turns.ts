// So many at once and no more: probes that start programs must not become the load of the machine.
export class Turns {
  #left: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#left = most;
  }

  /** Does the work when it is its turn, first come, first served. */
  async in<T>(work: () => Promise<T>): Promise<T> {
    if (this.#left > 0) this.#left -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve)); // who ends hands its turn over
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#left += 1;
      else next();
    }
  }
}
