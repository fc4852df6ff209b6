// Conditions after each way a pass may end, and the laws that hold over any history.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Condition } from '../../../core/contract/kind.ts';
import {
  nextConditions,
  type PassOutcome,
  readyOf,
  STANDARD,
  type StandingCondition,
} from '../../../core/model/conditions.ts';

const told = (conditions: readonly Condition[]): string[] =>
  conditions
    .filter(({ type, status }) => type === 'Ready' || status !== 'False')
    .map(({ type, status, reason }) => `${type}=${status} ${reason}`);

test.each<[PassOutcome, boolean | null, string[]]>([
  [{ type: 'done' }, true, ['Ready=True AsDeclared']],
  [{ type: 'again', why: 'starting' }, false, ['Ready=False Progressing', 'Progressing=True Again']],
  [{ type: 'blocked', why: 'no disk' }, false, ['Ready=False Blocked', 'Stalled=True Blocked']],
  [{ type: 'held', reason: 'Override', why: 'w' }, false, ['Ready=False Override', 'Stalled=True Override']],
  [{ type: 'waiting', why: 'waits for t/a' }, false, ['Ready=False Waiting']],
  [{ type: 'failed', reason: 'X', why: 'w' }, false, ['Ready=False X', 'Degraded=True X']],
  [
    { type: 'failed', reason: 'X', why: 'w', retry: false },
    false,
    ['Ready=False X', 'Degraded=True X', 'Stalled=True X'],
  ],
  [{ type: 'unknown', reason: 'OBSERVE_FAILED', why: 'w' }, null, ['Ready=Unknown OBSERVE_FAILED']],
  [{ type: 'elsewhere', host: 'nas' }, null, ['Ready=Unknown Elsewhere']],
  [{ type: 'disabled' }, false, ['Ready=False Disabled']],
])('%j', (outcome, ready, expected) => {
  const { conditions } = nextConditions([], outcome, [], 5);
  expect(told(conditions)).toEqual(expected);
  expect(readyOf(conditions)).toBe(ready);
  const ours = new Set<string>(STANDARD);
  expect(conditions.every(({ type, since }) => ours.has(type) && since === 5)).toBe(true);
});

const own = (type: string, status: Condition['status'], reason = 'Mine'): Condition => ({
  type,
  status,
  reason,
  message: 'm',
});

test("a kind's Ready wins where its state was seen, and not where it was not", () => {
  const is = (outcome: PassOutcome, status: Condition['status']) =>
    readyOf(nextConditions([], outcome, [own('Ready', status)], 1).conditions);
  expect(is({ type: 'done' }, 'False')).toBe(false);
  expect(is({ type: 'again', why: 'w' }, 'True')).toBe(true);
  expect(is({ type: 'unknown', reason: 'R', why: 'w' }, 'True')).toBe(null);
  expect(is({ type: 'failed', reason: 'R', why: 'w' }, 'True')).toBe(false);
});

test('a kind cannot talk a failure away, but may add one', () => {
  const failed = nextConditions(
    [],
    { type: 'failed', reason: 'R', why: 'w' },
    [own('Degraded', 'False')],
    1,
  ).conditions;
  expect(told(failed)).toContain('Degraded=True R');
  expect(told(nextConditions([], { type: 'done' }, [own('Degraded', 'True')], 1).conditions)).toContain(
    'Degraded=True Mine',
  );
});

test('unknown is never taken for fine: what was said of an earlier state is unknown, what was wrong stays wrong', () => {
  const fine = nextConditions([], { type: 'done' }, [own('Fresh', 'True'), own('Degraded', 'True')], 1).conditions;
  const { conditions, transitions } = nextConditions(fine, { type: 'unknown', reason: 'NasGone', why: 'w' }, [], 2);
  expect(told(conditions)).toEqual(['Ready=Unknown NasGone', 'Degraded=True Mine', 'Fresh=Unknown NasGone']);
  expect(transitions.map(({ type, from, to }) => `${type} ${from} ${to}`)).toEqual([
    'Ready True Unknown',
    'Fresh True Unknown',
  ]);
});

test('a condition that its kind no longer gives goes, and says so', () => {
  const before = nextConditions([], { type: 'done' }, [own('Fresh', 'True')], 1).conditions;
  const { conditions, transitions } = nextConditions(before, { type: 'done' }, [], 2);
  expect(conditions.length).toBe(STANDARD.length);
  expect(transitions).toMatchObject([{ type: 'Fresh', from: 'True', to: 'Unknown', reason: 'NotGiven' }]);
});

test('the first look tells Ready and bad news, not that nothing is wrong', () => {
  const { transitions } = nextConditions([], { type: 'again', why: 'w' }, [own('Fresh', 'False')], 1);
  expect(transitions.map(({ type }) => type)).toEqual(['Ready', 'Progressing', 'Fresh']);
});

const status = fc.constantFrom('True', 'False', 'Unknown');
const word = fc.constantFrom('A', 'B');
const outcomes: fc.Arbitrary<PassOutcome> = fc.oneof(
  fc.constantFrom<PassOutcome>({ type: 'done' }, { type: 'disabled' }, { type: 'elsewhere', host: 'nas' }),
  fc.record({ type: fc.constantFrom('again', 'blocked', 'waiting'), why: word }),
  fc.record({ type: fc.constantFrom('held', 'unknown'), reason: word, why: word }),
  fc.record({ type: fc.constant('failed' as const), reason: word, why: word, retry: fc.boolean() }),
);
const owns = fc.array(
  fc.record({ type: fc.constantFrom(...STANDARD, 'Fresh', 'LastRunSucceeded'), status, reason: word, message: word }),
  { maxLength: 4 },
);
const history = fc.array(fc.tuple(outcomes, owns, fc.integer({ min: -50, max: 100 })), {
  minLength: 50,
  maxLength: 150,
  size: 'max',
});

test('property: the laws of conditions over any history, clocks that run backwards included', () => {
  let steps = 0;
  let moves = 0;
  fc.assert(
    fc.property(history, (passes) => {
      let standing: readonly StandingCondition[] = [];
      let now = 1_000;
      for (const [outcome, given, elapsed] of passes) {
        now += elapsed;
        const next = nextConditions(standing, outcome, given, now);
        law(standing, outcome, given, next);
        const again = nextConditions(next.conditions, outcome, given, now + 1);
        expect(again).toEqual({ conditions: next.conditions, transitions: [] });
        standing = next.conditions;
        steps++;
        moves += next.transitions.length;
      }
    }),
    { numRuns: 60 },
  );
  expect(steps).toBeGreaterThan(3_000);
  console.log(`conditions: ${steps} passes, ${moves} transitions`);
});

function law(
  before: readonly StandingCondition[],
  outcome: PassOutcome,
  given: readonly Condition[],
  { conditions, transitions }: ReturnType<typeof nextConditions>,
): void {
  const types = conditions.map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  expect(types.slice(0, STANDARD.length)).toEqual(STANDARD);
  for (const { type } of given) expect(types).toContain(type);
  const moved = new Set(transitions.map(({ type }) => type));
  for (const condition of conditions) {
    const old = before.find(({ type }) => type === condition.type);
    if (old === undefined) continue;
    expect(condition.since).toBeGreaterThanOrEqual(old.since);
    expect(old.status !== condition.status || condition.since === old.since).toBe(true);
    expect(moved.has(condition.type)).toBe(old.status !== condition.status);
  }
  const firm = ['failed', 'unknown', 'elsewhere', 'disabled', 'waiting'];
  const ready = readyOf(conditions);
  expect(ready === true && firm.includes(outcome.type)).toBe(false);
  const isSilent = !given.some(({ type }) => type === 'Ready');
  expect(ready === true || outcome.type !== 'done' || !isSilent).toBe(true);
  expect(ready === null || outcome.type !== 'unknown').toBe(true);
}

test('what waits is not on its way, whatever its kind is about to do', () => {
  const own = [{ type: 'Progressing', status: 'True', reason: 'FirstStart', message: 'first start' } as const];
  const { conditions } = nextConditions([], { type: 'waiting', why: 'waits for service/db' }, own, 1);
  expect(conditions.find(({ type }) => type === 'Progressing')).toMatchObject({ status: 'False', reason: 'Waiting' });
});

test('a kind that knows since when is believed, and what it does not say is counted as before', () => {
  const ready = (since?: number): Condition => ({
    type: 'Ready',
    status: 'True',
    reason: 'Runs',
    message: '',
    ...(since === undefined ? {} : { since }),
  });
  const sinceOf = (previous: readonly StandingCondition[], own: Condition, now: number) =>
    nextConditions(previous, { type: 'done' }, [own], now).conditions.find(({ type }) => type === 'Ready')!.since;
  const first = nextConditions([], { type: 'done' }, [ready(3)], 10).conditions;
  expect(sinceOf([], ready(3), 10)).toBe(3);
  expect(sinceOf(first, ready(7), 20)).toBe(7);
  expect(sinceOf(first, ready(), 20)).toBe(3);
  expect(nextConditions(first, { type: 'done' }, [ready(7)], 20).transitions).toEqual([]);
});

test('what stands as it stood is the same object; another word is another one, and no transition', () => {
  const ready = (reason: string, message: string): Condition => ({ type: 'Ready', status: 'True', reason, message });
  const then = (previous: readonly StandingCondition[], own: Condition) =>
    nextConditions(previous, { type: 'done' }, [own], 9);
  const first = then([], ready('Runs', 'pid 1')).conditions;
  then(first, ready('Runs', 'pid 1')).conditions.forEach((one, index) => expect(one).toBe(first[index]));
  for (const own of [ready('Runs', 'pid 2'), ready('Waits', 'pid 1')]) {
    const { conditions, transitions } = then(first, own);
    expect(conditions.find(({ type }) => type === 'Ready')).toEqual({ ...own, since: 9 });
    expect(transitions).toEqual([]);
  }
});
