// The reconcile loop: takes due refs from the queue, passes them, and asks for the next look. The only ticker there is.
import type { Clock, Timer } from '../clock.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import { type Priority, Queue } from './queue.ts';
import type { Verdict } from './settle.ts';

const PASSES_AT_ONCE = 16;
/** A pass that takes longer than this gives its turn away, so that plugins that hang keep nobody else from being looked at. */
const SLOW_MS = 1_000;
/** Slow ones included. */
const MOST_PASSES = 256;
/** When a pass broke, which is a defect of the kernel. */
const AFTER_DEFECT_MS = 60_000;

export interface LoopDeps {
  readonly clock: Clock;
  /** One pass or removal. Must not reject; if it does all the same, `failed` is told. */
  pass(ref: Ref, stop: AbortSignal): Promise<Verdict>;
  /** Refs that come after this one. */
  dependents(ref: Ref): readonly Ref[];
  ended(ref: Ref, verdict: Verdict): void;
  failed(ref: Ref, error: unknown): void;
}

interface Flight {
  readonly began: number;
  readonly landed: Promise<void>;
}

export class Loop {
  readonly #deps: LoopDeps;
  readonly #queue: Queue;
  readonly #stop = new AbortController();
  readonly #flying = new Map<Ref, Flight>();
  #alarm: { readonly timer: Timer; readonly at: number; readonly setAt: number } | undefined;
  #running = false;
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
  }

  /** Refs that somebody has in hand. */
  get inHand(): readonly Ref[] {
    return [...this.#flying.keys()];
  }

  /** Resolves once nobody has the ref in hand. To be dropped first, or it may be taken again at once. */
  async landed(ref: Ref): Promise<void> {
    for (let flight = this.#flying.get(ref); flight !== undefined; flight = this.#flying.get(ref)) await flight.landed;
  }

  start(): void {
    this.#running = true;
    this.#turn();
  }

  /** Takes nothing more, gives passes in flight `graceMs`, then aborts them. */
  async stop(graceMs: number): Promise<void> {
    this.#running = false;
    this.#alarm?.timer.cancel();
    if (this.#flying.size === 0) return this.#stop.abort();
    const late = this.#deps.clock.after(graceMs, () => this.#stop.abort(new Error('Realm is stopping')), true);
    await Promise.all([...this.#flying.values()].map(({ landed }) => landed));
    late.cancel();
    this.#stop.abort();
  }

  /** When the loop next looks by itself, ms since the epoch. */
  get nextDue(): number | undefined {
    return this.#queue.nextDue;
  }

  #turn(): void {
    if (!this.#running) return;
    const now = this.#deps.clock.now();
    while (this.#hasRoom(now)) {
      const ref = this.#queue.take();
      if (ref === undefined) break;
      this.#flying.set(ref, { began: now, landed: this.#one(ref) });
    }
    const due = this.#queue.nextDue;
    if (due === undefined || this.#flying.size >= MOST_PASSES) return;
    const at = this.#hasRoom(now) ? due : Math.max(due, now + SLOW_MS); // by then those in flight are slow, or have landed
    if (!this.#isSet(at, now)) this.#setAlarm(at, now);
  }

  /** Too early does no harm, and spares a timer for each pass. After a while the clock may have leapt. */
  #isSet(at: number, now: number): boolean {
    if (this.#alarm === undefined || this.#alarm.at > at) return false;
    return now >= this.#alarm.setAt && now - this.#alarm.setAt < SLOW_MS;
  }

  #setAlarm(at: number, now: number): void {
    const turn = (): void => {
      this.#alarm = undefined;
      this.#turn();
    };
    this.#alarm?.timer.cancel();
    this.#alarm = { timer: this.#deps.clock.after(Math.max(0, at - now), turn, true), at, setAt: now };
  }

  #hasRoom(now: number): boolean {
    if (this.#flying.size < PASSES_AT_ONCE) return true;
    if (this.#flying.size >= MOST_PASSES) return false;
    let quick = 0;
    for (const { began } of this.#flying.values()) if (now - began < SLOW_MS) quick += 1;
    return quick < PASSES_AT_ONCE;
  }

  async #one(ref: Ref): Promise<void> {
    await Promise.resolve(); // so that whatever happens, it happens while the ref is in flight
    try {
      this.onPass?.(ref);
      this.#settle(ref, await this.#deps.pass(ref, this.#stop.signal));
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#broke(ref, error);
    } finally {
      this.#flying.delete(ref);
      this.#queue.settle(ref);
      this.#turn();
    }
  }

  #broke(ref: Ref, error: unknown): void {
    this.#deps.failed(ref, error);
    this.#settle(ref, {
      end: 'failed',
      action: null,
      why: codeOf(error) === undefined ? `a defect of Realm: ${messageOf(error)}` : messageOf(error),
      nextInMs: AFTER_DEFECT_MS,
      awaitedMoved: false,
      open: false,
    });
  }

  #settle(ref: Ref, verdict: Verdict): void {
    if (verdict.nextInMs !== undefined) this.#queue.wake(ref, verdict.nextInMs, 'resync');
    if (verdict.awaitedMoved) for (const other of this.#deps.dependents(ref)) this.#queue.wake(other, 0, 'config');
    for (const other of verdict.wakes ?? []) this.#queue.wake(other, 0, 'config');
    this.#deps.ended(ref, verdict);
  }
}
