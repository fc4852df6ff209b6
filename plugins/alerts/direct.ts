// What is critical while state cannot be kept: sent from memory, since rows could not hold it.
import type { Context, RealmEvent, Resource } from 'realm-runner/plugin';
import { alertsHere, isPaused } from './here.ts';
import { bodyOf } from './message.ts';
import { type News, newsOf } from './news.ts';
import { type Item, itemOf } from './outbox.ts';
import { isHeld, minuteOf } from './quiet.ts';
import { pauseAfter } from './due.ts';
import { send } from './send.ts';
import type { AlertSpec, Target } from './spec.ts';
import { idOf, orderOf } from './standing.ts';
import { keyOf } from './target.ts';
import type { Told } from './told.ts';
import { wants } from './wanted.ts';

/** Events that may be critical, and the one that says that rows work again. */
export const DIRECT = [
  'store.full',
  'store.damaged',
  'store.recovered',
  'service.crashlooping',
  'disk.filling',
] as const;

export class Direct {
  readonly #told: Told;
  /** Of subjects and topics, while rows cannot say. */
  readonly #states = new Map<string, string>();
  #isKept = true;

  constructor(told: Told) {
    this.#told = told;
  }

  /** Returns at once: a listener must not keep the others waiting. */
  hear(event: RealmEvent, ctx: Context): void {
    if (event.type === 'store.full') this.#isKept = false;
    if (event.type === 'store.recovered') {
      this.#isKept = true;
      this.#states.clear();
    }
    if (this.#isKept && event.type !== 'store.damaged') return; // what was stored until now may be gone
    for (const [index, news] of newsOf(event).entries()) {
      if (news.severity !== 'critical' || !this.#moves(news)) continue;
      const item = itemOf(idOf(orderOf(event.seq, index), event.at, ctx), news, event.at, ctx.now());
      for (const alert of alertsHere(ctx)) {
        if (
          isPaused(alert) ||
          !wants(alert, news, event.type) ||
          isHeld(item, alert.spec, minuteOf(ctx.now(), ctx.realm.timezone))
        )
          continue;
        for (const target of alert.spec.to) void this.#tell(alert, target, item, ctx);
      }
    }
  }

  #moves({ subject, topic, state, how }: News): boolean {
    const key = `${subject}#${topic}`;
    if (how === 'opens' && this.#states.get(key) === state) return false;
    this.#states.set(key, state);
    return true;
  }

  /** Until it is told; once rows work again, the event comes to the outbox, which goes on. */
  async #tell(alert: Resource<AlertSpec>, target: Target, item: Item, ctx: Context): Promise<void> {
    for (let tries = 1; !ctx.signal.aborted && (tries === 1 || !this.#isKept); tries++) {
      try {
        await send(alert, target, bodyOf([item], ctx), ctx);
        this.#told.add(alert.name, keyOf(target), item.id);
        return;
      } catch (error) {
        ctx.log.warn(
          `${alert.ref} could not be told directly: ${error instanceof Error ? error.message : String(error)}`,
        );
        await ctx.sleep(pauseAfter(tries, alert.spec, ctx.random())).catch(() => {}); // the plugin set stops
      }
    }
  }
}
