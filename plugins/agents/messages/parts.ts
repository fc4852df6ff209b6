// What the plugin `agents` declares for messages: the loop that carries them, the verbs, and what wakes it.
import type { Setup } from 'realm-runner/plugin';
import { carry } from './carry.ts';
import { Office } from './office.ts';
import { ackVerb, dropVerb, replayVerb, retryVerb } from './settle.ts';
import type { MessagesSettings } from './settings.ts';
import type { IsAlive } from './world.ts';
import { listVerb, receiveVerb, sendVerb } from './verbs.ts';

/** How many messages wait for an agent, by where they are. */
export interface Queue {
  /** In the log. */
  readonly held: number;
  /** In its inbox, not acknowledged. */
  readonly routed: number;
}

export interface Messages {
  /** Of what is in the log now. */
  queueOf(agent: string): Promise<Queue>;
}

export function messagesParts(realm: Setup, settings: MessagesSettings, isAlive: IsAlive): Messages {
  const office = new Office(settings);
  const crash = (): void => {}; // where tests end the process
  realm.background('messages', (ctx) =>
    office.use(ctx, (post) =>
      carry({ post, settings, ctx, isAlive, wait: (ms) => office.wait(ms, ctx), ring: () => office.ring(), crash }),
    ),
  );
  realm.on('condition.changed', ({ type }) => {
    if (type === 'Ready') office.ring();
  });
  realm.action(listVerb(office));
  realm.action(sendVerb(office));
  realm.action(receiveVerb(office));
  realm.action(ackVerb(office));
  realm.action(retryVerb(office));
  realm.action(dropVerb(office));
  realm.action(replayVerb(office));
  return {
    queueOf: async (agent) => {
      const book = await office.look();
      const routed = book.routed(agent).size;
      return { held: book.unfinished(agent) - routed, routed };
    },
  };
}
