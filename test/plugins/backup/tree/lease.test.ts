// One writer at a time: who is alive keeps others out, who is dead keeps nobody, and who wakes late commits nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { takeLease } from '../../../../plugins/backup/tree/lease.ts';
import { isDead, thisProcess } from '../../../../plugins/backup/maker.ts';
import { startChild } from './child.ts';
import { checkSums, mustBeAlike, pictureOf, toolsFor, type World, world } from './world.ts';

const host = hostname();
const leases = (w: World): string => join(w.target, '.realm/leases');
const owner = (w: World): string => join(leases(w), 'write/owner.json');
const take = (w: World, ttlMs?: number): ReturnType<typeof takeLease> =>
  takeLease(w.target, 'write', toolsFor(), host, ttlMs);
const busy = expect.objectContaining({ code: 'BACKUP_BUSY' });

function plant(w: World, holder: object | string): void {
  mkdirSync(join(leases(w), 'write'), { recursive: true });
  writeFileSync(
    owner(w),
    typeof holder === 'string' ? holder : JSON.stringify({ uid: 'x', since: 'then', ...thisProcess(host), ...holder }),
  );
}

/** A pid that nobody has any more. */
const gone = spawnSync('true').pid;

test('a second one is kept out and told by whom, until the first has let go', () => {
  using w = world();
  const one = take(w);
  expect(() => take(w)).toThrow(busy);
  expect(() => take(w)).toThrow(`process ${process.pid} on ${host}`);
  one.check();
  one.release();
  expect(readdirSync(leases(w))).toEqual([]);
  take(w).release();
});

test.each([
  ['a pid that nobody has', { pid: gone }],
  ['a pid that another process has now', { startTime: '1' }],
  ['an earlier life of this machine', { bootId: 'before' }],
])('a holder that is dead is replaced at once: %s', (_what, holder) => {
  using w = world();
  plant(w, holder);
  const lease = take(w);
  lease.check();
  lease.release();
  expect(readdirSync(leases(w))).toEqual([]);
});

test.each([
  ['on another machine', { host: 'elsewhere', pid: gone }],
  ['in another container', { namespace: 'pid:[1]', pid: gone }],
  ['unknown, as nothing can be read', ''],
])('a holder of whom nobody can say is believed for a while: %s', (_what, holder) => {
  using w = world();
  plant(w, holder);
  expect(() => take(w, 60_000)).toThrow(busy);
  const late = new Date(Date.now() - 121_000);
  utimesSync(owner(w), late, late);
  take(w, 60_000).release();
});

test('a holder that shows life is left alone, however long it works', () => {
  using w = world();
  let now = Date.now();
  const one = takeLease(w.target, 'write', toolsFor({ now: () => now }), 'elsewhere', 60_000);
  const late = new Date(Date.now() - 121_000);
  utimesSync(owner(w), late, late);
  one.beat(); // too early to bother
  expect(Math.round(Date.now() - readTime(w))).toBeGreaterThan(120_000);
  now += 10_000;
  one.beat();
  expect(() => take(w, 60_000)).toThrow(busy);
});
const readTime = (w: World): number => Number(execFileSync('stat', ['-c', '%Y', owner(w)])) * 1000;

test('who lost it is told when it asks, and takes nothing from the one who has it', () => {
  using w = world();
  const one = take(w);
  renameSync(join(leases(w), 'write'), join(w.folder, 'taken'));
  const two = take(w);
  expect(() => one.check()).toThrow(busy);
  one.release();
  two.check();
  two.release();
});

test('where nobody can tell whose turn it is, that is said, and nobody is blamed', () => {
  using w = world();
  const one = take(w);
  writeFileSync(owner(w), '');
  expect(() => one.check()).toThrow(expect.objectContaining({ code: 'BACKUP_FAILED' }));
});

test('what is dead is only what is certain', () => {
  const here = thisProcess(host);
  expect(isDead(here, host)).toBe(false);
  expect(isDead({ ...here, pid: gone }, host)).toBe(true);
  expect(isDead({ ...here, pid: gone }, 'elsewhere')).toBe(false);
  expect(isDead({ ...here, bootId: '' }, host)).toBe(false);
});

/** However long it takes: only its end says that it will never be there. */
async function reached(file: string, { child, ended }: ReturnType<typeof startChild>): Promise<void> {
  while (!existsSync(file)) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`it ended before: ${JSON.stringify(await ended)}`);
    await new Promise((resolve) => setTimeout(resolve, 5)); // whoever asks all the time takes it from the one that is asked for
  }
}

test('two processes that race for one target: each answers with a whole snapshot, or that the other is at work', async () => {
  using w = world();
  for (let index = 0; index < 50; index += 1) w.file(`f${index}`);
  const ended = await Promise.all([1, 2, 3].map(() => startChild(w).ended));
  const written = ended.flatMap((one) => (one.written === undefined ? [] : [one.written.snapshot]));
  expect(written.length).toBeGreaterThan(0);
  expect(new Set(written.map(({ label }) => label)).size).toBe(written.length);
  for (const { failed } of ended) if (failed !== undefined) expect(failed.code).toBe('BACKUP_BUSY');
  for (const { path } of written) checkSums(path);
  const visible = readdirSync(join(w.target, 'daily')).filter((name) => name !== 'latest');
  expect(visible.sort()).toEqual(written.map(({ label }) => label).sort());
});

test.each([
  'backup.stage:after',
  'backup.batch:before',
  'backup.batch:after',
  'backup.seal:before',
  'backup.seal:after',
  'backup.barrier:after',
  'backup.commit:before',
])('a holder that is suspended at %s, replaced, and wakes late changes nothing', async (step) => {
  using w = world();
  for (let index = 0; index < 300; index += 1) w.file(`f${index}`);
  const waitAt = { step, reached: join(w.folder, 'reached'), go: join(w.folder, 'go') };
  const options = { leaseMs: 50 };
  const late = startChild(w, { waitAt, options });
  await reached(waitAt.reached, late);
  process.kill(late.child.pid!, 'SIGSTOP');
  const folder = join(w.target, '.realm/leases/write-daily/owner.json');
  const old = new Date(Date.now() - 60_000);
  utimesSync(folder, old, old); // the time that it was silent for
  const next = await w.write({}, options);
  checkSums(next.snapshot.path);
  const picture = pictureOf(next.snapshot.path);
  writeFileSync(waitAt.go, ''); // past its last look at the lease already
  process.kill(late.child.pid!, 'SIGCONT');
  const { failed } = await late.ended;
  expect(failed?.code).toMatch(/^BACKUP_(BUSY|FAILED)$/);
  const visible = readdirSync(join(w.target, 'daily')).filter((name) => name !== 'latest');
  expect(visible).toEqual([next.snapshot.label]);
  checkSums(next.snapshot.path);
  expect(pictureOf(next.snapshot.path)).toBe(picture);
  mustBeAlike(w.src, join(next.snapshot.path, 'data/src'));
  // The next one has no trouble with what the late one left.
  const last = await w.write({}, options);
  expect(last).toMatchObject({ snapshot: { status: 'complete' }, troubles: [] });
  expect(readdirSync(join(w.target, 'daily')).filter((name) => name.startsWith('.'))).toEqual([]);
});
