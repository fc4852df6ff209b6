// The runs: one table and one life cycle for every execution. The same key never runs twice, whoever dies in between.
import type { Clock } from '../clock.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { messageOf, RealmError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { RunQuery, StoredRun } from '../store/runs.ts';
import type { Executor, Found, RunEnd, RunHooks } from './executor.ts';
import { type Added, isUnkept, Ledger, noteOf, type RunStore, type StartRequest } from './ledger.ts';
import { isEnded } from './life-cycle.ts';
import { LEASE_MS, Watch } from './watch.ts';

export interface RunsParts {
  readonly store: RunStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly executor: Executor;
  readonly crash?: CrashPoint;
  /** Called after the end of a run is committed; wakes its resource. */
  readonly ended?: (run: StoredRun) => void;
  /** Most runs at once; the others wait, oldest first. Default 64. */
  readonly most?: number;
}

export interface Runs {
  /** Starts a run, or finds the one with this key, ended ones included. Resolves when it is stored. */
  start(request: StartRequest): Promise<Added>;
  /** Answers a key without running anything, so that it never runs. */
  skip(request: StartRequest, why: string): Promise<Added>;
  /** Resolves with the run once it has ended. Throws RUN_UNKNOWN and RUN_ENDED. */
  cancel(id: string, why: string, actor: string): Promise<StoredRun>;
  /** To be called once, before `start`: finds what earlier lives began, and starts what they only queued. */
  recover(): Promise<void>;
  get(id: string): StoredRun | undefined;
  /** Newest first. */
  list(query?: RunQuery): readonly StoredRun[];
  /** Resolves with the run once it has ended. Throws RUN_UNKNOWN. */
  whenEnded(id: string): Promise<StoredRun>;
  /** The rows of runs are gone. Those going on do so, unwatched, until the state is recovered; who waits for one hears why. */
  abandon(why: RealmError): void;
  /** Stops watching. Runs in processes of their own go on; those inside this process are cancelled. */
  close(): Promise<void>;
}

/** The pause before a move is tried again that a full disk prevented. */
const AGAIN_MS = 5_000;
const ALL = 1_000_000;

class StoredRuns implements Runs {
  readonly #parts: RunsParts;
  readonly #ledger: Ledger;
  readonly #crash: CrashPoint;
  readonly #most: number;
  /** Ids of queued runs, oldest first. */
  readonly #waiting = new Set<string>();
  readonly #going: Watch;
  readonly #waiters = new Map<string, PromiseWithResolvers<StoredRun>[]>();
  #isFilling = false;
  #closed = false;

  constructor(parts: RunsParts) {
    this.#parts = parts;
    this.#ledger = new Ledger(parts.store, parts.clock, parts.random);
    this.#crash = parts.crash ?? noCrash;
    this.#most = parts.most ?? 64;
    this.#going = new Watch({
      clock: parts.clock,
      renew: (ids) => this.#renew(ids),
      late: (id, why) => this.#askLate(id, why),
    });
  }

  async start(request: StartRequest): Promise<Added> {
    this.#crash('runs.add:before');
    const added = this.#ledger.add(request, 'queued', null);
    this.#crash('runs.add:after');
    if (added.isNew) {
      this.#waiting.add(added.id);
      this.#fill();
    }
    return added;
  }

  async skip(request: StartRequest, why: string): Promise<Added> {
    this.#crash('runs.skip:before');
    const added = this.#ledger.add(request, 'skipped', why);
    this.#crash('runs.skip:after');
    if (added.isNew) this.#tellEnded(added.id);
    return added;
  }

  /** Begins what waits while there is room. */
  #fill(): void {
    if (this.#isFilling) return; // a run may end while it begins
    this.#isFilling = true;
    try {
      for (const id of this.#waiting) {
        if (this.#closed || this.#going.size >= this.#most) break;
        this.#begin(id);
        this.#waiting.delete(id);
      }
    } catch (error) {
      if (!isUnkept(error)) throw error;
      this.#parts.clock.after(AGAIN_MS, () => this.#fill());
    } finally {
      this.#isFilling = false;
    }
  }

  #begin(id: string): void {
    const { clock, executor } = this.#parts;
    const queued = this.#ledger.must(id);
    const { deadlineMs } = noteOf(queued);
    const now = clock.now();
    const attempt = queued.attempt + 1;
    const columns = {
      attempt,
      startedAt: now,
      leaseUntil: now + LEASE_MS,
      deadlineAt: deadlineMs === undefined ? null : now + deadlineMs,
      process: { ...noteOf(queued), ...executor.note({ ...queued, attempt }) },
    };
    this.#crash('runs.begin:before');
    if (!this.#ledger.move(id, 'running', columns, 'kernel')) return; // cancelled while it waited
    this.#crash('runs.begin:after');
    const run = this.#ledger.must(id);
    this.#going.keep(run);
    executor.begin(run, this.#hooks(id));
  }

  #renew(ids: readonly string[]): void {
    const { clock, executor } = this.#parts;
    const leaseUntil = clock.now() + LEASE_MS;
    this.#ledger.jot((runs) => {
      for (const id of ids) if (executor.isAlive(this.#ledger.must(id))) runs.update(id, { leaseUntil });
    });
  }

  #hooks(id: string): RunHooks {
    return {
      progress: (progress) => {
        if (this.#going.has(id)) this.#ledger.jot((runs) => runs.update(id, { progress }));
      },
      ended: (end) => this.#end(id, end),
    };
  }

  #end(id: string, end: RunEnd): void {
    if (!this.#going.has(id)) return;
    this.#crash('runs.end:before');
    try {
      this.#store(id, end);
    } catch (error) {
      if (!isUnkept(error)) throw error;
      this.#parts.clock.after(AGAIN_MS, () => this.#end(id, end));
      return;
    }
    this.#crash('runs.end:after');
    this.#going.letGo(id);
    this.#tellEnded(id);
    this.#fill();
  }

  #store(id: string, end: RunEnd): void {
    const { cancel } = noteOf(this.#ledger.must(id));
    const isStopped = end.state !== 'succeeded' && cancel !== undefined;
    const columns = {
      endedAt: this.#parts.clock.now(),
      reason: isStopped ? cancel.why : end.state === 'succeeded' ? null : end.reason,
      output: end.output ?? null,
      exitCode: end.exitCode ?? null,
      leaseUntil: null,
    };
    this.#ledger.move(id, isStopped ? 'cancelled' : end.state, columns, cancel?.actor ?? 'kernel');
  }

  #tellEnded(id: string): void {
    const run = this.#ledger.must(id);
    for (const { resolve } of this.#waiters.get(id) ?? []) resolve(run);
    this.#waiters.delete(id);
    this.#parts.ended?.(run);
  }

  async cancel(id: string, why: string, actor: string): Promise<StoredRun> {
    const run = this.#ledger.must(id);
    if (isEnded(run.state)) {
      throw new RealmError('RUN_ENDED', `run ${id} (${run.action}) has already ended: ${run.state}`, {
        hint: '`realm runs` shows how it went',
      });
    }
    const ended = this.whenEnded(id);
    this.#ask(id, why, actor);
    return ended;
  }

  /** At the deadline there is nobody to tell that the request could not be stored. */
  #askLate(id: string, why: string): void {
    try {
      this.#ask(id, why, 'kernel');
    } catch (error) {
      if (!isUnkept(error)) throw error;
      this.#parts.clock.after(AGAIN_MS, () => this.#going.has(id) && this.#askLate(id, why));
    }
  }

  /** Stored first: when this process dies in between, its next life goes on cancelling. */
  #ask(id: string, why: string, actor: string): void {
    const { executor, clock } = this.#parts;
    const run = this.#ledger.must(id);
    if (run.state === 'queued') {
      if (this.#ledger.move(id, 'cancelled', { endedAt: clock.now(), reason: why }, actor)) this.#tellEnded(id);
      this.#waiting.delete(id);
    }
    if (run.state !== 'running') return;
    if (noteOf(run).cancel === undefined) {
      this.#crash('runs.cancel:before');
      this.#ledger.jot((runs) => runs.update(id, { process: { ...noteOf(run), cancel: { why, actor } } }));
      this.#crash('runs.cancel:after');
    }
    executor.cancel(this.#ledger.must(id), why);
  }

  async recover(): Promise<void> {
    for (const run of this.list({ state: 'running', limit: ALL }).toReversed()) {
      if (this.#going.has(run.id)) continue;
      this.#going.keep(run);
      const found = this.#find(run);
      const { cancel } = noteOf(run);
      if (found === 'never started') this.#putBack(run);
      else if (found !== 'going') this.#end(run.id, found);
      else if (cancel !== undefined) this.#parts.executor.cancel(run, cancel.why);
    }
    for (const { id } of this.list({ state: 'queued', limit: ALL }).toReversed()) this.#waiting.add(id);
    this.#fill();
  }

  #find(run: StoredRun): Found {
    try {
      return this.#parts.executor.find(run, this.#hooks(run.id));
    } catch (error) {
      return { state: 'lost', reason: `looking for it failed: ${messageOf(error)}` };
    }
  }

  /** Nothing of it was ever started: it waits again, or is over when somebody had cancelled it. */
  #putBack(run: StoredRun): void {
    const { cancel } = noteOf(run);
    if (cancel !== undefined) return this.#end(run.id, { state: 'cancelled', reason: cancel.why });
    this.#going.letGo(run.id);
    this.#crash('runs.putBack:before');
    this.#ledger.move(run.id, 'queued', { startedAt: null, leaseUntil: null, deadlineAt: null }, 'kernel');
    this.#crash('runs.putBack:after');
  }

  get(id: string): StoredRun | undefined {
    return this.#parts.store.runs.get(id);
  }

  list(query: RunQuery = {}): readonly StoredRun[] {
    return this.#parts.store.runs.list(query);
  }

  async whenEnded(id: string): Promise<StoredRun> {
    const run = this.#ledger.must(id);
    if (isEnded(run.state)) return run;
    const waiter = Promise.withResolvers<StoredRun>();
    waiter.promise.catch(() => {}); // rejected only by `abandon`, when whoever asked may have failed already
    this.#waiters.set(id, [...(this.#waiters.get(id) ?? []), waiter]);
    return waiter.promise;
  }

  abandon(why: RealmError): void {
    const waiters = [...this.#waiters.values()].flat();
    this.#going.clear();
    this.#waiting.clear();
    this.#waiters.clear();
    for (const { reject } of waiters) reject(why);
  }

  async close(): Promise<void> {
    this.#closed = true; // what ends from now on makes no room for others
    this.#going.pause();
    await this.#parts.executor.close();
    this.#going.clear();
  }
}

export function createRuns(parts: RunsParts): Runs {
  return new StoredRuns(parts);
}
