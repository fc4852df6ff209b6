// Somebody waits for some refs: collects their verdicts and says when each has come to an end for now.
import type { ApplyListener, ApplyStepView } from '../api/door.ts';
import type { Ref } from '../model/ref.ts';
import type { Verdict } from '../reconcile/settle.ts';

/** What a person allowed for the refs of one request, and for no others. */
export interface Allowed {
  readonly confirmed: boolean;
  readonly allowDeletions: boolean;
}

export class Request {
  readonly allowed: Allowed;
  readonly #pending: Set<Ref>;
  readonly #all: ReadonlySet<Ref>;
  readonly #steps = new Map<Ref, ApplyStepView>();
  readonly #tell: ApplyListener;
  #finish!: () => void;
  readonly ended = new Promise<void>((resolve) => (this.#finish = resolve));

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

  /** A pass of any ref has ended. Those it may set free are waited for again. */
  note(ref: Ref, verdict: Verdict, dependents: readonly Ref[]): void {
    if (verdict.readyMoved)
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

  /** In the order asked; what never had a pass is waiting. */
  get steps(): ApplyStepView[] {
    return [...this.#all].map(
      (ref) => this.#steps.get(ref) ?? { ref, end: 'waiting', action: null, why: 'was not looked at in time' },
    );
  }
}
