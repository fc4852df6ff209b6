// The reconcile loop: takes due refs from the queue, passes them, and asks for the next look. The only ticker there is.
import type { Clock, Timer } from '../clock.ts';
import type { Ref } from '../model/ref.ts';
import { type Priority, Queue } from './queue.ts';
import type { Verdict } from './settle.ts';

const PASSES_AT_ONCE = 16;

export interface LoopDeps {
  readonly clock: Clock;
  /** One pass or removal. Must not reject; if it does all the same, `failed` is told. */
  pass(ref: Ref, stop: AbortSignal): Promise<Verdict>;
  /** Refs that come after this one. */
  dependents(ref: Ref): readonly Ref[];
  ended(ref: Ref, verdict: Verdict): void;
  failed(ref: Ref, error: unknown): void;
}

export class Loop {
  readonly #deps: LoopDeps;
  readonly #queue: Queue;
  readonly #stop = new AbortController();
  readonly #flying = new Map<Ref, Promise<void>>();
  readonly #open = new Set<Ref>();
  #timer: Timer | undefined;
  #running = false;
  #idle: (() => void)[] = [];
  /** Told before each pass; for counting. */
  onPass: ((ref: Ref) => void) | undefined;

  constructor(deps: LoopDeps) {
    this.#deps = deps;
    this.#queue = new Queue(deps.clock);
  }

  /** Asks for a look. Before `start` and after `stop` it is only remembered. */
  wake(ref: Ref, inMs = 0, priority: Priority = 'config'): void {
    this.#queue.wake(ref, inMs, priority);
    if (this.#running) this.#turn();
  }

  drop(ref: Ref): void {
    this.#queue.drop(ref);
    this.#open.delete(ref);
  }

  start(): void {
    this.#running = true;
    this.#turn();
  }

  /** Takes nothing more, gives passes in flight `graceMs`, then aborts them. */
  async stop(graceMs: number): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    if (this.#flying.size === 0) return this.#stop.abort();
    const late = this.#deps.clock.after(graceMs, () => this.#stop.abort(new Error('Realm is stopping')), true);
    await Promise.all(this.#flying.values());
    late.cancel();
    this.#stop.abort();
  }

  /** Resolves once nothing is due or in flight and nothing goes on by itself, or after `timeoutMs`. */
  async converged(timeoutMs: number): Promise<void> {
    if (this.#isQuiet()) return;
    await new Promise<void>((resolve) => {
      const timer = this.#deps.clock.after(timeoutMs, resolve, true);
      this.#idle.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** When the loop next looks by itself, ms since the epoch. */
  get nextDue(): number | undefined {
    return this.#queue.nextDue;
  }

  #isQuiet(): boolean {
    return (
      this.#flying.size === 0 && this.#open.size === 0 && (this.#queue.nextDue ?? Infinity) > this.#deps.clock.now()
    );
  }

  #turn(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#running && this.#flying.size < PASSES_AT_ONCE) {
      const ref = this.#queue.take();
      if (ref === undefined) break;
      this.#flying.set(ref, this.#one(ref));
    }
    if (!this.#running || this.#flying.size >= PASSES_AT_ONCE) return;
    const due = this.#queue.nextDue;
    if (due !== undefined)
      this.#timer = this.#deps.clock.after(Math.max(0, due - this.#deps.clock.now()), () => this.#turn(), true);
  }

  async #one(ref: Ref): Promise<void> {
    try {
      this.onPass?.(ref);
      const verdict = await this.#deps.pass(ref, this.#stop.signal);
      this.#settle(ref, verdict);
    } catch (error) {
      this.#open.delete(ref);
      this.#queue.wake(ref, 60_000, 'resync');
      if (!this.#stop.signal.aborted) this.#deps.failed(ref, error);
    } finally {
      this.#flying.delete(ref);
      this.#queue.settle(ref);
      if (this.#running) this.#turn();
      if (this.#isQuiet()) for (const tell of this.#idle.splice(0)) tell();
    }
  }

  #settle(ref: Ref, verdict: Verdict): void {
    if (verdict.open) this.#open.add(ref);
    else this.#open.delete(ref);
    if (verdict.nextInMs !== undefined) this.#queue.wake(ref, verdict.nextInMs, 'resync');
    if (verdict.readyMoved) for (const other of this.#deps.dependents(ref)) this.#queue.wake(other, 0, 'config');
    this.#deps.ended(ref, verdict);
  }
}
