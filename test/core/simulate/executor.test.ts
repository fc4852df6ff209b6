// Runs in virtual time last what experience says, and say where the figure comes from.
import { expect, test } from 'vitest';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { simulatedExecutor } from '../../../core/simulate/executor.ts';
import { openStore } from '../../../core/store/store.ts';
import { seededRandom } from '../../../core/random.ts';
import { createRuns } from '../../../core/runs/runs.ts';
import { newFolder, request } from '../runs/scene.ts';

test('a minute when nothing is known, the estimate, then the median of the last ten successes of the same work', async () => {
  const clock = virtualClock('2026-05-01T00:00:00Z');
  const random = seededRandom(1);
  const store = openStore({ dir: newFolder(), clock, random, mode: 'write' });
  const guess: { ms?: number } = {};
  const executor = simulatedExecutor({ clock, runs: store.runs, estimate: () => guess.ms });
  const runs = createRuns({ store, clock, random, executor });
  const measure = async (key: string, more: object = {}): Promise<[number, string | undefined]> => {
    const { id } = await runs.start(request(key, more));
    const ended = runs.whenEnded(id);
    const why = runs.get(id)?.progress?.why;
    await clock.advance(3_600_000);
    const run = await ended;
    return [run.endedAt! - run.startedAt!, why];
  };
  const ref = { forRef: 'backup/daily' };
  expect(await measure('a')).toEqual([60_000, 'lasts 60 s: nothing is known, a minute']);
  guess.ms = 5_000;
  expect(await measure('b', { ...ref, action: 'demo.other' })).toEqual([5_000, 'lasts 5 s: estimate']);
  for (const [index, ms] of [900_000, 10_000, 30_000].entries()) {
    const id = `past${index}`;
    const past = {
      ...runs.list({ limit: 1 })[0]!,
      id,
      key: id,
      action: 'demo.work',
      forRef: 'backup/daily',
      startedAt: clock.now(),
      endedAt: clock.now() + ms,
    } as const;
    store.runs.insert(past);
  }
  expect(await measure('c', ref)).toEqual([30_000, 'lasts 30 s: median of the last 3 successes']);
  expect(await measure('d', ref)).toEqual([30_000, 'lasts 30 s: median of the last 4 successes']);
  expect(await measure('e', { ...ref, action: 'demo.new' })).toEqual([5_000, 'lasts 5 s: estimate']);
  const { id } = await runs.start(request('f', ref));
  expect(await runs.cancel(id, 'enough', 'user:me')).toMatchObject({ state: 'cancelled' });
  await runs.start(request('g', ref));
  await runs.close();
  expect(clock.nextTimer).not.toBe(undefined); // only the store's own
  store.close();
});
