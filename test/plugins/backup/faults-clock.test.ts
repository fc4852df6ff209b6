// Clocks that jump, and nights of which an hour is missing or comes twice: each slot once, nothing lost, and it goes on.
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Resource } from 'realm-runner/plugin';
import { type TestRealm, testRealm } from 'realm-runner/testing';
import type { VirtualClock } from '../../../core/simulate/clock.ts';
import backup from '../../../plugins/backup/index.ts';
import { choose } from '../../../plugins/backup/restore/choose.ts';
import { thisProcess } from '../../../plugins/backup/maker.ts';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { takeLease } from '../../../plugins/backup/tree/lease.ts';
import { toolsFor, world } from './tree/world.ts';
import { pass } from './pass.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

async function realmAt(start: string, spec: object): Promise<{ realm: TestRealm; want: Resource }> {
  const realm = await testRealm({ plugins: backup, start });
  mkdirSync(join(realm.root, 'agents'));
  writeFileSync(join(realm.root, 'agents/soul'), 'careful');
  return { realm, want: realm.want('backup', { sources: ['agents'], keep: { last: 5 }, ...spec }, 'daily') };
}
const labels = ({ root }: TestRealm): readonly string[] =>
  readdirSync(join(root, 'backups/daily'))
    .filter((name) => /^\d/.test(name))
    .sort();
const jump = ({ clock }: TestRealm, ms: number): void => (clock as VirtualClock).jump(ms);

/** Looks each hour, as the kernel would; gives the labels as they appear, with the hour (UTC) in which they did. */
async function hours(realm: TestRealm, want: Resource, count: number): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let hour = 0; hour < count; hour += 1) {
    const before = new Set(labels(realm));
    await realm.advance(HOUR);
    await pass(realm, want);
    const now = new Date(realm.clock.now()).toISOString().slice(0, 13);
    for (const label of labels(realm)) if (!before.has(label)) seen.push(`${label} at ${now}`);
  }
  return seen;
}

test('in spring the slot that does not exist comes once, in autumn the one that comes twice does too', async () => {
  const spec = { schedule: '30 2 * * *', timezone: 'Europe/Berlin' };
  const spring = await realmAt('2027-03-27T12:00:00Z', spec);
  await pass(spring.realm, spring.want);
  expect(labels(spring.realm)).toEqual(['2027-03-27']);
  expect(await hours(spring.realm, spring.want, 48)).toEqual([
    '2027-03-28 at 2027-03-28T01',
    '2027-03-29 at 2027-03-29T01',
  ]);
  const autumn = await realmAt('2027-10-30T12:00:00Z', spec);
  await pass(autumn.realm, autumn.want);
  expect(await hours(autumn.realm, autumn.want, 48)).toEqual([
    '2027-10-31 at 2027-10-31T01',
    '2027-11-01 at 2027-11-01T02',
  ]);
  await Promise.all([spring, autumn].map(({ realm }) => realm.dispose()));
});

test('hourly through both nights: each hour that passes has its own, and no label is taken twice in vain', async () => {
  const spec = { schedule: '0 * * * *', timezone: 'Europe/Berlin', keep: { last: 20 } };
  for (const [start, expected] of [
    ['2027-03-27T23:30:00Z', ['01', '03', '04', '05']],
    ['2027-10-30T22:30:00Z', ['01', '02', '02', '03']],
  ] as const) {
    const { realm, want } = await realmAt(start, spec);
    await pass(realm, want);
    const seen = await hours(realm, want, 4);
    expect(seen.map((one) => one.slice(11, 13))).toEqual(expected);
    expect(labels(realm)).toHaveLength(5);
    await realm.dispose();
  }
});

test('an hour back: the slot that was kept is not kept again', async () => {
  const { realm, want } = await realmAt('2027-05-05T06:30:00Z', { schedule: '0 7 * * *' });
  await pass(realm, want);
  await hours(realm, want, 1);
  expect(labels(realm)).toEqual(['2027-05-04', '2027-05-05']); // that of yesterday was caught up
  jump(realm, -HOUR);
  await pass(realm, want);
  expect(await hours(realm, want, 25)).toEqual(['2027-05-06 at 2027-05-06T07']);
  await realm.dispose();
});

test('a year ahead and back again: nothing goes but what the rules let go, and the promise is kept from then on as before', async () => {
  const { realm, want } = await realmAt('2027-05-05T12:00:00Z', { schedule: '0 7 * * *', keep: { last: 3 } });
  await pass(realm, want);
  await hours(realm, want, 48);
  const before = labels(realm);
  expect(before).toHaveLength(3);
  jump(realm, 365 * DAY);
  for (let look = 0; look < 4; look += 1) await pass(realm, want);
  expect(labels(realm).filter((label) => label.startsWith('2028'))).toHaveLength(1);
  const kept = labels(realm).filter((label) => label.startsWith('2027'));
  expect(kept).toEqual(before.slice(-2));
  jump(realm, -365 * DAY);
  expect(await hours(realm, want, 48)).toEqual(['2027-05-08 at 2027-05-08T07', '2027-05-09 at 2027-05-09T07']);
  expect(labels(realm)).toContain('2027-05-09');
  const engine = treeEngine({ path: join(realm.root, 'backups'), root: realm.root, reserveBytes: 0 });
  const wish = { policy: 'daily', engines: [engine] };
  const { snapshot, remarks } = await choose({ ...wish, now: realm.clock.now() });
  expect(snapshot.label).toBe('2027-05-09');
  expect(remarks.join()).toContain('is dated in the future');
  await realm.dispose();
});

test('what is dated in the future is restored when there is nothing else, or when it is named', async () => {
  using w = world();
  w.file('a');
  const { snapshot } = await w.write({}, {}, { now: () => Date.now() + 365 * DAY });
  const engine = treeEngine({ path: w.target, root: w.folder, reserveBytes: 0 });
  const wish = { policy: 'daily', engines: [engine], now: Date.now() };
  expect((await choose(wish)).snapshot.uid).toBe(snapshot.uid);
  const { snapshot: now } = await w.write();
  expect((await choose(wish)).snapshot.uid).toBe(now.uid);
  expect((await choose({ ...wish, id: snapshot.label })).snapshot.uid).toBe(snapshot.uid);
});

test('a sign of life from the future keeps nobody out for longer than one of now', () => {
  using w = world();
  const folder = join(w.target, '.realm/leases/write');
  mkdirSync(folder, { recursive: true });
  const owner = join(folder, 'owner.json');
  writeFileSync(owner, JSON.stringify({ uid: 'x', since: 'then', ...thisProcess('elsewhere') }));
  const ahead = new Date(Date.now() + 365 * DAY);
  utimesSync(owner, ahead, ahead);
  const take = (): ReturnType<typeof takeLease> => takeLease(w.target, 'write', toolsFor(), hostname(), 60_000);
  expect(take).toThrow(expect.objectContaining({ code: 'BACKUP_BUSY' })); // it may live: from now on it is waited for
  expect(statSync(owner).mtimeMs).toBeLessThanOrEqual(Date.now());
  const silent = new Date(Date.now() - 121_000);
  expect(take).toThrow(expect.objectContaining({ code: 'BACKUP_BUSY' }));
  utimesSync(owner, silent, silent);
  take().release();
});
