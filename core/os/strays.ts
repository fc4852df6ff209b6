// Ends what ended processes left behind: one walk over all processes for everybody who asks meanwhile, with rests.
import { type Clock, sleep } from '../clock.ts';
import type { Machine } from './machine.ts';
import { signalTree, type Tree } from './signal.ts';

/** Processes met between two rests: well under a millisecond of reading. */
const PACE = 50;
/** For a process in the middle of execve(2) to come out of it. */
const LATE_MS = 1;

/** Which pids carry which token. */
type Census = ReadonlyMap<string, readonly number[]>;

export class Strays {
  readonly #machine: Machine;
  readonly #clock: Clock;
  #present: Promise<unknown> = Promise.resolve();
  /** A walk that has not begun. */
  #next: Promise<Census> | undefined;

  constructor(machine: Machine, clock: Clock) {
    this.#machine = machine;
    this.#clock = clock;
  }

  /** Kills all of a tree whose root has ended. Answers how many got it. */
  async end(tree: Tree & { readonly token: string }): Promise<number> {
    const carriers = (await this.#census()).get(tree.token) ?? [];
    const isClean = carriers.every((pid) => pid === tree.spare?.pid);
    return isClean ? 0 : signalTree(this.#machine.system, tree, 'SIGKILL');
  }

  /** Of a walk that begins after the call: an older one may have passed by too early. */
  #census(): Promise<Census> {
    if (this.#next !== undefined) return this.#next;
    const next = this.#present.then(async () => {
      await this.#machine.turn(); // others of this turn join
      this.#next = undefined;
      return this.#walk();
    });
    this.#next = next;
    this.#present = next.catch(() => {}); // who asked hears of it
    return next;
  }

  /** Reads everybody, those too that are watched: a pid may have changed hands since it was theirs. */
  async #walk(): Promise<Census> {
    const census = new Map<string, number[]>();
    let met = 0;
    for (const { pid, tokens } of this.#machine.system.walk()) {
      for (const token of tokens ?? []) census.set(token, [...(census.get(token) ?? []), pid]);
      if (tokens === undefined) await sleep(this.#clock, LATE_MS);
      else if (++met % PACE === 0) await this.#machine.turn();
    }
    return census;
  }
}
