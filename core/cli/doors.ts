// The doors that one command line opened; all are closed when it ends.
import { resolve } from 'node:path';
import type { Door } from '../api/door.ts';
import { sleep } from '../clock.ts';
import type { BareRealm } from './bare.ts';
import type { GlobalFlags } from './global-flags.ts';
import { hang, printable } from './render/text.ts';
import type { Need, Shell } from './shell.ts';
import type { Verb } from './verbs.ts';

const CLOSING_MS = 5_000;

export class Doors {
  readonly #shell: Shell;
  readonly #open = new Map<Need, Promise<Door>>();
  #bare: BareRealm | undefined;

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /** From now on the realm of this command is one that has nothing but this plugin. */
  async openBare(plugin: string, globals: GlobalFlags): Promise<Door> {
    const { bareRealm } = await import('./bare.ts');
    this.#bare ??= bareRealm(plugin);
    this.#open.clear(); // there was none to be opened
    return this.open('look', globals);
  }

  open(need: Need, globals: GlobalFlags, verb?: Verb, env: Shell['env'] = this.#shell.env): Promise<Door> {
    const { clock, mask, signal, actor, terminal } = this.#shell;
    const tell = (sentence: string): void =>
      terminal.err.write(`${hang(printable(sentence), terminal.err.columns, 0, 2)}\n`);
    const cwd = resolve(this.#shell.cwd, globals.C ?? '.');
    const about = { purpose: `realm ${verb?.name ?? ''}`.trimEnd(), compares: verb?.compares === true };
    const where = this.#bare === undefined ? {} : { config: this.#bare.file };
    const door =
      this.#open.get(need) ??
      this.#shell.openDoor({ ...globals, ...where, cwd, env, clock, mask, signal, actor, ...about, tell }, need);
    this.#open.set(need, door);
    return door;
  }

  /** The first one that opened, if any did. */
  async any(): Promise<Door | undefined> {
    for (const opening of this.#open.values()) {
      const door = await opening.catch(() => undefined); // its error is told where it was asked for
      if (door !== undefined) return door;
    }
    return undefined;
  }

  /** Closes all, and gives up after five seconds. */
  async close(): Promise<void> {
    const closing = Promise.allSettled([...this.#open.values()].map(async (door) => (await door).close()));
    const closed = new AbortController();
    await Promise.race([closing, sleep(this.#shell.clock, CLOSING_MS, closed.signal)]);
    closed.abort();
    this.#bare?.dispose();
  }
}
