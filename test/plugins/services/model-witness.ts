// Judges services from outside, by the machine's process table: each command that begins, each signal that is sent.
import type { VirtualMachine } from '../../../core/simulate/processes.ts';
import type { VirtualProcess } from '../../../core/simulate/process-table.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import type { System } from '../../../core/os/identity.ts';
import type { StartWish } from '../../../core/contract/processes.ts';
import { endsWell, type Life, type Record, remembered, serviceOf, type Wanted } from './model-record.ts';
import type { Name } from './model-steps.ts';

/** The least wait between the restarts of what keeps ending. */
export const BACKOFF_MS = 200;
/** What was on its way when the world changed may still happen: a start takes a few steps of at most 5 ms, one after another. */
const ON_ITS_WAY_MS = 300;
/** The same where a start was lost and is sent again, as long as Realm waits for one. */
const LOST_START_MS = 11_000;

export class Witness {
  readonly counts: { [what: string]: number } = {};
  violation: Error | undefined;
  readonly #machine: VirtualMachine;
  readonly #data: string;
  readonly #records = new Map<Name, Record>();
  /** Monotonic: the clock of the realm may step back. */
  readonly #now: () => number;
  #lostStartAt = -Infinity;
  readonly #kill: System['kill'];

  constructor(machine: VirtualMachine, data: string, now: () => number, names: readonly Name[]) {
    this.#machine = machine;
    this.#data = data;
    this.#now = now;
    for (const name of names) {
      const wanted: Wanted = { isDeclared: true, version: '0', isStopped: false, onLoss: 'ignore' };
      const never = -Infinity;
      const [toldAt, askedAt, aliveAt] = [never, never, never];
      this.#records.set(name, { wanted, life: undefined, toldAt, askedAt, asked: null, aliveAt, begins: [] });
    }
    const system = machine.system;
    this.#kill = system.kill;
    system.kill = (pid, signal) => {
      const target = machine.running().find(({ identity }) => identity.pid === pid);
      if (target !== undefined) this.#signalled(target, signal);
      return this.#kill(pid, signal);
    };
  }

  wanted(name: Name): Wanted {
    return this.#records.get(name)!.wanted;
  }

  get names(): readonly Name[] {
    return [...this.#records.keys()];
  }

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  /** The command of the service, where it runs. */
  live(name: Name): readonly VirtualProcess[] {
    return this.#machine.running().filter((one) => one.name === name);
  }

  /** All that the service started and that still runs. */
  all(name: Name): readonly VirtualProcess[] {
    return this.#machine.running().filter((one) => serviceOf(one) === name);
  }

  told(name: Name, isRestartAsked = false): void {
    const record = this.#records.get(name)!;
    record.toldAt = this.#now();
    record.begins = [];
    if (isRestartAsked) record.askedAt = record.toldAt;
  }

  /** The wish for a restart that Realm took note of. */
  asked(name: Name, at: number | null): void {
    this.#records.get(name)!.asked = at;
  }

  /** Its shim was there, and counted as started, for a moment. */
  refused({ argv: [name] }: StartWish): void {
    this.#records.get(name as Name)!.aliveAt = this.#now();
  }

  /** A start may now be lost, and be tried again much later. */
  startMayBeLost(): void {
    this.#lostStartAt = this.#now();
  }

  /** Somebody else kills it. */
  strike(target: VirtualProcess): void {
    const token = target.token;
    for (const [name, record] of this.#records) {
      if (this.#tokenOf(name) === token) record.aliveAt = this.#now(); // perhaps a shim that had not begun its command
      if (record.life?.token === token) this.#disturb(record.life);
    }
    this.#kill(target.identity.pid, 'SIGKILL');
  }

  /** All that ran is gone. */
  rebooted(): void {
    for (const [name, record] of this.#records) {
      if (record.life !== undefined && !this.#isOver(record.life)) this.#disturb(record.life);
      record.aliveAt = -Infinity;
      this.told(name);
    }
  }

  #disturb(life: Life): void {
    const { beganAt, program } = life;
    life.isDisturbed = true;
    life.mayHaveEnded = program.lastsMs !== undefined && beganAt + program.lastsMs <= this.#now();
  }

  /** The instants of all that has ended by itself are known from what it was told to do. */
  #isOver({ beganAt, program }: Life): boolean {
    return program.lastsMs !== undefined && beganAt + program.lastsMs + ON_ITS_WAY_MS < this.#now();
  }

  #isRecent(at: number): boolean {
    return this.#now() - at <= this.#patience();
  }

  #patience(): number {
    return this.#now() - this.#lostStartAt < 60_000 ? LOST_START_MS : ON_ITS_WAY_MS;
  }

  began(wish: StartWish, program: Program): void {
    const name = wish.argv[0] as Name;
    const record = this.#records.get(name)!;
    this.count('begins');
    const others = this.all(name).filter(({ token }) => token !== wish.token);
    if (others.length > 0) this.#violated(`${name} was started while ${others.length} of it ran`);
    if (this.#machine.timesBegun(wish.token) > 1) this.#violated(`${name} began twice from one start`);
    const { wanted, life: before, toldAt } = record;
    if (!this.#isRecent(toldAt)) {
      if (!wanted.isDeclared) this.#violated(`${name} was started although nobody declares it`);
      if (wanted.isStopped) this.#violated(`${name} was started against a word`);
      if (wish.env['V'] !== wanted.version) this.#violated(`${name} was started with an old meaning`);
    }
    record.aliveAt = this.#now();
    if (before !== undefined && this.#hasCompleted(name, before, record))
      this.#violated(`${name} had completed, and was started again`);
    this.#waited(name, record);
    this.#hadWhatItNeeds(name);
    record.life = {
      token: wish.token,
      version: wish.env['V'] ?? '',
      asked: remembered(this.#data, name)?.asked ?? null,
      program,
      beganAt: this.#now(),
      isDisturbed: false,
      mayHaveEnded: false,
      isEnding: false,
    };
  }

  #hasCompleted(name: Name, life: Life, { wanted, toldAt }: Record): boolean {
    return (
      endsWell(name, life, false) &&
      this.#isOver(life) &&
      life.version === wanted.version &&
      toldAt < life.beganAt - LOST_START_MS
    );
  }

  /** The first restart is at once; each after it waits. */
  #waited(name: Name, record: Record): void {
    const { begins, wanted } = record;
    const now = this.#now();
    begins.push(now);
    const isLossMinded = name === 'b' && wanted.onLoss !== 'ignore';
    if (isLossMinded && this.#hasHadTrouble('a', begins.at(-3) ?? now)) return;
    // One that was on its way when the world changed counts for nothing.
    if (begins.length < 3 || begins.at(-3)! <= record.toldAt + this.#patience()) return;
    this.count('waits checked');
    const between = now - begins[begins.length - 3]!;
    if (between < BACKOFF_MS) this.#violated(`${name} began three times in ${between} ms`);
  }

  #hadWhatItNeeds(name: Name): void {
    if (name !== 'b') return;
    const { life, aliveAt: seenAt } = this.#records.get('a')!;
    const lasted = life === undefined || life.isDisturbed ? 0 : life.beganAt + (life.program.lastsMs ?? 0);
    const aliveAt = Math.max(seenAt, Math.min(lasted, this.#now()));
    // Without a probe, what is started counts as ready: its shim may be about to begin the command.
    const token = this.#tokenOf('a');
    const isThere = this.#machine.running().some((one) => one.token === token) || !this.wanted('a').isDeclared;
    if (!isThere && !this.#isRecent(aliveAt) && !this.#isRecent(this.#records.get('a')!.toldAt))
      this.#violated('b was started while a was down');
    this.count('needs checked');
  }

  #signalled(target: VirtualProcess, signal: NodeJS.Signals): void {
    this.count('signals');
    const name = serviceOf(target);
    if (name === undefined) {
      // One that has not begun its command, and never will, may go.
      const hasChild = this.#machine.running().some(({ ppid }) => ppid === target.identity.pid);
      if (signal === 'SIGKILL' && hasChild)
        this.#violated('a shim was killed, and with it the news of how its command ends');
      return;
    }
    const record = this.#records.get(name)!;
    const { life, wanted, toldAt, askedAt, asked } = record;
    if (life?.token !== target.token || this.live(name).length === 0) return; // left behind by an earlier one
    const { onLoss } = wanted;
    const isLossMinded = name === 'b' && onLoss !== 'ignore' && this.#hasHadTrouble('a', life.beganAt);
    const isMeant =
      life.isEnding ||
      !wanted.isDeclared ||
      wanted.isStopped ||
      life.version !== wanted.version ||
      askedAt >= life.beganAt - ON_ITS_WAY_MS ||
      (asked !== null && asked !== life.asked) ||
      this.#isRecent(toldAt) ||
      isLossMinded;
    if (!isMeant) this.#violated(`${name} got ${signal} although nobody wanted anything else`);
    life.isEnding = true;
    this.#disturb(life);
    record.aliveAt = this.#now();
  }

  #hasHadTrouble(name: Name, since: number): boolean {
    const { life, toldAt } = this.#records.get(name)!;
    if (this.live(name).length === 0 || life === undefined || life.isEnding) return true;
    return Math.max(life.beganAt, toldAt) >= since - ON_ITS_WAY_MS;
  }

  /** At any moment at which nothing is on its way inside Realm. */
  look(): void {
    for (const name of this.names) {
      const live = this.live(name);
      if (live.length > 0) this.#records.get(name)!.aliveAt = this.#now();
      if (live.length > 1) this.#violated(`${live.length} of ${name} run`);
      for (const { token } of live) {
        if (this.#tokenOf(name) !== token) this.#violated(`nobody knows of one ${name}`);
      }
    }
    if (this.violation !== undefined) throw this.violation;
  }

  #violated(why: string): void {
    this.violation ??= new Error(`${why} (at ${this.#now()})`);
  }

  /** Of the start that Realm remembers. */
  #tokenOf = (name: Name): string | undefined => remembered(this.#data, name)?.token;

  /** Whether the service rightly does not run after a quiet time. */
  mayBeDown(name: Name): boolean {
    const { life, wanted } = this.#records.get(name)!;
    if (!wanted.isDeclared || wanted.isStopped) return true;
    if ((name === 'b' && this.wanted('a').isStopped) || (name === 'd' && this.wanted('m').isStopped)) return true;
    return life !== undefined && endsWell(name, life, life.mayHaveEnded);
  }
}
