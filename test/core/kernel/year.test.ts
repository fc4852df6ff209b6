// A freshness kind and an occurrence kind live through a simulated year.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { simulatedExecutor } from '../../../core/simulate/executor.ts';
import { type TestRealm, testRealm } from './realm.ts';

const PLUGINS = join(import.meta.dirname, 'plugins');
const DAY = 86_400_000;

/** Runs a realm over a year of Berlin time, switched off from 1 May 00:00 to 4 May 09:00 UTC. */
async function aYear(
  plugin: string,
  section: string,
): Promise<{ runs: { slot: string; startedAt: number; trigger: string }[]; looks: number }> {
  const realm: TestRealm = testRealm(
    { 'realm.config.yaml': `plugins: [./${plugin}.ts]\n${section}` },
    '2026-01-01T12:00:00Z',
  );
  cpSync(join(PLUGINS, `${plugin}.ts`), join(realm.root, `${plugin}.ts`));
  let looks = 0;
  const live = async (until: string): Promise<void> => {
    const alive: { kernel?: Kernel } = {};
    const executor = simulatedExecutor({
      clock: realm.clock,
      runs: { list: (query) => alive.kernel!.store.runs.list(query) },
      estimate: () => 60_000,
    });
    const kernel = await realm.open({ world: { executor } });
    alive.kernel = kernel;
    kernel.loop.onPass = () => looks++;
    await kernel.start();
    await realm.clock.advanceTo(until);
    await kernel.stop(1_000);
  };
  await live('2026-05-01T00:00:00Z');
  await realm.clock.advanceTo('2026-05-04T09:00:00Z');
  await live('2027-01-01T12:00:00Z');
  const last = await realm.open({ purpose: 'once' });
  const runs = last.store.runs
    .list({ limit: 10_000 })
    .map((run) => ({ slot: run.key.split('@')[1]!, startedAt: run.startedAt!, trigger: run.trigger }));
  await last.stop(1_000);
  return { runs: runs.toReversed(), looks };
}

const lateBy = ({ slot, startedAt }: { slot: string; startedAt: number }): number => startedAt - Date.parse(slot);

for (const [name, plugin, section] of [
  ['a freshness kind', 'backup', 'backups:\n  daily: { schedule: "30 2 * * *", zone: Europe/Berlin }\n'],
  ['an occurrence kind', 'cron', 'tasks:\n  daily: { schedule: "30 2 * * *", zone: Europe/Berlin }\n'],
] as const) {
  test(`${name} lives through a year: one run a slot, one catch-up, clock changes right, few looks`, async () => {
    const { runs, looks } = await aYear(plugin, section);
    expect(new Set(runs.map(({ slot }) => slot)).size).toBe(runs.length);
    const late = runs.filter((run) => lateBy(run) > 60_000 && Date.parse(run.slot) > Date.parse('2026-01-02'));
    expect(late.map(({ slot }) => slot)).toEqual(['2026-05-04T00:30:00.000Z']);
    const days = (Date.parse('2027-01-01T12:00:00Z') - Date.parse('2026-01-01T12:00:00Z')) / DAY;
    const swallowed = 3; // 1, 2 and 3 May; that of 4 May is caught up
    expect(runs.filter(({ slot }) => slot > '2026-01-01T12').length).toBe(days - swallowed);
    // 29 March: 02:30 does not exist, so 03:00 CEST is the next valid time; 25 October has 02:30 twice, run at the first.
    expect(runs.map(({ slot }) => slot).filter((slot) => /2026-03-29|2026-10-25/.test(slot))).toEqual([
      '2026-03-29T01:00:00.000Z',
      '2026-10-25T00:30:00.000Z',
    ]);
    expect(looks).toBeLessThan(4 * days);
  });
}
