// The settings section `messages:`: how messages between agents are routed, and how long and how many are kept.
import { type Infer, s } from 'realm-runner/plugin';

export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

const word = s.string({ minLength: 1 });
const words = s.union(word, s.list(word, { minItems: 1 }));
const ref = s.ref();

const match = s.object({
  from: words.optional().about('Sent by this agent, or one of these.'),
  to: words.optional().about('For this agent, or one of these.'),
  type: words.optional().about('One of these types, such as request.').example('request'),
  priority: s.union(s.oneOf(...PRIORITIES), s.list(s.oneOf(...PRIORITIES), { minItems: 1 })).optional(),
  alive: s.boolean().optional().about('Whether the agent it is for is alive.'),
  ready: s
    .union(ref, s.list(ref, { minItems: 1 }))
    .optional()
    .about('This resource is ready, or all of these are.')
    .example('agent/z'),
  waiting: s
    .integer({ minimum: 0 })
    .optional()
    .about('More than so many lie in the inbox of the agent it is for, not acknowledged.')
    .example(30),
  fresh: s
    .object({
      from: word.optional().about('The newest message of this agent...'),
      file: s.path().optional().about('... and this file...'),
      within: s.duration().about('... are no older than this.').example('4h'),
    })
    .optional(),
});

const rule = s.object({
  when: match.default({}).about('All of this has to be true of a message. Left out: of every message.'),
  unless: match.optional().about('The rule is passed by where all of this is true.'),
  then: s
    .oneOf('route', 'hold', 'escalate', 'drop')
    .about(
      'route: into the inbox. hold: kept, and looked at again. escalate: a dead letter, and a person is told. drop: on record, and no more.',
    ),
  why: s.string({ minLength: 1 }).optional().about('Said wherever the message is shown.').example('safety gate'),
});

export const messagesSettings = s.object({
  folder: s
    .path()
    .default('messages')
    .about(
      'Holds the log, log/, and how far each agent has read, offsets/. Back up offsets/; log/ is never rolled back.',
    ),
  rules: s
    .list(rule, { maxItems: 1_000 })
    .default([])
    .about(
      'The first rule that matches decides. Where none does: to an agent that is not alive it is held (and told, when urgent), else it is routed.',
    ),
  ttl: s
    .duration()
    .default('7d')
    .about('Not acknowledged for so long, a message is a dead letter. A message may have a `ttl` of its own.'),
  most: s
    .integer({ minimum: 1, maximum: 100_000 })
    .default(10_000)
    .about('Unfinished messages for one agent. More stay in the outboxes they lie in until there is room.'),
  largest: s.bytes().default('1MiB').about('A larger message is refused.'),
  keep: s
    .bytes()
    .default('256MiB')
    .about('Of finished messages, the log keeps the newest 20,000 and no more than this, for replays.'),
});

export type Match = Infer<typeof match>;
export type Rule = Infer<typeof rule>;
export type MessagesSettings = Infer<typeof messagesSettings>;
