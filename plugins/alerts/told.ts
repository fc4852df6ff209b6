// What targets have got in this life of the daemon: for the time in which no row can say so.
const MOST = 10_000;

export class Told {
  readonly #all = new Set<string>();

  add(alert: string, target: string, id: string): void {
    this.#all.add(`${alert}/${target}/${id}`);
    if (this.#all.size > MOST) for (const oldest of this.#all) return void this.#all.delete(oldest);
  }

  has(alert: string, target: string, id: string): boolean {
    return this.#all.has(`${alert}/${target}/${id}`);
  }
}
