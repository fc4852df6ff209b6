// When `realm up --until-ready` goes on: what it waits for, what it lets be, what ends it early, and a clock that is set back.
import { expect, test } from 'vitest';
import type { ConditionView, Door, ResourceView, StatusView } from '../../../core/api/door.ts';
import { untilReady } from '../../../core/cli/until-ready.ts';
import { isoTime } from '../../../core/clock.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { create, NOW, planOf, resource, statusOf } from './stage.ts';

const says = (type: string, status: ConditionView['status'], since = NOW - 60_000, message = 'x'): ConditionView => ({
  type,
  status,
  reason: 'Any',
  message,
  since: isoTime(since),
});
const ready = (since?: number): ResourceView => resource('service/web', { conditions: [says('Ready', 'True', since)] });
const dead = resource('service/web', { ready: false, conditions: [says('Ready', 'False', NOW, 'it is dead\nlast')] });
const override = {
  ref: 'service/web',
  effect: 'stop',
  actor: 'ann',
  why: 'x',
  since: isoTime(NOW),
  until: null,
} as const;

type Look = (now: number) => readonly ResourceView[] | Partial<StatusView>;

/** Lets it wait at this realm, time going by; says when it went on, or why not. */
async function wait(look: Look, { plan = planOf(), timeoutMs = 60_000, jumpMs = 0 } = {}): Promise<string> {
  const clock = virtualClock(NOW);
  const door: Partial<Door> = {
    status: () => {
      const seen = look(clock.now());
      return Promise.resolve('length' in seen ? statusOf(seen) : statusOf([], seen));
    },
    plan: () => Promise.resolve(plan),
  };
  const over: string[] = [];
  void untilReady(door as Door, timeoutMs, { clock, signal: new AbortController().signal }).then(
    () => over.push(`after ${clock.now() - NOW} ms`),
    (error: Error) => over.push(error.message),
  );
  for (let turn = 0; turn < 400 && over.length === 0; turn++) {
    await clock.advance(200);
    if (turn === 0) clock.jump(jumpMs);
  }
  return over[0] ?? 'it still waits';
}

test('what has been ready for a while is ready at once; what became so only just has to stay it', async () => {
  expect(await wait(() => [ready()])).toBe('after 0 ms');
  expect(await wait(() => [ready(NOW - 500)])).toBe('after 600 ms');
});

test('what lives for a moment again and again is never ready, however often it is caught alive', async () => {
  expect(await wait((now) => [ready(now - 20)], { timeoutMs: 30_000 })).toBe(
    'Not ready after 30 s: service/web (ready for less than 1 s)',
  );
});

test.each(['CrashLoop', 'Stalled'])('%s ends it at once, also of what is ready just now', async (type) => {
  const looping = resource('service/web', {
    conditions: [says('Ready', 'True'), says(type, 'True', NOW, 'it loops\nx')],
  });
  const said = (why: string): string => `Not ready and will not be by waiting alone: service/web (${why})`;
  expect(await wait(() => [looping, resource('service/db')])).toBe(
    said('it ended again and again, and happens to be ready just now'),
  );
  expect(await wait(() => [{ ...looping, ready: false }])).toBe(said('it loops'));
});

test.each([
  ['was stopped by somebody', { overrides: [override] }, 'Any'],
  ['is not enabled', {}, 'Disabled'],
  ['lives elsewhere', {}, 'Elsewhere'],
] as const)('what %s is not waited for, nor does it end the wait', async (_, more, reason) => {
  const conditions = [{ ...says('Ready', 'False'), reason }, says('CrashLoop', 'True')];
  expect(await wait(() => [{ ...dead, ...more, conditions }])).toBe('after 0 ms');
});

test('what an earlier daemon saw, or of another declaration, counts neither for nor against it', async () => {
  const looping = [says('Ready', 'True'), says('CrashLoop', 'True')];
  for (const known of [{ unseen: true }, { generation: 2 }] as const) {
    const old =
      (more: Partial<ResourceView>): Look =>
      (now) => [now < NOW + 4_000 ? resource('service/web', { ...known, ...more }) : ready()];
    expect(await wait(old({}))).toBe('after 4000 ms');
    expect(await wait(old({ conditions: looping }))).toBe('after 4000 ms');
  }
});

test('the world is looked at once more; what somebody holds back is not waited for', async () => {
  expect(await wait(() => [ready()], { plan: planOf([create]), timeoutMs: 5_000 })).toBe(
    'Not ready after 5 s: file/motd (it is not as it is declared)',
  );
  expect(await wait(() => [ready()], { plan: planOf([{ ...create, held: 'protect' }]) })).toBe('after 0 ms');
});

test('a clock that is set back by an hour makes nobody wait for that hour', async () => {
  expect(await wait(() => [ready(NOW)], { jumpMs: -3_600_000 })).toBe('after -3599600 ms');
  expect(await wait(() => [dead], { timeoutMs: 5_000, jumpMs: -3_600_000 })).toBe(
    'Not ready after 5 s: service/web (it is dead)',
  );
});

test('an invalid edit ends it, and many are told by five', async () => {
  expect(await wait(() => ({ configError: 'line 3 is wrong' }))).toBe(
    'Not ready: an older config is in force. line 3 is wrong',
  );
  const many = Array.from({ length: 7 }, (_, n) => ({ ...dead, ref: `service/s${n}` as const }));
  expect(await wait(() => many, { timeoutMs: 1_000 })).toMatch(
    /^Not ready after 1 s: .*s4 \(it is dead\), and 2 more$/,
  );
});
