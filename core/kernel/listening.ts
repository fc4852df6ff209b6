// Connects one plugin set after the other to the journal; what listeners and followers do wrong is trouble of their plugin.
import { messageOf } from '../errors.ts';
import type { RealmEvent } from '../contract/events.ts';
import { Listeners } from '../store/listeners.ts';
import type { Store } from '../store/store.ts';
import type { PluginSet } from './plugin-set.ts';
import type { Troubles } from './troubles.ts';

/** Belongs to the kernel, so that what is queued at a switch, and what comes meanwhile, goes to the new set. */
export class Listening {
  readonly #store: Store;
  readonly #troubles: Troubles;
  readonly #live: Listeners;
  #unlisten: (() => void) | undefined;

  constructor(store: Store, troubles: Troubles) {
    this.#store = store;
    this.#troubles = troubles;
    this.#live = new Listeners((where, error) => troubles.set(where.split(' ')[0]!, where, messageOf(error)));
  }

  /** Returns the functions that end it all again, for this set. */
  begin(set: PluginSet): (() => void)[] {
    this.#unlisten ??= this.#store.journal.listen((events) => this.#live.deliver(events));
    const leave = [...this.#listeners(set), ...this.#followers(set)];
    this.#live.forgetRested();
    return leave;
  }

  /** No set comes any more. */
  close(): void {
    this.#unlisten?.();
    this.#live.forgetRested();
  }

  /** A name is the plugin, the event, and which of its handlers for that event it is: that is who takes over from whom. */
  #listeners(set: PluginSet): (() => void)[] {
    const handlers = new Map<string, number>();
    return set.lender.registry.listeners.map(({ plugin, event, hear }) => {
      const number = (handlers.get(`${plugin} ${event}`) ?? 0) + 1;
      handlers.set(`${plugin} ${event}`, number);
      const where = number === 1 ? `listener of ${event}` : `listener ${number} of ${event}`;
      const context = set.context(plugin, undefined);
      const { rest } = this.#live.add(`${plugin} ${where}`, [event], async (fact: RealmEvent) => {
        try {
          await hear(fact.data as never, context, fact);
          this.#troubles.set(plugin, where, null);
        } catch (error) {
          this.#troubles.set(plugin, where, messageOf(error));
        }
      });
      return rest;
    });
  }

  #followers(set: PluginSet): (() => void)[] {
    return set.lender.registry.followers.map(({ plugin, cursor, events, hear }) => {
      const where = `follower ${cursor}`;
      const context = set.context(plugin, undefined);
      const heard = async (fact: RealmEvent): Promise<void> => {
        try {
          await hear(fact as never, context);
          this.#troubles.set(plugin, where, null);
        } catch (error) {
          this.#troubles.set(plugin, where, messageOf(error));
          throw error; // the journal keeps the position and asks again
        }
      };
      const follower = this.#store.follow(`${plugin}/${cursor}`, events, heard);
      return () => void follower.stop();
    });
  }
}
