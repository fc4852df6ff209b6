// Says what became of messages, once for many: gathered over a turn, told at its end.
import type { Context, Ref } from 'realm-runner/plugin';
import { agentRef } from './rules.ts';

/** After the first one, what is the same is gathered for so long. */
const AGAIN_MS = 10_000;

const refOf = (agent: string | null): Ref => (agent === null ? 'realm/messages' : agentRef(agent));

type Told = 'held' | 'escalated' | 'dead' | 'refused';

export interface OneOf {
  /** Whose news it is: the agent it is for, or whose outbox it lay in; null: no agent's. */
  readonly agent: string | null;
  /** Its id, or the name of its file. */
  readonly id: string;
  readonly reason: string;
  /** What decided: of many with the same, the first one's reason is told. */
  readonly by: string;
}

export class News {
  readonly #gathered = new Map<string, { what: Told; first: OneOf; count: number }>();
  readonly #toldAt = new Map<string, number>();
  /** What stood in the way in the last turn, and in this one; each once. */
  #stood = new Set<string>();
  #stands = new Set<string>();

  gather(what: Told, one: OneOf, times = 1): void {
    const key = JSON.stringify([what, one.agent, one.by]);
    const before = this.#gathered.get(key);
    this.#gathered.set(key, { what, first: before?.first ?? one, count: (before?.count ?? 0) + times });
  }

  /** Said each turn, told when it begins. */
  stuck(agent: string | null, why: string, ctx: Context): void {
    const key = JSON.stringify([agent, why]);
    const isKnown = this.#stood.has(key) || this.#stands.has(key);
    this.#stands.add(key);
    if (isKnown) return;
    const ref = refOf(agent);
    ctx.emit('messages.stuck', { ref, why }, { ref });
  }

  /** The turn is over. `isLast`: so is the loop. */
  tell(ctx: Context, isLast = false): void {
    this.#stood = this.#stands;
    this.#stands = new Set();
    const now = ctx.now();
    for (const [key, at] of this.#toldAt) if (Math.abs(now - at) >= AGAIN_MS) this.#toldAt.delete(key);
    for (const [key, { what, first, count }] of this.#gathered) {
      if (this.#toldAt.has(key) && !isLast) continue;
      this.#gathered.delete(key);
      this.#toldAt.set(key, now);
      const ref = refOf(first.agent);
      ctx.emit(`messages.${what}`, { ref, count, id: first.id, reason: first.reason }, { ref });
    }
  }
}
