// The processes of a simulated machine: who has which pid, whose child they are, and what a reboot leaves of them.
import type { Clock } from '../clock.ts';
import type { Identity } from '../contract/processes.ts';
import type { System } from '../os/identity.ts';
import type { Random } from '../random.ts';

export interface VirtualProcess {
  readonly identity: Identity;
  readonly token: string;
  readonly name: string;
  /** Changes when its parent ends: then it is init's. */
  readonly ppid: number;
  /** It has ended and keeps its pid until somebody fetches its status. */
  readonly isZombie: boolean;
  readonly words: readonly string[];
  readonly heed: (signal: NodeJS.Signals) => void;
}

type Started = Pick<VirtualProcess, 'ppid' | 'token' | 'name' | 'heed'> & { readonly words?: readonly string[] };
type Entry = { -readonly [K in keyof VirtualProcess]: VirtualProcess[K] };

/** Above all real pids, so that none of them is ever this process's own. */
const FIRST_PID = 2 ** 22 + 1;
/** A start time counts hundredths of a second since the boot, as Linux does. */
const TICK_MS = 10;
/** How gladly a pid is given out again: the trap for everything that trusts a bare pid. */
const REUSE = 0.75;

export class ProcessTable {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #slowMs: number;
  readonly #processes = new Map<number, Entry>();
  readonly #ports = new Map<number, Entry>();
  /** Each with the tick in which it was given out last. A real kernel does not go round all pids within one. */
  readonly #free = new Map<number, number>();
  #next = FIRST_PID;
  #boots = 1;
  #bootedAt: number;

  constructor(clock: Clock, random: Random, slowMs: number) {
    this.#clock = clock;
    this.#random = random;
    this.#slowMs = slowMs;
    this.#bootedAt = clock.now();
  }

  /** Some time between at once and `slowMs`. */
  soon(): number {
    return Math.floor(this.#random.next() * (this.#slowMs + 1));
  }

  spawn({ ppid, words = [], ...more }: Started): VirtualProcess {
    const tick = Math.floor((this.#clock.now() - this.#bootedAt) / TICK_MS);
    const pid = this.#takePid(tick);
    const identity = { pid, startTime: String(tick), bootId: `boot-${this.#boots}` };
    const isOrphan = this.#processes.get(ppid)?.isZombie !== false;
    const entry: Entry = { ...more, identity, ppid: isOrphan ? 1 : ppid, isZombie: false, words };
    this.#processes.set(pid, entry);
    return entry;
  }

  #takePid(tick: number): number {
    const again = [...this.#free].findLast(([, usedAt]) => usedAt !== tick)?.[0];
    const pid = again !== undefined && this.#random.next() < REUSE ? again : this.#next++;
    this.#free.delete(pid);
    return pid;
  }

  /** Ends it: first a zombie, soon nothing. False when it had ended before. */
  end(process: VirtualProcess): boolean {
    const entry = process as Entry;
    const { pid, startTime } = entry.identity;
    if (this.#processes.get(pid) !== entry || entry.isZombie) return false;
    entry.isZombie = true;
    for (const [port, holder] of this.#ports) if (holder === entry) this.#ports.delete(port);
    for (const child of this.#processes.values()) if (child.ppid === pid) child.ppid = 1;
    this.#clock.after(this.soon(), () => {
      if (this.#processes.get(pid) !== entry) return; // there was a boot in between
      this.#processes.delete(pid);
      this.#free.set(pid, Number(startTime));
    });
    return true;
  }

  /** Calls `fn` after `ms`, unless the process has ended by then. */
  later(process: VirtualProcess, ms: number, fn: () => void): void {
    this.#clock.after(ms, () => {
      if (this.isRunning(process)) fn();
    });
  }

  isRunning(process: VirtualProcess): boolean {
    return this.#processes.get(process.identity.pid) === process && !process.isZombie;
  }

  /** False when another process has the port. */
  listen(process: VirtualProcess, port: number): boolean {
    if (this.#ports.has(port)) return false;
    this.#ports.set(port, process);
    return true;
  }

  listener(port: number): VirtualProcess | undefined {
    return this.#ports.get(port);
  }

  running(): readonly VirtualProcess[] {
    return [...this.#processes.values()].filter((entry) => !entry.isZombie);
  }

  /** Everything is gone without a word; pids and start times begin anew. */
  reboot(): void {
    this.#processes.clear();
    this.#ports.clear();
    this.#free.clear();
    this.#next = FIRST_PID;
    this.#boots += 1;
    this.#bootedAt = this.#clock.now();
  }

  readonly system: System = {
    bootId: () => `boot-${this.#boots}`,
    identityOf: (pid) => {
      const entry = this.#processes.get(pid);
      return entry === undefined || entry.isZombie ? undefined : entry.identity;
    },
    isAlive: ({ pid, startTime, bootId }) => {
      const now = this.system.identityOf(pid);
      return now !== undefined && now.startTime === startTime && now.bootId === bootId;
    },
    descendants: (...pids) => {
      const found = new Set(this.running().filter(({ ppid }) => pids.includes(ppid)));
      for (const { identity } of found) {
        for (const child of this.running()) if (child.ppid === identity.pid) found.add(child);
      }
      return [...found].map(({ identity }) => identity).filter(({ pid }) => !pids.includes(pid));
    },
    walk: () => this.running().map(({ identity: { pid }, token }) => ({ pid, tokens: [token] })),
    commandLine: (pid) => ` ${(this.#processes.get(pid)?.words ?? []).join(' ')} `,
    kill: (pid, signal) => {
      const entry = this.#processes.get(pid);
      if (entry !== undefined && !entry.isZombie) entry.heed(signal);
      return entry !== undefined; // a zombie takes every signal, and nothing comes of it
    },
  };
}
