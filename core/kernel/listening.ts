// Connects a plugin set's listeners and followers to the journal; what they do wrong is trouble of their plugin.
import { messageOf } from '../errors.ts';
import type { RealmEvent } from '../contract/events.ts';
import { Listeners } from '../store/listeners.ts';
import type { Store } from '../store/store.ts';
import type { PluginSet } from './plugin-set.ts';
import type { Troubles } from './troubles.ts';

/** Returns the functions that end it all again. */
export function listen(set: PluginSet, store: Store, troubles: Troubles): (() => void)[] {
  const { listeners, followers } = set.lender.registry;
  const leave: (() => void)[] = [];
  const live = new Listeners((where, error) => troubles.set(where.split(' ')[0]!, where, messageOf(error)));
  leave.push(store.journal.listen((events) => live.deliver(events)));
  for (const { plugin, event, hear } of listeners) {
    const where = `listener of ${event}`;
    const context = set.context(plugin, undefined);
    live.add(`${plugin} ${where}`, [event], async (fact: RealmEvent) => {
      try {
        await hear(fact.data as never, context, fact);
        troubles.set(plugin, where, null);
      } catch (error) {
        troubles.set(plugin, where, messageOf(error));
      }
    });
  }
  for (const { plugin, cursor, events, hear } of followers) {
    const where = `follower ${cursor}`;
    const context = set.context(plugin, undefined);
    const heard = async (fact: RealmEvent): Promise<void> => {
      try {
        await hear(fact as never, context);
        troubles.set(plugin, where, null);
      } catch (error) {
        troubles.set(plugin, where, messageOf(error));
        throw error; // the journal keeps the position and asks again
      }
    };
    const follower = store.follow(`${plugin}/${cursor}`, events, heard);
    leave.push(() => void follower.stop());
  }
  return leave;
}
