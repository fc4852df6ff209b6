// What happens next, as a table: for each situation one step, one phase, and a word.
import { describe, expect, test } from 'vitest';
import { decode } from '../../../core/schema/decode.ts';
import { CRASH_LOOP, decide, type Decision, nextUnstable } from '../../../plugins/services/decide.ts';
import type { Facts, Life } from '../../../plugins/services/facts.ts';
import { nothing } from '../../../plugins/services/observe.ts';
import { serviceSpec, type ServiceSpec } from '../../../plugins/services/spec.ts';

const NOW = 1_000_000;
const MEANING = { command: ['web'] };
const STOP = { actor: 'user:ann', why: 'maintenance' };

const specOf = (written: object = {}): ServiceSpec => {
  const decoded = decode(serviceSpec, { command: ['web'], ...written }, { root: '/' });
  if (!decoded.ok) throw new Error(`${decoded.path.join('.')} ${decoded.why}`);
  return decoded.value;
};
const life = (more: Partial<Life> = {}): Life => ({
  token: 't1',
  startedAt: NOW - 60_000,
  because: 'first start',
  meaning: MEANING,
  unstable: 0,
  logFrom: 0,
  restarts: 0,
  asked: null,
  found: {},
  ...more,
});
const ended = (status: number | null, more: Partial<Facts> = {}, endedMsAgo = 0): Partial<Facts> => ({
  is: 'ended',
  life: life(),
  end: { status, why: `exit ${status}`, at: status === null ? null : NOW - endedMsAgo, lines: [] },
  ...more,
});
const running = (more: Partial<Facts> = {}): Partial<Facts> => ({ is: 'running', life: life(), ...more });
const stopping = { token: 't1', since: NOW - 1_000, because: 'why', reached: 1, killedAt: null };
const lost = (onLoss: 'restart' | 'stop', isLost: boolean, since = NOW - 10): Facts['lost'] => [
  { ref: 'service/db', onLoss, isLost, since },
];

interface Row {
  readonly is: string;
  readonly facts?: Partial<Facts>;
  readonly spec?: object;
  readonly stop?: boolean;
  readonly meaning?: object;
  readonly secrets?: readonly string[];
  readonly says: Partial<Decision>;
}

const ROWS: readonly Row[] = [
  { is: 'never started', facts: { is: 'none', life: null }, says: { step: 'start', reason: 'FirstStart' } },
  {
    is: 'never started, and a word to stop',
    facts: { life: null },
    stop: true,
    says: { step: 'none', phase: 'stopped' },
  },
  {
    is: 'a start that may still be on its way, and a word to stop',
    facts: { is: 'pending', life: life() },
    stop: true,
    says: { step: 'sweep', phase: 'stopping', reason: 'StartPending' },
  },
  {
    is: 'a start that never happened',
    facts: { is: 'none', life: life() },
    says: { step: 'start', reason: 'NeverStarted' },
  },
  { is: 'it runs', facts: running(), says: { step: 'none', phase: 'running', reason: 'Ready' } },
  {
    is: 'it runs, and is not ready yet',
    facts: running({ ready: { is: 'unsaid', why: 'x', since: 0 } }),
    says: { step: 'none', phase: 'starting', reason: 'Starting' },
  },
  {
    is: 'readiness lost restarts nothing',
    facts: running({ ready: { is: 'no', why: '503', since: 0 } }),
    says: { step: 'none', phase: 'starting', reason: 'NotReady', why: '503' },
  },
  {
    is: 'it lives no more',
    facts: running({ live: { is: 'no', why: 'hangs', since: 0 } }),
    says: { step: 'stop', reason: 'NotLive', why: 'hangs' },
  },
  {
    is: 'another command',
    facts: running(),
    meaning: { command: ['web2'] },
    says: { step: 'stop', reason: 'SpecChanged', fields: ['command'] },
  },
  { is: 'another secret', facts: running(), secrets: ['env.KEY'], says: { step: 'stop', fields: ['env.KEY'] } },
  {
    is: 'a wish for a restart',
    facts: running({ asked: { at: 5, by: 'user:ann', why: 'upgrade' } }),
    says: { step: 'stop', reason: 'RestartAsked', why: 'user:ann: upgrade' },
  },
  {
    is: 'a wish that this life fulfils',
    facts: running({ asked: { at: 5, by: 'user:ann', why: 'upgrade' }, life: life({ asked: 5 }) }),
    says: { step: 'none', phase: 'running' },
  },
  {
    is: 'a word to stop',
    facts: running(),
    stop: true,
    says: { step: 'stop', isForGood: true, why: 'user:ann: maintenance' },
  },
  {
    is: 'a word to stop beats a changed command',
    facts: running(),
    stop: true,
    meaning: { command: ['web2'] },
    says: { reason: 'Stopped', isForGood: true },
  },
  { is: 'within the grace', facts: running({ stopping }), says: { step: 'await', phase: 'stopping', at: NOW + 9_000 } },
  {
    is: 'after the grace',
    facts: running({ stopping: { ...stopping, since: NOW - 10_000 } }),
    says: { step: 'kill', phase: 'stopping' },
  },
  {
    is: 'killed a moment ago',
    facts: running({ stopping: { ...stopping, since: NOW - 11_000, killedAt: NOW - 400 } }),
    says: { step: 'await', at: NOW + 600 },
  },
  {
    is: 'killed a second ago',
    facts: running({ stopping: { ...stopping, since: NOW - 11_000, killedAt: NOW - 1_000 } }),
    says: { step: 'kill' },
  },
  {
    is: 'a signal that came before the command',
    facts: running({ stopping: { ...stopping, reached: 0 } }),
    says: { step: 'stop' },
  },
  {
    is: 'a stop, and then the clock went back an hour',
    facts: running({ stopping: { ...stopping, since: NOW + 3_600_000 } }),
    says: { step: 'stop' },
  },
  {
    is: 'down for a long pause, and what it comes after is lost',
    facts: ended(1, { lost: lost('stop', true), life: life({ unstable: 9 }) }),
    says: { step: 'none', phase: 'stopped', reason: 'DependencyLost', why: 'service/db was lost' },
  },
  {
    is: 'a start that may be on its way, and what it comes after is lost',
    facts: { is: 'pending', life: life(), lost: lost('stop', true) },
    says: { step: 'sweep', phase: 'stopping', reason: 'StartPending' },
  },
  {
    is: 'ended for good, and what it comes after is lost',
    spec: { restart: 'never' },
    facts: ended(1, { lost: lost('stop', true) }),
    says: { step: 'none', phase: 'failed' },
  },
  {
    is: 'lost, and to be stopped then',
    facts: running({ lost: lost('stop', true) }),
    says: { step: 'stop', isForGood: true },
  },
  { is: 'lost, and to be restarted later', facts: running({ lost: lost('restart', true) }), says: { step: 'none' } },
  {
    is: 'lost, and back',
    facts: running({ lost: lost('restart', false), life: life({ found: { 'service/db': 7 } }) }),
    says: { step: 'stop', reason: 'DependencyBack' },
  },
  {
    is: 'there all the time, although the clock went back',
    facts: running({ lost: lost('restart', false, NOW + 999), life: life({ found: { 'service/db': NOW + 999 } }) }),
    says: { step: 'none' },
  },
  { is: 'an end, the first', facts: ended(1), says: { step: 'start', reason: 'Exited', why: 'exit 1' } },
  { is: 'a good end, and always', facts: ended(0), says: { step: 'start' } },
  {
    is: 'a good end, and on-failure',
    facts: ended(0),
    spec: { restart: 'on-failure' },
    says: { phase: 'completed', step: 'none' },
  },
  { is: 'a bad end, and on-failure', facts: ended(2), spec: { restart: 'on-failure' }, says: { step: 'start' } },
  {
    is: 'a bad end, and never',
    facts: ended(2),
    spec: { restart: 'never' },
    says: { phase: 'failed', step: 'none', why: 'exit 2' },
  },
  {
    is: 'an exit code that means success',
    facts: ended(3),
    spec: { restart: { policy: 'on-failure', success: [0, 3] } },
    says: { phase: 'completed' },
  },
  { is: 'once, done', facts: ended(0), spec: { type: 'once' }, says: { phase: 'completed', step: 'none' } },
  { is: 'once, failed', facts: ended(1), spec: { type: 'once' }, says: { step: 'start' } },
  { is: 'once, done, and changed', facts: ended(0), spec: { type: 'once' }, meaning: {}, says: { step: 'start' } },
  {
    is: 'once, stopped half-way, and wanted again',
    facts: ended(143, { stopping }),
    spec: { type: 'once' },
    says: { step: 'start', reason: 'Restart' },
  },
  {
    is: 'a second short life',
    facts: ended(1, { life: life({ unstable: 1, startedAt: NOW - 50 }) }),
    says: { step: 'none', phase: 'waiting', reason: 'Backoff' },
  },
  {
    is: 'the wait is over',
    facts: ended(1, { life: life({ unstable: 1, startedAt: NOW - 1_000 }) }, 500),
    says: { step: 'start', reason: 'Exited' },
  },
  {
    is: 'a wait, and a changed command',
    facts: ended(1, { life: life({ unstable: 9, startedAt: NOW - 50 }) }),
    meaning: { command: ['fixed'] },
    says: { step: 'start', reason: 'SpecChanged' },
  },
  {
    is: 'a wait, and a wish',
    facts: ended(1, { life: life({ unstable: 9, startedAt: NOW - 50 }), asked: { at: 5, by: 'a', why: 'b' } }),
    says: { step: 'start', reason: 'RestartAsked' },
  },
  {
    is: 'the fifth short life',
    facts: ended(1, { life: life({ unstable: 4, startedAt: NOW - 50 }) }),
    says: { step: 'none', phase: 'crashlooping', why: expect.stringMatching(/^ended 5 times .*; starts again at \d/) },
  },
  {
    is: 'a long life after many short ones',
    facts: ended(1, { life: life({ unstable: 9, startedAt: NOW - 20_000 }) }),
    says: { step: 'start', reason: 'Exited' },
  },
  {
    is: 'a wait, and then the clock went back',
    facts: ended(1, { life: life({ unstable: 9, startedAt: NOW + 3_600_000 }) }, -3_600_050),
    says: { step: 'start' },
  },
  {
    is: 'a wait, by the clock of a file server that is ahead',
    facts: ended(1, { life: life({ unstable: 9, startedAt: NOW - 50 }) }, -500),
    says: { step: 'none', phase: 'crashlooping' },
  },
  {
    is: 'it hung, was ended, and said 0',
    facts: ended(0, { stopping: { ...stopping, isFailure: true } }),
    says: { step: 'start', reason: 'Exited', why: 'why' },
  },
  {
    is: 'stopped, and something that it started lives on',
    facts: ended(143, { stopping: { ...stopping, since: NOW - 10_000 }, left: 2 }),
    stop: true,
    says: { step: 'sweep', phase: 'stopped', reason: 'LeftBehind' },
  },
  {
    is: 'once, done, and something lives on',
    facts: ended(0, { left: 1 }),
    spec: { type: 'once' },
    says: { step: 'sweep', why: expect.stringContaining('; 1 of its processes was left behind') },
  },
  { is: 'a start kills what lives on anyway', facts: ended(1, { left: 1 }), says: { step: 'start' } },
  {
    is: 'an end that nobody saw, as after a power cut',
    facts: ended(null, { life: life({ unstable: 3 }) }),
    says: { step: 'start', reason: 'Exited' },
  },
];

describe('decide', () => {
  for (const { is, facts, spec, stop, meaning, secrets = [], says } of ROWS) {
    test(is, () => {
      const decision = decide({
        spec: specOf(spec),
        meaning: { ...(meaning ?? MEANING) },
        facts: { ...NOTHING, ...facts },
        stop: stop === true ? STOP : undefined,
        now: NOW,
        secrets,
      });
      expect(decision).toMatchObject(says);
      if (decision.phase === 'waiting' || decision.phase === 'crashlooping') expect(decision.at).toBeGreaterThan(NOW);
    });
  }
});

/** No probe says whether it is ready. */
const NOTHING: Facts = { ...nothing(specOf()), ready: { is: 'yes', why: 'runs', since: 0 } };

test('short lives are counted, a long one counts as the first', () => {
  const end = { status: 1, why: '', at: NOW, lines: [] };
  const spec = specOf();
  expect(nextUnstable(spec, life({ unstable: 3, startedAt: NOW - 9_999 }), end, NOW)).toBe(4);
  expect(nextUnstable(spec, life({ unstable: 3, startedAt: NOW - 10_000 }), end, NOW)).toBe(1);
  expect(CRASH_LOOP).toBe(5);
});
