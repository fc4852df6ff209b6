// Somebody waits for some refs: tells what is done to them, collects their verdicts, and says when all have ended for now.
import type { ApplyListener, ApplyStepView } from '../api/door.ts';
import type { Clock } from '../clock.ts';
import type { Ref } from '../model/ref.ts';
import type { Phase } from '../reconcile/pass.ts';
import type { Verdict } from '../reconcile/settle.ts';

/** What a person allowed for the refs of one request, and for no others. */
export interface Allowed {
  readonly confirmed: boolean;
  readonly allowDeletions: boolean;
}

/** Whom a request is about, what it allows, and how long it waits. */
export interface ConvergeOptions extends Allowed {
  readonly refs: readonly Ref[];
  readonly timeoutMs: number;
}

export class Request {
  readonly allowed: Allowed;
  readonly #pending: Set<Ref>;
  readonly #all: ReadonlySet<Ref>;
  readonly #steps = new Map<Ref, ApplyStepView>();
  readonly #tell: ApplyListener;
  #finish!: () => void;
  readonly #ended = new Promise<void>((resolve) => (this.#finish = resolve));

  constructor(refs: readonly Ref[], allowed: Allowed, tell: ApplyListener = () => {}) {
    this.allowed = allowed;
    this.#all = new Set(refs);
    this.#pending = new Set(refs);
    this.#tell = tell;
    if (refs.length === 0) this.#finish();
  }

  has(ref: Ref): boolean {
    return this.#all.has(ref);
  }

  /** What is being done to a ref now. */
  phase(ref: Ref, phase: Phase): void {
    if (this.#all.has(ref)) this.#tell({ ref, phase });
  }

  /** A pass of any ref has ended. Those it may set free are waited for again. */
  note(ref: Ref, verdict: Verdict, dependents: readonly Ref[]): void {
    if (verdict.awaitedMoved)
      for (const other of dependents) if (this.#steps.get(other)?.end === 'waiting') this.#pending.add(other);
    if (!this.#all.has(ref)) return;
    const before = this.#steps.get(ref);
    // A later look that finds nothing to do must not hide what an earlier pass of the same request did.
    const step: ApplyStepView =
      verdict.end === 'unchanged' && before?.end === 'applied'
        ? before
        : { ref, end: verdict.end, action: verdict.action ?? before?.action ?? null, why: verdict.why };
    this.#steps.set(ref, step);
    if (!verdict.open) this.#pending.delete(ref);
    this.#tell(step);
    if (this.#pending.size === 0) this.#finish();
  }

  /** Resolves once all have ended, or when the time is over. */
  async within(ms: number, clock: Clock): Promise<void> {
    let timer: { cancel(): void } | undefined;
    const late = new Promise<void>((resolve) => (timer = clock.after(ms, resolve, true)));
    await Promise.race([this.#ended, late]);
    timer?.cancel();
  }

  /** In the order asked; what never had a pass is waiting. */
  get steps(): ApplyStepView[] {
    return [...this.#all].map(
      (ref) => this.#steps.get(ref) ?? { ref, end: 'waiting', action: null, why: 'was not looked at in time' },
    );
  }
}

/** All requests that are going on. */
export class Requests {
  readonly #open = new Set<Request>();

  add(request: Request): Request {
    this.#open.add(request);
    return request;
  }
  delete(request: Request): void {
    this.#open.delete(request);
  }
  has(ref: Ref): boolean {
    return [...this.#open].some((request) => request.has(ref));
  }
  allows(ref: Ref, what: keyof Allowed): boolean {
    return [...this.#open].some((request) => request.has(ref) && request.allowed[what]);
  }
  phase(ref: Ref, phase: Phase): void {
    for (const request of this.#open) request.phase(ref, phase);
  }
  note(ref: Ref, verdict: Verdict, dependents: readonly Ref[]): void {
    for (const request of this.#open) request.note(ref, verdict, dependents);
  }
}
