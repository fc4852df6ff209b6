// Work that does not end is left behind, and nothing waits for it.
import { expect, test } from 'vitest';
import { sleep } from '../../../core/clock.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { Undelivered, within } from '../../../plugins/alerts/within.ts';

const clock = virtualClock();
const stopping = (stop: AbortController) => ({
  signal: stop.signal,
  sleep: (ms: number, signal = stop.signal) => sleep(clock, ms, signal),
});

test('what cannot be told to end is late all the same, and no timer is left', async () => {
  const stop = new AbortController();
  const ending = within(5_000, stopping(stop), () => new Promise(() => {})).catch((error: unknown) => error);
  await clock.advance(4_999);
  expect(clock.timers).toBe(1);
  await clock.advance(1);
  expect(await ending).toEqual(new Undelivered('no answer within 5 s'));
  expect(await within(5_000, stopping(stop), async () => 'done')).toBe('done');
  await expect(within(5_000, stopping(stop), async () => Promise.reject(new Error('its own')))).rejects.toThrow(
    'its own',
  );
  expect(clock.timers).toBe(0);
});

test('it ends with its plugin set', async () => {
  const stop = new AbortController();
  const ending = within(5_000, stopping(stop), () => new Promise(() => {})).catch(String);
  stop.abort(new Error('the plugin set stops'));
  expect(await ending).toContain('the plugin set stops');
  expect(clock.timers).toBe(0);
});
