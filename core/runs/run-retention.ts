// How long what is left of an ended run stays: its folder for days, its row for a quarter, so that no key runs twice meanwhile.
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { errnoOf } from '../errors.ts';
import type { StoredRun } from '../store/runs.ts';

/** Of each action and resource the newest ones stay, however old. */
const KEPT = 20;
/** Younger ones stay too, ... */
const KEPT_MS = 7 * 86_400_000;
/** ... but not without end: what runs each minute makes ten thousand folders in a week. */
const MOST = 1_000;
/** A row outlives every catch-up: it is what keeps a key from running twice. What runs each minute would fill a disk, though. */
const ROWS_MS = 90 * 86_400_000;
const FIRST_MS = 10_000;
const LOOK_MS = 3_600_000;

export interface RunRetentionParts {
  /** Folder in which each run has one, `.realm/run`. Folders of anything else are left alone. */
  readonly folder: string;
  readonly clock: Clock;
  readonly crash?: CrashPoint;
  readonly get: (id: string) => StoredRun | undefined;
  /** Its process is there, whatever its row says. */
  readonly isRunning: (run: StoredRun) => boolean;
  /** Forgets the rows of runs that ended before `before`, but of each action and resource never the newest `keep`. */
  readonly forget: (before: number, keep: number) => void;
  /** What cannot be removed; it is tried again an hour later. */
  readonly trouble: (error: unknown) => void;
}

/** An ended run that has a folder. */
interface Left {
  readonly id: string;
  readonly endedAt: number;
}

export class RunRetention {
  readonly #parts: RunRetentionParts;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(parts: RunRetentionParts) {
    this.#parts = parts;
  }

  /** Sweeps soon, and then hourly. */
  start(inMs: number = FIRST_MS): void {
    if (this.#isStopped) return;
    this.#timer = this.#parts.clock.after(inMs, () => {
      void this.sweep().then(() => this.start(LOOK_MS));
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** Removes what need not stay, one folder after the other. Never rejects. */
  async sweep(): Promise<void> {
    const { folder, clock, crash = noCrash, get, isRunning, forget, trouble } = this.#parts;
    try {
      for (const { id } of outdated(this.#left(), clock.now())) {
        if (this.#isStopped) return;
        if (isRunning(get(id)!)) continue;
        crash('runs.prune:before');
        await rm(join(folder, id), { recursive: true, force: true });
        crash('runs.prune:after');
      }
      forget(clock.now() - ROWS_MS, MOST);
    } catch (error) {
      trouble(error);
    }
  }

  /** By action and resource. */
  #left(): Iterable<readonly Left[]> {
    const { folder, get } = this.#parts;
    const groups = new Map<string, Left[]>();
    for (const id of foldersIn(folder)) {
      const run = get(id);
      if (run === undefined || run.endedAt === null) continue;
      const group = `${run.action} ${run.forRef ?? ''}`;
      const left = { id, endedAt: run.endedAt };
      if (groups.get(group)?.push(left) === undefined) groups.set(group, [left]);
    }
    return groups.values();
  }
}

function* outdated(groups: Iterable<readonly Left[]>, now: number): Generator<Left> {
  for (const group of groups) {
    const newestFirst = group.toSorted((one, other) => other.endedAt - one.endedAt || (one.id < other.id ? 1 : -1));
    for (const [place, run] of newestFirst.entries()) {
      const isKept = place < KEPT || (place < MOST && run.endedAt >= now - KEPT_MS);
      if (!isKept) yield run;
    }
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
