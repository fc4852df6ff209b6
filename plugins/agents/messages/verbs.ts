// `realm messages`: which there are, and what became of each; sending one, and receiving, by hand or over the socket.
import { type Action, type Context, RealmError, s, table } from 'realm-runner/plugin';
import type { Entry } from './book.ts';
import { draftOf } from './draft.ts';
import { readEnvelope, Refused } from './envelope.ts';
import { messageText } from './inbox.ts';
import type { Office } from './office.ts';
import { logFolder } from './post.ts';
import { type LogRecord, type MessageRecord, STATES } from './records.ts';
import { slaOf } from './rules.ts';
import { readAt } from './segment.ts';
import { PRIORITIES } from './settings.ts';
import { addressee, agentsOf } from './world.ts';
import { ago } from '../words.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** What `realm messages --json` says of each. */
export const rowOf = (entry: Entry) => ({
  id: entry.id,
  from: entry.from,
  to: entry.to,
  type: entry.type,
  priority: entry.priority,
  reference: entry.reference,
  state: entry.state,
  decision: entry.decision,
  reason: entry.reason,
  at: iso(entry.at),
  sequence: entry.seq,
  slaAt: iso(entry.at + slaOf(entry.priority)),
  expiresAt: iso(entry.expiresAt),
});

interface ListInput {
  readonly agent?: string;
  readonly only?: (typeof STATES)[number];
  readonly limit: number;
}

export const listVerb = (office: Office): Action<ListInput> => ({
  name: 'agents.messages.list',
  summary: 'List the messages between agents, and what became of each.',
  input: s.object({
    agent: s.string().optional().about('Only what this agent sent or is sent.'),
    only: s
      .oneOf(...STATES)
      .optional()
      .about('Only those in this state.'),
    limit: s.integer({ minimum: 1, maximum: 100_000 }).default(1_000).about('So many of the newest.'),
  }),
  effect: 'read',
  cli: { verb: 'messages', positionals: ['agent'] },
  run: async ({ agent, only, limit }, ctx) => {
    const { entries } = await office.look();
    const isWanted = (entry: Entry): boolean =>
      (agent === undefined || entry.from === agent || entry.to === agent) &&
      (only === undefined || entry.state === only);
    const wanted = [...entries.values()].filter(isWanted).sort((a, b) => a.seq - b.seq);
    const shown = wanted.slice(-limit);
    return { version: 1, messages: shown.map(rowOf), text: tableOf(shown, ctx.now()) };
  },
});

const HEAD = ['TAKEN UP', 'FROM', 'TO', 'TYPE', 'STATE', 'ID', 'WHY'];

function tableOf(entries: readonly Entry[], now: number): string {
  if (entries.length === 0) return 'None.';
  const rows = entries.map(({ at, from, to, type, priority, state, id, reason }) => [
    `${ago(now - at)} ago`,
    from,
    to,
    priority === 'normal' ? type : `${type}, ${priority}`,
    state,
    id,
    reason,
  ]);
  return table(HEAD, rows);
}

interface SendInput {
  readonly to: string;
  readonly payload?: unknown;
  readonly type?: string;
  readonly priority?: string;
  readonly reference?: string;
  readonly context?: unknown;
  readonly id?: string;
  readonly ttl?: string;
  readonly timestamp?: string;
  readonly from?: string;
}

export const sendVerb = (office: Office): Action<SendInput> => ({
  name: 'agents.messages.send',
  summary: 'Send a message to an agent.',
  input: s.object({
    to: s.string({ minLength: 1 }).about('Name of an agent.'),
    payload: s.any().optional().about('What it says: text, or over the socket any JSON.'),
    type: s.string().optional().example('request'),
    priority: s.oneOf(...PRIORITIES).optional(),
    reference: s.string().optional().about('Messages of one reference keep their order.'),
    context: s.any().optional(),
    id: s.string().optional().about('The same id and the same words again are no second message.'),
    ttl: s.string().optional().about('Not acknowledged for so long it is a dead letter.').example('2h'),
    timestamp: s.string().optional(),
    from: s.string({ minLength: 1, maxLength: 200 }).optional().about('Who sends it. Default: who asks.'),
  }),
  effect: 'write',
  cli: { verb: 'messages send', positionals: ['to', 'payload'] },
  run: (input, ctx) =>
    office.use(ctx, async (post) => {
      const { from = ctx.actor, ...said } = input;
      const agents = agentsOf(ctx).map(({ name }) => name);
      const draft = draftFor(from, { ...said, to: addressee(said.to, agents) }, office, ctx);
      const { to } = draft.envelope;
      if (post.book.unfinished(to) >= office.settings.most) {
        const hint = `\`realm messages ${to}\` lists them; send it again later`;
        throw new RealmError('MESSAGES_FULL', `${office.settings.most} messages for ${to} are unfinished`, { hint });
      }
      const [entry] = await post.take([draft]);
      office.ring();
      return { version: 1, ...rowOf(entry!) };
    }),
});

function draftFor(from: string, said: object, office: Office, ctx: Context) {
  try {
    return draftOf(from, readEnvelope(said), `${ctx.now()} ${ctx.random()}`, office.settings.ttl);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new RealmError('MESSAGE_REFUSED', `the message is not taken: ${error.message}`, {
      hint: '`realm messages send --help` shows what it takes',
    });
  }
}

export const receiveVerb = (office: Office): Action<{ readonly agent: string; readonly limit: number }> => ({
  name: 'agents.messages.receive',
  summary: 'Show what lies in the inbox of an agent, the oldest first, with what it says.',
  input: s.object({
    agent: s.string({ minLength: 1 }),
    limit: s.integer({ minimum: 1, maximum: 1_000 }).default(100),
  }),
  effect: 'read',
  cli: { verb: 'messages receive', positionals: ['agent'] },
  run: async ({ agent, limit }) => {
    const book = await office.look();
    const routed = [...book.routed(agent).values()].sort((a, b) => a.seq - b.seq).slice(0, limit);
    const found = await Promise.all(routed.map(({ place }) => readAt(logFolder(office.settings.folder), place)));
    const isMessage = (one: LogRecord | undefined): one is MessageRecord => one?.is === 'message';
    const messages = found.filter(isMessage).map((one) => JSON.parse(messageText(one)) as object);
    return { version: 1, messages };
  },
});
