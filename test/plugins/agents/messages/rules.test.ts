// Where a message goes: each word of a rule, the order of rules, the defaults, and what no rule can change.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, type Facts, slaOf, type Subject } from '../../../../plugins/agents/messages/rules.ts';
import type { Rule } from '../../../../plugins/agents/messages/settings.ts';
import { settingsOf } from './stage.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-21T12:00:00Z');

interface World {
  readonly ready?: readonly string[];
  readonly waiting?: number;
  readonly newest?: number;
  readonly changed?: number;
}

const AGENTS = ['z', 'jay', 'rick', 'leroy'];
const factsFor = ({
  ready = AGENTS.map((name) => `agent/${name}`),
  waiting = 0,
  newest,
  changed,
}: World = {}): Facts => ({
  now: NOW,
  agents: AGENTS,
  isReady: (ref) => ready.includes(ref),
  waiting: () => waiting,
  newestFrom: () => newest,
  changedAt: () => changed,
});
const subject = (more: Partial<Subject> = {}): Subject => ({
  from: 'jay',
  to: 'leroy',
  type: 'request',
  priority: 'normal',
  ...more,
});
const rulesOf = (...rules: readonly object[]): readonly Rule[] => settingsOf({ rules }, '/realm').rules;

test.each<[string, object, Partial<Subject>, World, string]>([
  ['to', { when: { to: 'leroy' }, then: 'hold' }, {}, {}, 'hold'],
  ['to another', { when: { to: 'leroy' }, then: 'hold' }, { to: 'rick' }, {}, 'route'],
  ['to, as people write names', { when: { to: 'Leroy' }, then: 'hold' }, {}, {}, 'hold'],
  ['one of several', { when: { to: ['rick', 'leroy'] }, then: 'hold' }, {}, {}, 'hold'],
  ['from', { when: { from: 'jay' }, then: 'drop' }, {}, {}, 'drop'],
  ['from another', { when: { from: 'z' }, then: 'drop' }, {}, {}, 'route'],
  ['type', { when: { type: 'request' }, then: 'escalate' }, {}, {}, 'escalate'],
  ['another type', { when: { type: 'alert' }, then: 'escalate' }, {}, {}, 'route'],
  ['priority', { when: { priority: ['urgent', 'high'] }, then: 'escalate' }, { priority: 'high' }, {}, 'escalate'],
  ['all of when', { when: { to: 'leroy', type: 'alert' }, then: 'hold' }, {}, {}, 'route'],
  ['every message', { then: 'hold' }, {}, {}, 'hold'],
  [
    'a gate that is closed',
    { when: { to: 'leroy' }, unless: { ready: 'agent/z' }, then: 'hold' },
    {},
    { ready: ['agent/leroy'] },
    'hold',
  ],
  ['a gate that is open', { when: { to: 'leroy' }, unless: { ready: 'agent/z' }, then: 'hold' }, {}, {}, 'route'],
  ['one of two gates', { unless: { ready: ['agent/z', 'service/db'] }, then: 'hold' }, {}, {}, 'hold'],
  [
    'not alive',
    { when: { alive: false, priority: 'urgent' }, then: 'escalate' },
    { priority: 'urgent' },
    { ready: [] },
    'escalate',
  ],
  ['alive', { when: { alive: false }, then: 'escalate' }, {}, {}, 'route'],
  ['too many wait', { when: { to: 'leroy', waiting: 30 }, then: 'hold' }, {}, { waiting: 31 }, 'hold'],
  ['just not too many', { when: { to: 'leroy', waiting: 30 }, then: 'hold' }, {}, { waiting: 30 }, 'route'],
  [
    'stale messages',
    { unless: { fresh: { from: 'z', within: '240m' } }, then: 'hold' },
    {},
    { newest: NOW - 241 * MINUTE },
    'hold',
  ],
  [
    'fresh messages',
    { unless: { fresh: { from: 'z', within: '240m' } }, then: 'hold' },
    {},
    { newest: NOW - 240 * MINUTE },
    'route',
  ],
  ['no message ever', { unless: { fresh: { from: 'z', within: '240m' } }, then: 'hold' }, {}, {}, 'hold'],
  [
    'a stale file',
    { unless: { fresh: { file: 'hot.json', within: '1h' } }, then: 'hold' },
    {},
    { changed: NOW - 61 * MINUTE },
    'hold',
  ],
  [
    'a fresh file',
    { unless: { fresh: { file: 'hot.json', within: '1h' } }, then: 'hold' },
    {},
    { changed: NOW },
    'route',
  ],
  [
    'a file of next year: some clock is wrong, and nobody knows how old it is',
    { unless: { fresh: { file: 'hot.json', within: '1h' } }, then: 'hold' },
    {},
    { changed: NOW + 365 * 24 * 60 * MINUTE },
    'hold',
  ],
  ['no file', { unless: { fresh: { file: 'hot.json', within: '1h' } }, then: 'hold' }, {}, {}, 'hold'],
  ['route, though it is not alive', { when: { type: 'request' }, then: 'route' }, {}, { ready: [] }, 'route'],
])('%s', (_name, rule, message, world, decision) => {
  const verdict = decide(subject(message), rulesOf(rule), factsFor(world));
  expect(verdict.decision).toBe(decision);
  expect(verdict.reason).not.toBe('');
});

test('a reason says what made the rule match, unless the rule says why', () => {
  const say = (rule: object, world: World): string => decide(subject(), rulesOf(rule), factsFor(world)).reason;
  expect(say({ when: { waiting: 30 }, then: 'hold' }, { waiting: 44 })).toBe('44 messages wait in the inbox of leroy');
  expect(say({ unless: { ready: ['agent/z'] }, then: 'hold' }, { ready: [] })).toBe('agent/z is not ready');
  expect(say({ unless: { fresh: { from: 'z', within: '4h' } }, then: 'hold' }, { newest: NOW - 300 * MINUTE })).toBe(
    'the newest message of z is 300 min old, more than 240 min',
  );
  expect(say({ when: { alive: false }, then: 'hold' }, { ready: [] })).toBe('leroy is not alive');
  expect(say({ then: 'hold', why: 'because' }, {})).toBe('because');
});

test('by when: urgent in 15 minutes, high in 30, else in 4 hours', () => {
  expect((['urgent', 'high', 'normal', 'low'] as const).map((one) => slaOf(one) / MINUTE)).toEqual([15, 30, 240, 240]);
});

const words = fc.constantFrom('z', 'jay', 'rick', 'leroy', 'nobody');
const match = fc.record(
  {
    from: words,
    to: words,
    type: fc.constantFrom('request', 'alert'),
    priority: fc.constantFrom('urgent', 'normal'),
    alive: fc.boolean(),
    ready: words.map((word) => `agent/${word}`),
    waiting: fc.integer({ min: 0, max: 3 }),
  },
  { requiredKeys: [] },
);
const rule = fc.record(
  { when: match, unless: match, then: fc.constantFrom('route', 'hold', 'escalate', 'drop') },
  { requiredKeys: ['then'] },
);
const message = fc.record({
  from: words,
  to: words,
  type: fc.constantFrom('request', 'alert'),
  priority: fc.constantFrom('urgent', 'normal'),
}) as fc.Arbitrary<Subject>;
const world = fc.record({
  ready: fc.subarray(AGENTS.map((name) => `agent/${name}`)),
  waiting: fc.integer({ min: 0, max: 4 }),
});

test('W: whatever the rules say, nothing is routed to what nobody is called, and every decision has a reason', () => {
  let routed = 0;
  fc.assert(
    fc.property(message, fc.array(rule, { maxLength: 6 }), world, (one, written, around) => {
      const verdict = decide(one, rulesOf(...written), factsFor(around));
      if (verdict.decision === 'route') routed += 1;
      if (one.to === 'nobody') expect(verdict.decision).not.toBe('route');
      expect(verdict.reason.length).toBeGreaterThan(3);
    }),
    { numRuns: 2_000 },
  );
  expect(routed).toBeGreaterThan(100);
});

test('the first rule that matches decides: those after it, and those before it that do not match, change nothing', () => {
  let decided = 0;
  fc.assert(
    fc.property(message, fc.array(rule, { minLength: 1, maxLength: 6 }), world, (one, written, around) => {
      const facts = factsFor(around);
      const { by, decision } = decide(one, rulesOf(...written), facts);
      const index = Number(/^rule (\d+)$/.exec(by)?.[1] ?? 0) - 1;
      if (index === -1) {
        const matching = written.filter((_, at) => decide(one, rulesOf(written[at]!), facts).by === 'rule 1');
        if (AGENTS.includes(one.to)) expect(matching).toEqual([]);
        return;
      }
      decided += 1;
      expect(decide(one, rulesOf(written[index]!), facts)).toMatchObject({ by: 'rule 1', decision });
      for (const earlier of written.slice(0, index)) expect(decide(one, rulesOf(earlier), facts).by).not.toBe('rule 1');
    }),
    { numRuns: 2_000 },
  );
  expect(decided).toBeGreaterThan(500);
});
