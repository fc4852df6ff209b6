// While the end of a burst is waited for, what may have changed is told already: early enough to be of use, and not for ever.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sleep, systemClock } from '../../../core/clock.ts';
import { watchPaths } from '../../../core/daemon/config-watch.ts';

const until = async (isTrue: () => boolean): Promise<void> => {
  for (const endsAt = systemClock.now() + 60_000; !isTrue(); await sleep(systemClock, 5))
    if (systemClock.now() > endsAt) throw new Error('waited too long');
};

async function watched() {
  const folder = mkdtempSync(join(tmpdir(), 'realm-stir-'));
  const file = join(folder, 'realm.config.yaml');
  writeFileSync(file, 'first');
  const heard: string[] = [];
  const watch = watchPaths({
    clock: systemClock,
    onChange: () => void heard.push('changed'),
    onStir: (paths) => void ([...paths].includes(file) && heard.push('stirred')),
    onError: (error) => expect.fail(String(error)),
    quietMs: 1_000,
    longestMs: 60_000,
    recheckMs: 0,
  });
  onTestFinished(async () => {
    await watch.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await watch.set(new Map([[file, 'content']]));
  for (let n = 0; !heard.includes('stirred'); n++) {
    writeFileSync(file, `probe ${n}`); // until the system's events arrive
    await sleep(systemClock, 50);
  }
  await until(() => heard.includes('changed'));
  heard.length = 0;
  return { file, heard };
}

test('a save is told at once as what it may be, and after the burst as what it was', async () => {
  const { file, heard } = await watched();
  writeFileSync(`${file}.draft`, 'second');
  renameSync(`${file}.draft`, file);
  await until(() => heard.includes('changed'));
  expect([...new Set(heard)]).toEqual(['stirred', 'changed']); // on a busy machine one save may be heard of twice
});

test('of a burst that goes on and on, a few are told early', async () => {
  const { file, heard } = await watched();
  for (let n = 0; n < 12; n++) {
    writeFileSync(file, `text ${n}`);
    await sleep(systemClock, 40);
  }
  await until(() => heard.includes('changed'));
  const told = heard.indexOf('changed');
  expect(told).toBeGreaterThan(0);
  expect(told).toBeLessThanOrEqual(3);
  writeFileSync(file, 'once more');
  await until(() => heard.slice(told).includes('stirred'));
});
