// The runs that are being carried out: each with its deadline, all with leases that are renewed.
import type { Clock, Timer } from '../clock.ts';
import type { StoredRun } from '../store/runs.ts';
import { noteOf } from './ledger.ts';

export interface WatchParts {
  readonly clock: Clock;
  /** Their leases end soon. */
  renew(ids: readonly string[]): void;
  /** It took longer than its deadline. */
  late(id: string, why: string): void;
}

/** A run is shown as watched until then; renewed while it is alive. */
export const LEASE_MS = 60_000;
const RENEW_MS = 20_000;

export class Watch {
  readonly #parts: WatchParts;
  readonly #deadlines = new Map<string, Timer | undefined>();
  #renewal: Timer | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#deadlines.size;
  }

  has(id: string): boolean {
    return this.#deadlines.has(id);
  }

  keep(run: StoredRun): void {
    const { clock, late } = this.#parts;
    const why = `it took longer than its deadline of ${(noteOf(run).deadlineMs ?? 0) / 1000} s`;
    const leftMs = run.deadlineAt === null ? undefined : Math.max(0, run.deadlineAt - clock.now());
    this.#deadlines.set(run.id, leftMs === undefined ? undefined : clock.after(leftMs, () => late(run.id, why)));
    this.#renewal ??= clock.after(RENEW_MS, () => this.#renew());
  }

  letGo(id: string): void {
    this.#deadlines.get(id)?.cancel();
    this.#deadlines.delete(id);
  }

  /** Lets go of all of them. */
  clear(): void {
    this.pause();
    for (const timer of this.#deadlines.values()) timer?.cancel();
    this.#deadlines.clear();
  }

  /** Leases are no longer renewed. */
  pause(): void {
    this.#renewal?.cancel();
    this.#renewal = undefined;
  }

  #renew(): void {
    this.#renewal = undefined;
    if (this.size === 0) return;
    this.#parts.renew([...this.#deadlines.keys()]);
    this.#renewal ??= this.#parts.clock.after(RENEW_MS, () => this.#renew());
  }
}
