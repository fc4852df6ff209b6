// A run with several targets has one start: midnight between two of them makes no two days of it.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'realm-runner/plugin';
import { testRealm } from 'realm-runner/testing';
import { expect, test } from 'vitest';
import backup from '../../../plugins/backup/index.ts';
import { type Backup, policyOf } from '../../../plugins/backup/policies.ts';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { makeSnapshots } from '../../../plugins/backup/verbs/run.ts';
import { START, testJob, testPolicy, testTools } from './rig.ts';
import { hasRestic } from './restic/program.ts';
import { makeRealm } from './restic/realm.ts';
import { world } from './tree/world.ts';

const MIDNIGHT = Date.parse('2027-02-11T00:00:00Z');

test.each([
  ['day', '2027-02-10'],
  ['second', '2027-02-10-235959'],
  ['week', '2027-W06'],
] as const)('midnight passes when the first target has its snapshot: %s', async (label, expected) => {
  await using realm = await testRealm({ plugins: backup, start: '2027-02-10T06:00:00Z' });
  mkdirSync(join(realm.root, 'agents'));
  writeFileSync(join(realm.root, 'agents/a'), 'a');
  const spec = { sources: ['agents'], to: ['one', 'two', 'three'], label, keep: { last: 3 } };
  const want = realm.want('backup', spec, 'daily') as Backup;
  const labels = (target: string): readonly string[] => {
    const policy = join(realm.root, target, 'daily');
    return existsSync(policy) ? readdirSync(policy).filter((name) => /^\d/.test(name)) : [];
  };
  const now = (): number => (labels('one').length > 0 ? MIDNIGHT + 5_000 : MIDNIGHT - 1_000);
  const ctx = Object.create(realm.contextFor('backup'), { now: { value: now } }) as Context;
  await makeSnapshots({ name: 'daily' }, want, await policyOf(want, ctx), ctx);
  const targets = ['one', 'two', 'three'];
  expect(targets.map(labels)).toEqual(targets.map(() => [expected]));
  const starts = targets.map((target) => {
    const record = readFileSync(join(realm.root, target, 'daily', expected, 'backup.json'), 'utf8');
    return (JSON.parse(record) as { startedAt: string }).startedAt;
  });
  expect(new Set(starts)).toEqual(new Set([new Date(MIDNIGHT - 1_000).toISOString()]));
});

test('each engine takes the start of its run for its own', async () => {
  using w = world();
  w.file('a');
  const startedAt = START - 3 * 86_400_000;
  const tree = treeEngine({ path: w.target, root: w.folder, reserveBytes: 0 });
  const job = { ...testJob(w.policy({ label: 'day' })), startedAt };
  expect((await tree.write(job, testTools(START))).snapshot).toMatchObject({ label: '2126-11-18', startedAt });
  if (!hasRestic()) return;
  const place = makeRealm(w.folder);
  const made = await place.open().write({ ...testJob(testPolicy('daily', place.root)), startedAt }, testTools(START));
  expect(made.snapshot).toMatchObject({ label: '2126-11-18', startedAt });
});
