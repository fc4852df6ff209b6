// Verbs that settle a message by hand or over the socket: acknowledge, try again, let go, and replay to an agent.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { acknowledge, finish } from './acknowledged.ts';
import { type Entry, isFinished } from './book.ts';
import { expiryOf } from './draft.ts';
import type { Office } from './office.ts';
import type { Post } from './post.ts';
import { UNFINISHED } from './records.ts';
import { rowOf } from './verbs.ts';
import { agentsOf } from './world.ts';

const ids = s.list(s.string({ minLength: 1 }), { minItems: 1 }).about('Ids or sequence numbers.');
const why = s.string({ minLength: 1 }).default('a person said so').about('Kept beside it.');

interface Many {
  readonly ids: readonly string[];
}

/** Throws MESSAGE_UNKNOWN, and MESSAGE_UNSUITED where `fits` says why not. */
function found(ids: readonly string[], { book }: Post, fits: (entry: Entry) => string | undefined): readonly Entry[] {
  return ids.map((id) => {
    const entry = book.withId(id) ?? (/^\d+$/.test(id) ? book.entries.get(Number(id)) : undefined);
    if (entry === undefined) {
      const hint = '`realm messages` lists them; of finished ones only the newest are remembered';
      throw new RealmError('MESSAGE_UNKNOWN', `there is no message ${JSON.stringify(id)}`, { hint });
    }
    const wrong = fits(entry);
    if (wrong === undefined) return entry;
    const hint = entry.reason === '' ? undefined : `it is so because: ${entry.reason}`;
    throw new RealmError('MESSAGE_UNSUITED', `message ${entry.id} is ${entry.state}: ${wrong}`, { hint });
  });
}

export const ackVerb = (office: Office): Action<Many & { readonly agent: string }> => ({
  name: 'agents.messages.ack',
  summary: 'Acknowledge messages that an agent has received, as if it had taken them out of its inbox.',
  input: s.object({ agent: s.string({ minLength: 1 }).about('Whose inbox.'), ids }),
  effect: 'write',
  cli: { verb: 'messages ack', positionals: ['agent', 'ids'] },
  run: ({ agent, ids: wanted }, ctx) =>
    office.use(ctx, async (post) => {
      const entries = found(wanted, post, ({ to, state }) => {
        if (to !== agent) return `it is for ${to}`;
        return state === 'routed' || state === 'acknowledged' ? undefined : 'it has not been delivered';
      });
      const open = entries.filter(({ state }) => state === 'routed');
      await acknowledge(open, post, ctx);
      office.ring();
      return { version: 1, acknowledged: open.length };
    }),
});

export const retryVerb = (office: Office): Action<Many & { readonly why: string }> => ({
  name: 'agents.messages.retry',
  summary: 'Route dead or dropped messages once more.',
  input: s.object({ ids, why }),
  effect: 'write',
  cli: { verb: 'messages retry', positionals: ['ids'] },
  run: ({ ids: wanted, why: reason }, ctx) =>
    office.use(ctx, async (post) => {
      const entries = found(wanted, post, ({ state, by }) => {
        if (state !== 'dead' && state !== 'dropped') return 'only what is dead or dropped can be tried again';
        return by === 'duplicate' ? 'it is another message once more' : undefined;
      });
      const expiresAt = expiryOf(ctx.now(), office.settings.ttl);
      const again = { state: 'accepted', decision: null, reason, by: 'retried', expiresAt } as const;
      await post.move([{ entries, from: ['dead', 'dropped'], ...again }]);
      office.ring();
      return { version: 1, messages: entries.map(rowOf) };
    }),
});

export const dropVerb = (office: Office): Action<Many & { readonly why: string }> => ({
  name: 'agents.messages.drop',
  summary: 'Let messages go that are not finished: nobody gets them any more.',
  input: s.object({ ids, why }),
  effect: 'destroy',
  cli: { verb: 'messages drop', positionals: ['ids'] },
  run: ({ ids: wanted, why: reason }, ctx) =>
    office.use(ctx, async (post) => {
      const entries = found(wanted, post, (entry) => (isFinished(entry) ? 'it is finished' : undefined));
      await finish({ entries, from: UNFINISHED, state: 'dropped', decision: 'drop', reason, by: 'person' }, post, ctx);
      office.ring();
      return { version: 1, messages: entries.map(rowOf) };
    }),
});

export const replayVerb = (office: Office): Action<{ readonly agent: string; readonly after: number }> => ({
  name: 'agents.messages.replay',
  summary: 'Give an agent again what it got after a message, as it needs after an older state of it was restored.',
  input: s.object({
    agent: s.string({ minLength: 1 }),
    after: s.integer({ minimum: 0 }).about('A sequence number; an older offset file put back does the same.'),
  }),
  effect: 'write',
  cli: { verb: 'messages replay', positionals: ['agent'] },
  run: ({ agent, after }, ctx) =>
    office.use(ctx, async (post) => {
      mustKnow(agent, ctx);
      const count = await post.replay(agent, after, expiryOf(ctx.now(), office.settings.ttl));
      office.ring();
      return { version: 1, agent, after, messages: count };
    }),
});

function mustKnow(agent: string, ctx: Context): void {
  const names = agentsOf(ctx).map(({ name }) => name);
  if (names.includes(agent)) return;
  const hint = names.length === 0 ? 'none is declared in `agents:`' : `declared: ${names.join(', ')}`;
  throw new RealmError('AGENT_UNKNOWN', `no agent is called ${JSON.stringify(agent)}`, { hint });
}
