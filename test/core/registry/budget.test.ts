// Work with a limited time: what settles first wins, the rest is ignored.
import { expect, test } from 'vitest';
import { Timeout, withBudget } from '../../../core/registry/budget.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';

const never = new Promise<never>(() => {});

test('a result in time is the result, and leaves no timer behind', async () => {
  const clock = virtualClock();
  const outer = new AbortController();
  expect(await withBudget(async () => 7, { ms: 100, clock, what: 'w', signal: outer.signal })).toBe(7);
  expect(clock.timers).toBe(0);
});

test('a failure in time is the failure, a synchronous one too', async () => {
  const clock = virtualClock();
  const budget = { ms: 100, clock, what: 'w' };
  await expect(withBudget(() => Promise.reject(new Error('slow')), budget)).rejects.toThrow('slow');
  const thrown = withBudget(() => {
    throw new Error('at once');
  }, budget);
  await expect(thrown).rejects.toThrow('at once');
  expect(clock.timers).toBe(0);
});

test('late work is aborted with a Timeout that names it, exactly at its time', async () => {
  const clock = virtualClock();
  let given: AbortSignal | undefined;
  const ends: unknown[] = [];
  const work = (signal: AbortSignal) => ((given = signal), never);
  void withBudget(work, { ms: 100, clock, what: 'observe of file/a' }).catch((error: unknown) => ends.push(error));
  await clock.advance(99);
  expect(ends).toEqual([]);
  expect(given?.aborted).toBe(false);
  await clock.advance(1);
  expect(ends).toEqual([expect.any(Timeout)]);
  expect(String(ends[0])).toBe('Timeout: observe of file/a did not answer within 100 ms');
  expect(given?.reason).toBe(ends[0]);
});

test('a result or failure that comes after the time is dropped, without an unhandled rejection', async () => {
  const clock = virtualClock();
  const late = Promise.withResolvers<number>();
  const end = withBudget(() => late.promise, { ms: 5, clock, what: 'w' }).catch((error: unknown) => error);
  await clock.advance(5);
  late.reject(new Error('late')); // an unhandled rejection would fail the run
  expect(await end).toBeInstanceOf(Timeout);
});

test('work that answers its own abort cannot turn the timeout into success', async () => {
  const clock = virtualClock();
  const answersAbort = (signal: AbortSignal) =>
    new Promise<string>((resolve) => signal.addEventListener('abort', () => resolve('fine')));
  const end = withBudget(answersAbort, { ms: 5, clock, what: 'w' }).catch((error: unknown) => error);
  await clock.advance(5);
  expect(await end).toBeInstanceOf(Timeout);
});

test('the outer signal ends the wait with its own reason and aborts the work', async () => {
  const clock = virtualClock();
  const outer = new AbortController();
  let inner: AbortSignal | undefined;
  const ended = withBudget((signal) => ((inner = signal), never), { ms: 9, clock, what: 'w', signal: outer.signal });
  const stop = new Error('stop');
  outer.abort(stop);
  await expect(ended).rejects.toBe(stop);
  expect(inner?.reason).toBe(stop);
  expect(clock.timers).toBe(0);
});

test('with a signal that is aborted already the work is never begun', async () => {
  let begun = false;
  const work = async () => (begun = true);
  const budget = { ms: 9, clock: virtualClock(), what: 'w', signal: AbortSignal.abort(new Error('gone')) };
  await expect(withBudget(work, budget)).rejects.toThrow('gone');
  expect(begun).toBe(false);
});
