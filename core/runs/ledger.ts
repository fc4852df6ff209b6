// The rows of runs and the events that commit with them: every change of state is one transaction here.
import type { RunRequest } from '../contract/context.ts';
import type { Clock } from '../clock.ts';
import { RealmError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { TransactionOptions } from '../store/database.ts';
import type { Fact } from '../store/event.ts';
import type { RunTable, StoredRun } from '../store/runs.ts';
import { canMove } from './life-cycle.ts';

/** What the runs need of the store. */
export interface RunStore {
  readonly runs: RunTable;
  readonly journal: { append(fact: Fact): number };
  /** Set while the store only observes: no run is started then. */
  readonly damage?: RealmError | undefined;
  transaction<T>(fn: () => T, options?: TransactionOptions): T;
}

export type StartRequest = RunRequest & { readonly actor: string };
export interface Added {
  readonly id: string;
  readonly isNew: boolean;
}

/** What the runs themselves keep beside the executor's note. */
export interface Note {
  readonly deadlineMs?: number;
  /** Who asked for the run. */
  readonly actor?: string;
  readonly cancel?: { readonly why: string; readonly actor: string };
}
export const noteOf = (run: StoredRun): Note => run.process ?? {};

/** State cannot be kept now, or not any more: no defect, and nothing that whoever hears it could do better. */
export const isUnkept = (error: unknown): boolean =>
  error instanceof RealmError && (error.code === 'STORE_FULL' || error.code === 'STORE_CORRUPT');

export class Ledger {
  readonly #store: RunStore;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(store: RunStore, clock: Clock, random: Random) {
    this.#store = store;
    this.#clock = clock;
    this.#random = random;
  }

  /** Throws RUN_UNKNOWN. */
  must(id: string): StoredRun {
    const run = this.#store.runs.get(id);
    if (run !== undefined) return run;
    throw noRun(id);
  }

  /** Writes a new run, unless its key was used before; then that run is the answer. */
  add(request: StartRequest, state: 'queued' | 'skipped', reason: string | null): Added {
    if (this.#store.damage !== undefined) throw this.#store.damage;
    const run = newRun(request, this.#random.id(), this.#clock.now(), state, reason);
    const isNew = this.#store.transaction(
      () => {
        if (!this.#store.runs.insert(run)) return false;
        this.#tell(run, request.actor);
        return true;
      },
      { durable: true },
    );
    return { id: isNew ? run.id : this.#store.runs.byKey(request.key)!.id, isNew };
  }

  /** One legal move, with its event. False, and nothing written: the run is elsewhere by now. */
  move(id: string, state: StoredRun['state'], columns: Partial<Omit<StoredRun, 'id' | 'key'>>, actor: string): boolean {
    return this.#store.transaction(
      () => {
        const run = this.#store.runs.get(id);
        if (run === undefined || !canMove(run.state, state)) return false;
        this.#store.runs.update(id, { ...columns, state });
        this.#tell(this.must(id), actor);
        return true;
      },
      { durable: true },
    );
  }

  /** For what may be lost while state cannot be kept: how far a run is, until when it is watched. */
  jot(write: (runs: RunTable) => void): void {
    try {
      this.#store.transaction(() => write(this.#store.runs));
    } catch (error) {
      if (!isUnkept(error)) throw error; // the store says so itself; the next such write says the same and more
    }
  }

  #tell(run: StoredRun, actor: string): void {
    const { id, key, action, trigger, state } = run;
    const about = { actor, ref: run.forRef ?? undefined };
    const { journal } = this.#store;
    if (state === 'queued') journal.append({ type: 'run.queued', data: { id, key, action, trigger }, ...about });
    else if (state === 'running') journal.append({ type: 'run.started', data: { id, key, action }, ...about });
    else {
      const data = { id, key, action, state, reason: run.reason ?? '' };
      const durationMs = run.startedAt === null || run.endedAt === null ? undefined : run.endedAt - run.startedAt;
      journal.append({ type: 'run.ended', data, status: state, durationMs, ...about });
    }
  }
}

function newRun(
  request: StartRequest,
  id: string,
  now: number,
  state: 'queued' | 'skipped',
  reason: string | null,
): StoredRun {
  return {
    id,
    key: request.key,
    forRef: request.forRef ?? null,
    action: request.action,
    trigger: request.trigger ?? 'resource',
    state,
    createdAt: now,
    startedAt: null,
    endedAt: state === 'skipped' ? now : null,
    exitCode: null,
    attempt: 0,
    reason,
    progress: null,
    leaseUntil: null,
    deadlineAt: null,
    process: { actor: request.actor, ...(request.deadlineMs === undefined ? {} : { deadlineMs: request.deadlineMs }) },
    input: request.input,
    output: null,
  };
}

export const noRun = (id: string): RealmError =>
  new RealmError('RUN_UNKNOWN', `there is no run ${id}`, { hint: '`realm runs` lists them' });
