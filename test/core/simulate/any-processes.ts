// A keeper of services on a simulated machine that everything happens to, and what must hold of it at every moment.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { ProcessHandle } from '../../../core/contract/processes.ts';
import type { OpenProcesses } from '../../../core/os/processes.ts';
import { seededRandom } from '../../../core/random.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { virtualMachine } from '../../../core/simulate/processes.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import { programOf, wishFor } from './benches.ts';

const SERVICES = 4;

const PROGRAMS: readonly Program[] = [
  {},
  { lastsMs: 0, exit: 1 },
  { lastsMs: 40, exit: 3 },
  { ignores: ['SIGTERM'], lastsMs: 400 },
  { stopsInMs: 30, stopExit: 0 },
  { children: [{}], lastsMs: 120 },
  { leaves: [{ lastsMs: 300 }], lastsMs: 20 },
];

type Deed =
  | { readonly do: 'start'; readonly service: number; readonly program: number }
  | { readonly do: 'signal'; readonly service: number; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** Somebody else kills one of its processes, the shim or another. */
  | { readonly do: 'strike'; readonly nth: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'refuse'; readonly count: number }
  /** The daemon dies at its nth write from now. */
  | { readonly do: 'doom'; readonly nth: number }
  | { readonly do: 'kill launchers' | 'kill daemon' | 'restart daemon' | 'reboot' | 'blind' | 'see' };

/** What survives the daemon: written before each start, as a store would. */
interface Row {
  readonly dir: string;
  readonly token: string;
}

class Died extends Error {}

class AnyProcesses {
  readonly #folder = mkdtempSync(join(tmpdir(), 'realm-any-'));
  readonly #clock = virtualClock();
  readonly #machine;
  /** One row for each service that may run. */
  readonly #rows = new Map<number, Row>();
  /** The handles of this life, by token. */
  #handles = new Map<string, ProcessHandle>();
  #processes: OpenProcesses | undefined;
  #serial = 0;
  /** Names of the points at which the daemon died. */
  readonly diedAt = new Set<string>();
  #deadly = 0;
  readonly heard = new Map<string, number>();
  adopted = 0;

  constructor(seed: number) {
    this.#machine = virtualMachine({ clock: this.#clock, random: seededRandom(seed), programs: programOf, slowMs: 20 });
    this.#boot();
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async act(deed: Deed): Promise<void> {
    const machine = this.#machine;
    if (deed.do === 'start') this.#start(deed.service, PROGRAMS[deed.program]!);
    else if (deed.do === 'signal') this.#signal(deed.service, deed.signal);
    else if (deed.do === 'strike') this.#strike(deed.nth);
    else if (deed.do === 'pass') await this.#clock.advance(deed.ms);
    else if (deed.do === 'refuse') machine.refuseForks(deed.count);
    else if (deed.do === 'doom') this.#deadly = deed.nth;
    else if (deed.do === 'kill launchers') machine.killLaunchers();
    else if (deed.do === 'blind') machine.setWatching(false);
    else if (deed.do === 'see') machine.setWatching(true);
    else if (deed.do === 'restart daemon') this.#restart();
    else if (deed.do === 'kill daemon') this.#kill();
    else {
      machine.reboot();
      this.#processes = undefined;
    }
    await this.#clock.settled();
    this.check();
  }

  /** Ends everything, lets all news arrive, and looks whether each start came to exactly one end. */
  async finish(): Promise<void> {
    this.#machine.refuseForks(0);
    this.#deadly = 0;
    this.#restart();
    for (let round = 0; this.#rows.size > 0; round++) {
      if (round > 50) throw new Error(`no end was told of ${JSON.stringify([...this.#rows.values()])}`);
      for (const service of this.#rows.keys()) this.#signal(service, 'SIGKILL');
      await this.#clock.advance(1_000);
      this.check();
    }
    if (this.#processes!.list().length > 0) throw new Error('something is listed that was heard to end');
  }

  #boot(): void {
    const processes = this.#machine.processes({ sweepMs: 500, crash: (name) => this.#die(name) });
    this.#processes = processes;
    this.#handles = new Map();
    processes.exits((handle) => this.#ended(handle));
  }

  /** The daemon's death at a write, when one is due: nothing of this life happens after it. */
  #die(name: string): void {
    if (this.#deadly === 0 || --this.#deadly > 0) return;
    this.diedAt.add(name);
    this.#kill();
    throw new Died();
  }

  #kill(): void {
    this.#machine.killDaemon();
    this.#processes = undefined;
  }

  #restart(): void {
    this.#kill();
    this.#boot();
    for (const { dir, token } of this.#rows.values()) {
      const handle = this.#adopt(dir, token);
      if (handle === undefined) return;
      this.#handles.set(token, handle);
      if (handle.exit === undefined) this.adopted += 1;
      else this.#ended(handle);
      if (handle.neverStarted && this.#machine.timesBegun(token) > 0) throw new Error(`${token} did start`);
    }
  }

  #adopt(dir: string, token: string): ProcessHandle | undefined {
    try {
      return this.#processes!.adopt(dir, token);
    } catch (error) {
      if (error instanceof Died) return undefined;
      throw error;
    }
  }

  #start(service: number, program: Program): void {
    if (this.#processes === undefined || this.#rows.has(service)) return;
    const token = `t${++this.#serial}`;
    const wish = wishFor(this.#folder, `s${service}`, program, { token });
    this.#rows.set(service, { dir: wish.dir, token });
    const life = this.#processes;
    life.start(wish).then(
      (handle) => this.#handles.set(token, handle),
      () => {
        if (life !== this.#processes || this.#rows.get(service)?.token !== token) return;
        if (this.#machine.timesBegun(token) > 0) throw new Error(`${token} was said to have failed, and began`);
        this.#rows.delete(service);
        this.heard.set(token, (this.heard.get(token) ?? 0) + 1);
      },
    );
  }

  #signal(service: number, signal: NodeJS.Signals): void {
    const handle = this.#handles.get(this.#rows.get(service)?.token ?? '');
    if (handle === undefined || this.#processes === undefined) return;
    const others = this.#machine.running().filter(({ token }) => token !== handle.token);
    this.#processes.signal(handle, signal);
    const hit = others.find((other) => !this.#machine.running().includes(other));
    if (hit !== undefined) throw new Error(`a ${signal} for ${handle.token} hit ${hit.token}`);
  }

  #strike(nth: number): void {
    const running = this.#machine.running();
    const victim = running[nth % running.length];
    if (victim !== undefined) this.#machine.system.kill(victim.identity.pid, 'SIGKILL');
  }

  #ended(handle: ProcessHandle): void {
    const { token } = handle;
    this.heard.set(token, (this.heard.get(token) ?? 0) + 1);
    for (const [service, row] of this.#rows) if (row.token === token) this.#rows.delete(service);
    const command = this.#machine.running().find((one) => one.token === token && one.name === 'program');
    if (command !== undefined) throw new Error(`${token} was said to have ended (${handle.exit?.why}), and runs`);
  }

  check(): void {
    const running = this.#machine.running();
    for (let serial = 1; serial <= this.#serial; serial++) {
      const token = `t${serial}`;
      if (this.#machine.timesBegun(token) > 1) throw new Error(`${token} began twice`);
      if ((this.heard.get(token) ?? 0) > 1) throw new Error(`the end of ${token} was heard twice`);
    }
    const mine = new Set([...this.#rows.values()].map(({ token }) => token));
    const stray = running.find(({ name, token }) => name === 'program' && !mine.has(token));
    if (stray !== undefined) throw new Error(`${stray.token} runs, and nobody keeps it`);
  }
}

const service = fc.nat(SERVICES - 1);
const just = (name: 'kill launchers' | 'kill daemon' | 'restart daemon' | 'reboot' | 'blind' | 'see') =>
  fc.constant<Deed>({ do: name });

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constant('start' as const), service, program: fc.nat(PROGRAMS.length - 1) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(100) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('signal' as const),
      service,
      signal: fc.constantFrom('SIGTERM' as const, 'SIGKILL' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('strike' as const), nth: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse' as const), count: fc.nat(6) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 5_000, max: 15_000 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('doom' as const), nth: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 2, arbitrary: just('kill launchers') },
  { weight: 1, arbitrary: just('kill daemon') },
  { weight: 3, arbitrary: just('restart daemon') },
  { weight: 1, arbitrary: just('reboot') },
  { weight: 1, arbitrary: just('blind') },
  { weight: 1, arbitrary: just('see') },
);

/** All points at which a daemon died. */
export const diedAt = new Set<string>();
const counts = { stories: 0, deeds: 0, ends: 0, adopted: 0 };

/** One count, or all in words. */
export function lived(): string;
export function lived(what: keyof typeof counts): number;
export function lived(what?: keyof typeof counts): string | number {
  if (what !== undefined) return counts[what];
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/** To be asserted: a machine, and up to two hundred things that happen to it. */
export const stories = fc.asyncProperty(
  fc.nat(),
  fc.array(deed, { minLength: 60, maxLength: 200, size: 'max' }),
  async (chance, deeds) => {
    const any = new AnyProcesses(chance);
    try {
      for (const one of deeds) await any.act(one);
      await any.finish();
    } finally {
      any.remove();
    }
    counts.stories += 1;
    counts.deeds += deeds.length;
    counts.ends += any.heard.size;
    counts.adopted += any.adopted;
    for (const name of any.diedAt) diedAt.add(name);
  },
);
