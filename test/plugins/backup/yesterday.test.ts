// What the systems before this one got wrong, line by line of the requirements (1.2 and 1.3): none of it can happen here.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Resource, RunView } from 'realm-runner/plugin';
import { type TestRealm, testRealm } from 'realm-runner/testing';
import backup from '../../../plugins/backup/index.ts';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { pass } from './pass.ts';

vi.setConfig({ testTimeout: 60_000 });
const DAY = 86_400_000;
/** Agents as they were: each names its weights in its own way. */
const AGENTS = {
  'z/workspace/SOUL.md': 'careful',
  'z/workspace/priority_weights.json': '{"z":1}',
  'z/workspace/memory/lessons.md': 'one',
  'jay/workspace/confidence_weights.json': '{"jay":1}',
  'rick/workspace/weights/match_weights.json': '{"rick":1}',
  'leroy/workspace/health_weights.json': '{"leroy":1}',
  'leroy/workspace/priority_weights.json': '{"leroy":2}',
  'em/workspace/memory/agent-registry.md': 'who is who',
  'em/workspace/memory/kaizen-journal.md': 'better',
  'em/workspace/rules/routing.json': '{"gate":"z"}',
  'em/workspace/quota.json': '{"jay":5}',
};

async function labOf(start = '2027-02-10T06:00:00Z'): Promise<TestRealm> {
  const realm = await testRealm({ plugins: backup, start });
  onTestFinished(() => realm.dispose());
  for (const [path, text] of Object.entries(AGENTS)) {
    mkdirSync(dirname(join(realm.root, 'agents', path)), { recursive: true });
    writeFileSync(join(realm.root, 'agents', path), text);
  }
  return realm;
}
const wanted = (realm: TestRealm, spec: object, name = 'daily'): Resource =>
  realm.want('backup', { schedule: '0 7 * * *', sources: ['agents'], keep: { last: 3 }, ...spec }, name);

async function days(realm: TestRealm, want: Resource, count: number): Promise<void> {
  for (let day = 0; day < count; day += 1) {
    await realm.advance(DAY);
    await pass(realm, want);
  }
}
const labels = (realm: TestRealm, name = 'daily'): readonly string[] =>
  readdirSync(join(realm.root, 'backups', name))
    .filter((label) => /^\d/.test(label))
    .sort();
const engineOf = (realm: TestRealm): ReturnType<typeof treeEngine> =>
  treeEngine({ path: join(realm.root, 'backups'), root: realm.root, reserveBytes: 0 });
const runs = (realm: TestRealm, name = 'daily'): readonly RunView[] =>
  realm.contextFor('backup').runs(`backup/${name} `, 100);
const saved = (realm: TestRealm, label: string): readonly string[] =>
  readdirSync(join(realm.root, 'backups/daily', label, 'data/agents'), { recursive: true, encoding: 'utf8' })
    .filter((path) => Object.keys(AGENTS).includes(path))
    .sort();

test('W: retention counts good snapshots, not days: after two months off nothing of the history is gone', async () => {
  const realm = await labOf();
  const want = wanted(realm, {});
  await days(realm, want, 3);
  const before = labels(realm);
  expect(before).toHaveLength(3);
  await realm.advance(60 * DAY);
  await pass(realm, want);
  expect(labels(realm)).toEqual([...before.slice(1), '2027-04-13']);
});

test('W: what the YAML says of retention, time and place is what happens, and a key that nobody reads is an error', async () => {
  const realm = await labOf();
  for (const wrong of [
    { keep: { retention_days: 3 } },
    { keep: { days: 3 } },
    { keep: { last: '3 days' } },
    { time: '07:00' },
    { backup_location: '/backups' },
    { naming_scheme: 'YYYY' },
  ])
    expect(() => wanted(realm, wrong), JSON.stringify(wrong)).toThrow(TypeError);
  const want = wanted(realm, { schedule: '15 17 * * *', timezone: 'US/Eastern', to: ['elsewhere'], keep: { last: 2 } });
  await days(realm, want, 4);
  const kept = readdirSync(join(realm.root, 'elsewhere/daily')).filter((label) => /^\d/.test(label));
  expect(kept.sort()).toEqual(['2027-02-12', '2027-02-13']);
  const record = JSON.parse(readFileSync(join(realm.root, 'elsewhere/daily/2027-02-13/backup.json'), 'utf8')) as object;
  expect(record).toMatchObject({ slot: '2027-02-13T22:15:00.000Z' }); // 17:15 in New York
});

test('W: weekly snapshots go when their time has come, whatever their folders are called', async () => {
  const realm = await labOf('2026-12-14T12:00:00Z');
  const want = wanted(realm, { schedule: '0 23 * * 0', keep: { last: 2 } }, 'weekly');
  await days(realm, want, 36);
  expect(labels(realm, 'weekly')).toEqual(['2027-W01', '2027-W02']);
});

test('W: each run reads back what it wrote, and what rots later is found and named', async () => {
  const realm = await labOf();
  await pass(realm, wanted(realm, {}));
  const [snapshot] = (await engineOf(realm).list('daily')).snapshots;
  expect(snapshot!.verifications).toMatchObject([{ level: 'content', isGood: true, coverage: 1 }]);
  const soul = join(snapshot!.path, 'data/agents/z/workspace/SOUL.md');
  chmodSync(soul, 0o644);
  writeFileSync(soul, 'Careful');
  chmodSync(soul, 0o444);
  const look = {
    now: () => realm.clock.now(),
    random: () => 0.5,
    signal: new AbortController().signal,
    progress: () => {},
    say: () => {},
    step: () => {},
  };
  expect(await engineOf(realm).verify(snapshot!, 'content', look)).toMatchObject({
    isGood: false,
    damaged: ['data/agents/z/workspace/SOUL.md'],
  });
});

test('W: agents called Z and folders called z: what is not there is said, and is never an empty good backup', async () => {
  const realm = await labOf();
  const want = wanted(realm, { sources: ['agents/Z', 'agents/jay'] });
  await pass(realm, want);
  expect(runs(realm)[0]).toMatchObject({ state: 'failed', reason: expect.stringContaining('agents/Z') as string });
  const [snapshot] = (await engineOf(realm).list('daily')).snapshots;
  expect(snapshot).toMatchObject({ status: 'partial', files: 1 });
});

test('W: files of one name in many folders are all saved, each where it lay', async () => {
  const realm = await labOf();
  await pass(realm, wanted(realm, {}));
  const data = join(realm.root, 'backups/daily/2027-02-09/data/agents');
  for (const [path, text] of Object.entries(AGENTS)) expect(readFileSync(join(data, path), 'utf8')).toBe(text);
});

test('W: weights are found whatever each agent calls them', async () => {
  const realm = await labOf();
  const sources = [{ from: 'agents', include: ['*/workspace/**/*weights*.json', '*/workspace/memory/**'] }];
  await pass(realm, wanted(realm, { sources }));
  const expected = Object.keys(AGENTS).filter((path) => /weights|memory/.test(path));
  expect(saved(realm, '2027-02-09')).toEqual(expected.sort());
});

test('W: files are counted as files, and what failed is on record as what it was', async () => {
  const realm = await labOf();
  await pass(realm, wanted(realm, {}));
  const [snapshot] = (await engineOf(realm).list('daily')).snapshots;
  const bytes = Object.values(AGENTS).reduce((sum, text) => sum + text.length, 0);
  expect(snapshot).toMatchObject({ files: Object.keys(AGENTS).length, bytes, status: 'complete' });
  const context = realm.contextFor('backup');
  const input = { name: 'daily', id: '1999-01-01', to: 'out' };
  await context.start({ action: 'backup.restore', key: 'by hand', input });
  await realm.advance(1000);
  expect(context.runs('by hand')[0]).toMatchObject({ action: 'backup.restore', state: 'failed' });
  expect(runs(realm).map(({ action, state }) => [action, state])).toEqual([['backup.run', 'succeeded']]);
});

test('W: a second run on the same day stands beside the first, which nobody touches', async () => {
  const realm = await labOf();
  realm.want('backup', { schedule: '0 7 * * *', sources: ['agents'], keep: { last: 3 } }, 'daily');
  const context = realm.contextFor('backup');
  const run = async (key: string): Promise<void> => {
    await context.start({ action: 'backup.run', key, input: { name: 'daily' } });
    while (typeof context.runs(key)[0]?.endedAt !== 'number') await new Promise((resolve) => setImmediate(resolve));
    expect(context.runs(key)[0]).toMatchObject({ state: 'succeeded' });
    await realm.advance(1000);
  };
  await run('one');
  const first = join(realm.root, 'backups/daily/2027-02-10');
  const soul = join(first, 'data/agents/z/workspace/SOUL.md');
  const sealed = (): unknown => [
    createHash('sha256')
      .update(readFileSync(join(first, 'tagmanifest-sha256.txt')))
      .digest('hex'),
    [first, soul].map((path) => statSync(path).ino),
    readFileSync(soul, 'utf8'),
  ];
  const before = sealed();
  writeFileSync(join(realm.root, 'agents/z/workspace/SOUL.md'), 'changed');
  await run('two');
  expect(labels(realm)).toEqual(['2027-02-10', '2027-02-10.2']);
  expect(sealed()).toEqual(before);
});

test('W: the manager is saved like everybody: its rules, quotas, registry and journals', async () => {
  const realm = await labOf();
  await pass(realm, wanted(realm, { schedule: '0 23 * * 0' }));
  const em = saved(realm, labels(realm)[0]!).filter((path) => path.startsWith('em/'));
  expect(em).toEqual(
    Object.keys(AGENTS)
      .filter((path) => path.startsWith('em/'))
      .sort(),
  );
});

test('W: when it runs is said in one place, and every snapshot carries the instant it was due for', async () => {
  const realm = await labOf('2027-02-10T06:59:00Z');
  const want = wanted(realm, {});
  await pass(realm, want);
  expect((await realm.look(want)).is).toBe('seen');
  await realm.advance(60_000);
  await pass(realm, want);
  const slots = (await engineOf(realm).list('daily')).snapshots.map(({ slot }) => new Date(slot!).toISOString());
  expect(slots).toEqual(['2027-02-09T07:00:00.000Z', '2027-02-10T07:00:00.000Z']);
});
