// Short runs inside this process: output, failure, cancel with a grace, and a stop that leaves nobody running.
import { expect, test } from 'vitest';
import { sleep } from '../../../core/clock.ts';
import { InlineExecutor, type Invoke } from '../../../core/runs/inline-executor.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { live, newFolder, request } from './scene.ts';

const clock = virtualClock();
const actions: Invoke = async (action, input, { signal, progress }) => {
  progress({ phase: action });
  if (action === 'demo.fail') throw new Error('the cable is out');
  if (action === 'demo.wait') await sleep(clock, 3_600_000, signal);
  if (action === 'demo.deaf') await sleep(clock, 3_600_000);
  return input;
};
const open = (folder = newFolder()): ReturnType<typeof live> =>
  live(folder, new InlineExecutor({ invoke: actions, clock, graceMs: 10_000 }), { clock });

test('it ends with its output or its sentence', async () => {
  const { runs } = open();
  const good = await runs.start(request('good'));
  const bad = await runs.start(request('bad', { action: 'demo.fail' }));
  expect(await runs.whenEnded(good.id)).toMatchObject({
    state: 'succeeded',
    output: { key: 'good' },
    exitCode: null,
    progress: { phase: 'demo.work' },
  });
  expect(await runs.whenEnded(bad.id)).toMatchObject({ state: 'failed', reason: 'the cable is out', output: null });
});

test('cancel aborts its signal; a deaf one is written off after the grace and cannot end twice', async () => {
  const { runs } = open();
  const polite = await runs.start(request('polite', { action: 'demo.wait' }));
  const deaf = await runs.start(request('deaf', { action: 'demo.deaf' }));
  expect(await runs.cancel(polite.id, 'enough', 'user:me')).toMatchObject({ state: 'cancelled', reason: 'enough' });
  const end = runs.cancel(deaf.id, 'enough', 'user:me');
  await clock.advance(9_999);
  expect(runs.get(deaf.id)?.state).toBe('running');
  await clock.advance(1);
  expect((await end).state).toBe('cancelled');
  await clock.advance(3_600_000);
  expect(runs.get(deaf.id)?.state).toBe('cancelled');
});

test('a clean stop cancels what runs here and begins nothing more; a death makes it lost', async () => {
  const folder = newFolder();
  const first = open(folder);
  const stopped = await first.runs.start(request('stopped', { action: 'demo.wait' }));
  await first.runs.close();
  expect(first.runs.get(stopped.id)).toMatchObject({ state: 'cancelled', reason: 'Realm stopped' });
  first.die();
  const second = open(folder);
  const died = await second.runs.start(request('died', { action: 'demo.wait' }));
  second.die();
  const third = open(folder);
  await third.runs.recover();
  expect(third.runs.get(died.id)).toMatchObject({
    state: 'lost',
    reason: 'the process that carried it out ended before it did',
  });
});
