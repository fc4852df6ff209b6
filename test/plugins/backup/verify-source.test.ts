// A snapshot beside its sources: what changed since is told and is no damage; what cannot have come by a change is an alarm.
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { conditionsOf } from '../../../plugins/backup/conditions.ts';
import { dues, nextDue } from '../../../plugins/backup/due.ts';
import type { Engine } from '../../../plugins/backup/engine.ts';
import type { Policy } from '../../../plugins/backup/policy.ts';
import type { Snapshot } from '../../../plugins/backup/snapshot.ts';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { type SourceVerified, verifySource } from '../../../plugins/backup/verify-source.ts';
import { realm, tempRealm, until } from '../../e2e/realm.ts';
import { facts, NOW, snapshot as snapshotAt, spec, target } from './policy-at.ts';
import { DAY, START, testJob, testPolicy, testTools } from './rig.ts';
import { hasRestic } from './restic/program.ts';
import { makeRealm } from './restic/realm.ts';
import { type World, world } from './tree/world.ts';

vi.setConfig({ testTimeout: 180_000 }); // many commands, each slow on a busy machine

const OLD = 1_600_000_000;
/** Writes other bytes of the same length, and puts the time of change back. */
function tamper(path: string): void {
  const { size } = statSync(path);
  writeFileSync(path, 'x'.repeat(size));
  utimesSync(path, OLD, OLD);
}

function sources(w: World): void {
  for (const name of ['stays', 'changes', 'goes', 'rots', 'deep/er', 'touched']) {
    w.file(name, `content of ${name}`);
    utimesSync(join(w.src, name), OLD, OLD);
  }
}
const DAY_LATER = Date.now() + DAY;
/** A day later: then no time of a file is so young that it could hide a change. */
const write = async (w: World, changes: Partial<Policy> = {}): Promise<Snapshot> =>
  (await w.write(changes, {}, { now: () => DAY_LATER })).snapshot;
const engineOf = (w: World): Engine => treeEngine({ path: w.target, root: w.folder, reserveBytes: 0 });
const compared = (w: World, snapshot: Snapshot, changes: Partial<Policy> = {}): Promise<SourceVerified> =>
  verifySource({ engine: engineOf(w), snapshot }, w.policy(changes), join(w.folder, 'scratch'), testTools(DAY_LATER));
const namedOf = ({ look }: SourceVerified): readonly string[] =>
  look.named.map(({ is, path }) => `${is} ${path}`).sort();

test('what changed, came and went since is told by path, and is no damage', async () => {
  using w = world();
  sources(w);
  const snapshot = await write(w);
  w.file('changes', 'something else');
  utimesSync(join(w.src, 'touched'), OLD + 1, OLD + 1);
  rmSync(join(w.src, 'goes'));
  w.file('new');
  const found = await compared(w, snapshot);
  expect(namedOf(found)).toEqual(['added src/new', 'changed src/changes', 'changed src/touched', 'gone src/goes']);
  expect(found.look).toMatchObject({ sameFiles: 3, unreadBytes: 0 });
  expect(found.verification).toMatchObject({ level: 'source', isGood: true, coverage: 1, damaged: [] });
  const [noted] = (await engineOf(w).list('daily')).snapshots;
  expect(noted!.verifications.find(({ level }) => level === 'source')).toEqual(found.verification);
});

test('other content under the size and time that were saved is named, and the snapshot itself is not called damaged', async () => {
  using w = world();
  sources(w);
  const snapshot = await write(w);
  tamper(join(w.src, 'rots'));
  const found = await compared(w, snapshot);
  expect(namedOf(found)).toEqual(['differs src/rots']);
  expect(found.verification).toMatchObject({ isGood: false, damaged: ['src/rots'] });
  const [noted] = (await engineOf(w).list('daily')).snapshots;
  expect(noted).toMatchObject({ damaged: [], status: 'complete' });
});

test('a time so young that it could hide a change proves nothing', async () => {
  using w = world();
  sources(w);
  const { snapshot } = await w.write({}, { racyMs: DAY });
  tamper(join(w.src, 'rots'));
  expect(namedOf(await compared(w, snapshot))).toEqual(['changed src/rots']);
});

test('what was there and is not in the snapshot is named, unless something came into its folder since', async () => {
  using w = world();
  sources(w);
  w.file('deep/left', 'never saved');
  // An engine that loses a file, which no look at the snapshot alone could find out.
  const wanted = [{ from: w.src, as: 'src', include: undefined, exclude: ['deep/left'] }];
  const made = await write(w, { roots: wanted });
  const snapshot = { ...made, roots: w.policy().roots };
  const found = await compared(w, snapshot);
  expect(namedOf(found)).toEqual(['lacking src/deep/left']);
  expect(found.verification).toMatchObject({ isGood: false, damaged: ['src/deep/left'] });
  expect((await compared(w, snapshot, { tolerate: 1 })).verification).toMatchObject({ isGood: true });
  // What was not to be saved then is new, however old it is.
  expect(namedOf(await compared(w, made))).toEqual(['added src/deep/left']);
  expect(namedOf(await compared(w, { ...snapshot, status: 'partial' }))).toEqual(['added src/deep/left']);
  w.file('deep/another');
  expect(namedOf(await compared(w, snapshot))).toEqual(['added src/deep/another', 'added src/deep/left']);
  // An old folder that was moved here holds only what is new.
  const elsewhere = join(w.folder, 'moved');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'old'), 'old');
  renameSync(elsewhere, join(w.src, 'moved'));
  expect(namedOf(await compared(w, snapshot))).toContain('added src/moved/old');
});

test('dumps are not looked for among the sources', async () => {
  using w = world();
  sources(w);
  const dumps = join(w.folder, 'dumps');
  mkdirSync(dumps);
  writeFileSync(join(dumps, 'db.sql'), 'dump');
  const { snapshot } = await engineOf(w).write({ ...testJob(w.policy()), dumps }, testTools(DAY_LATER));
  expect(namedOf(await compared(w, snapshot))).toEqual([]);
});

test.skipIf(!hasRestic())('of a repository, which keeps no digests, files are taken out and compared', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'realm-source-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const place = makeRealm(folder);
  const engine = place.open();
  const policy = testPolicy('daily', place.root);
  const weights = join(place.root, 'agents/z/weights.bin');
  utimesSync(weights, OLD, OLD);
  const { snapshot } = await engine.write(testJob(policy), testTools(START));
  const scratch = join(place.data, 'compared');
  const look = async (): Promise<SourceVerified> =>
    verifySource({ engine, snapshot }, policy, scratch, testTools(START + DAY));
  expect((await look()).verification).toMatchObject({ isGood: true, coverage: 1 });
  tamper(weights);
  const found = await look();
  expect(found.verification).toMatchObject({
    isGood: false,
    damaged: ['agents/z/weights.bin', 'agents/z/weights.same'],
  });
  expect(readdirSync(scratch)).toEqual([]);
  const [noted] = (await engine.list('daily')).snapshots;
  expect(noted).toMatchObject({ damaged: [] });
  expect(noted!.verifications.find(({ level }) => level === 'source')).toMatchObject({ isGood: false });
});

const CONFIG = `realm: { timezone: UTC }
plugins: [backup]
backups:
  daily: { sources: [agents], to: [backups], keep: { last: 9 } }
`;

test('by the command line: named by path, an exit that tells the two apart, and what excludes each other', async () => {
  const names = ['stays', 'changes', 'goes', 'rots'];
  const files = Object.fromEntries(names.map((name) => [`agents/z/${name}`, `content of ${name}\n`]));
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG, ...files });
  for (const name of names) utimesSync(join(dir, 'agents/z', name), OLD, OLD);
  const young = Date.now();
  await until(() => Date.now() - young > 2_100, 30_000, 'the times of the files to be old enough to prove something');
  const backup = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await realm(dir, ['backup', ...args], { timeoutMs: 60_000 });
    return { code, said: stdout + stderr, stdout };
  };
  expect(await backup('run', 'daily')).toMatchObject({ code: 0 });
  writeFileSync(join(dir, 'agents/z/changes'), 'other\n');
  writeFileSync(join(dir, 'agents/z/new'), 'new\n');
  rmSync(join(dir, 'agents/z/goes'));
  const good = await backup('verify', 'daily', '--level', 'source');
  expect(good.code, good.said).toBe(0);
  for (const line of ['~ agents/z/changes  changed since', '+ agents/z/new  new since', '- agents/z/goes  gone since'])
    expect(good.said).toContain(line);
  expect(good.said).toMatch(/2 files compared, and the same; since then 1 changed, 1 new, 1 gone/);

  tamper(join(dir, 'agents/z/rots'));
  const bad = await backup('verify', 'daily', '--level', 'source', '--json');
  expect(bad.code, bad.said).toBe(1);
  expect(bad.said).toContain('BACKUP_SOURCE_DIFFERS');
  expect(bad.said).toContain('agents/z/rots: size and time are as they were saved, the content is not');
  expect(bad.said).not.toContain('agents/z/changes: ');
  expect(await backup('verify', 'daily'), 'the snapshot is as it was saved').toMatchObject({ code: 0 });
  for (const args of [['--due'], ['--quick'], ['--deep']])
    expect(await backup('verify', 'daily', '--level', 'source', ...args)).toMatchObject({ code: 1 });
});

test('it is owed when `sourceWithin` says so, from the first snapshot on, and what it found is told until it is well', () => {
  const weekly = spec({ verify: { afterRun: 'new', scrubWithin: 400 * DAY, sourceWithin: 7 * DAY } });
  const looked = (at: number, isGood = true) => ({
    level: 'source' as const,
    at,
    isGood,
    coverage: 1,
    damaged: ['a/b'],
  });
  const at = (...verifications: ReturnType<typeof looked>[]) => facts([target([snapshotAt({ verifications })])]);
  const owes = (state: ReturnType<typeof at>, now = NOW) =>
    dues(weekly, state, now).filter(({ because }) => because === 'SourceDue');
  const verified = (state: ReturnType<typeof at>, now = NOW) =>
    conditionsOf(weekly, state, now).find(({ type }) => type === 'Verified');
  expect(owes(facts([target([])])), 'there is nothing to compare').toEqual([]);
  expect(owes(at())).toMatchObject([{ what: 'verify', input: { level: 'source' } }]);
  expect(dues(spec(), at(), NOW), 'nobody asked for it').toEqual([]);
  expect(owes(at(looked(NOW - 7 * DAY + 1)))).toEqual([]);
  expect(owes(at(looked(NOW - 7 * DAY)))).toHaveLength(1);
  expect(nextDue(weekly, at(looked(NOW - 7 * DAY + 9_000)), NOW)).toBe(NOW + 9_000);
  expect(verified(at())).toMatchObject({ status: 'True' });
  expect(verified(at(looked(NOW - 8 * DAY)))).toMatchObject({ status: 'False', reason: 'SourceLate' });
  expect(verified(at(), NOW + 8 * DAY)).toMatchObject({ status: 'False', reason: 'SourceLate' });
  expect(verified(at(looked(NOW - DAY, false)))).toMatchObject({
    reason: 'SourceDiffers',
    message: expect.stringContaining('a/b'),
  });
});
