// Whatever happens to a machine and its daemon, in whatever order: no start runs twice, no end is lost or told twice.
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '../../../core/random.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { virtualMachine } from '../../../core/simulate/processes.ts';
import { diedAt, lived, stories } from './any-processes.ts';
import { programOf, wishFor } from './benches.ts';

test('whatever happens, each start comes to exactly one end, and none runs twice', async () => {
  const seed = Number(process.env['REALM_SEED'] ?? randomInt(2 ** 31));
  await fc.assert(stories, { seed, numRuns: 250 });
  console.log(`processes: ${lived()}, seed ${seed}`);
  expect([...diedAt].toSorted()).toEqual(
    ['giveUp:after', 'giveUp:before', 'prepare:after', 'prepare:before', 'prepare:between'].map(
      (at) => `process.${at}`,
    ),
  );
  expect(lived('adopted')).toBeGreaterThan(100);
});

test('a start that takes longer than a sweep is no end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'realm-slow-'));
  const clock = virtualClock();
  const machine = virtualMachine({ clock, random: seededRandom(5), programs: programOf, slowMs: 1_000 });
  const processes = machine.processes({ sweepMs: 20 });
  machine.setWatching(false);
  try {
    const starting = Promise.all([1, 2, 3].map((n) => processes.start(wishFor(folder, `s${n}`, {}))));
    await clock.advance(9_000);
    for (const { exit, shim } of await starting)
      expect([exit, machine.system.isAlive(shim!)]).toEqual([undefined, true]);
    expect(processes.list()).toHaveLength(3);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
