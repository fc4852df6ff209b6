// What those who watch one life of a service have to say about it, put together and stored when it moves.
import type { Context, Ref } from 'realm-runner/plugin';
import type { Life, Verdict } from './facts.ts';
import { type Probed, readVerdict, writeVerdict } from './rows.ts';

type Said = Pick<Verdict, 'is' | 'why'>;
/** The worst counts. */
const ORDER = { no: 0, unsaid: 1, yes: 2 } as const;

export class Verdicts {
  readonly #said = new Map<string, Said>();
  readonly #name: string;
  readonly #life: Life;
  readonly #ctx: Context;

  constructor(name: string, life: Life, ctx: Context) {
    this.#name = name;
    this.#life = life;
    this.#ctx = ctx;
  }

  /** As it was stored, maybe by an earlier plugin set. */
  before(probed: Probed): Verdict | undefined {
    return readVerdict(probed, this.#name, this.#life.token, this.#ctx);
  }

  /** `by`: who says it; each has one word, and takes the place of the last. */
  say(probed: Probed, by: string, said: Said): void {
    this.#said.set(`${probed} ${by}`, said);
    const all = [...this.#said].filter(([who]) => who.startsWith(`${probed} `)).map(([, one]) => one);
    const worst = all.toSorted((one, other) => ORDER[one.is] - ORDER[other.is])[0]!;
    const before = this.before(probed);
    // The reason of a yes or a no stays the first one; of what is still unsaid, people want to know the present one.
    if (before?.is === worst.is && (worst.is !== 'unsaid' || before.why === worst.why)) return;
    this.#store(probed, worst, before);
  }

  #store(probed: Probed, { is, why }: Said, before: Verdict | undefined): void {
    const now = this.#ctx.now();
    const ref: Ref = `service/${this.#name}`;
    const since = before?.is === is ? before.since : now;
    writeVerdict(probed, this.#name, this.#life.token, { is, why, since }, this.#ctx);
    if (probed === 'ready' && is === 'yes')
      this.#ctx.emit('service.ready', { ref, afterMs: Math.max(0, now - this.#life.startedAt) }, { ref });
    this.#ctx.wake(ref);
  }
}
