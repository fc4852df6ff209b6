// A target without room: told as that, nothing half is left, what was there stays, and with room again it goes on.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { mustBeWhole } from './fault-rounds.ts';
import { hasRestic } from './restic/program.ts';
import { makeRealm } from './restic/realm.ts';
import { restic } from './restic/repository.ts';
import { START, testJob, testPolicy, testTools } from './rig.ts';
import { realm, tempRealm } from '../../e2e/realm.ts';
import { mustBeAlike, pictureOf, type World, world } from './tree/world.ts';

vi.setConfig({ testTimeout: 120_000 });

/** False, and said, where nothing can be mounted. */
function isMounted(folder: string, options: string): boolean {
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'realm-test', folder], { stdio: 'pipe' });
  } catch (error) {
    console.warn(`NOT TESTED: a target without room, for which a tmpfs has to be mounted: ${(error as Error).message}`);
    return false;
  }
  onTestFinished(() => void execFileSync('umount', [folder]));
  return true;
}

const fill = (w: World, name: string, bytes: number): string => w.file(name, randomBytes(bytes));
const partials = (w: World): readonly string[] =>
  readdirSync(join(w.target, 'daily')).filter((name) => name.startsWith('.'));

test.for([
  ['bytes', 'size=4m', 400, 9_000],
  ['inodes', 'size=64m,nr_inodes=300', 400, 10],
] as const)('a tree without %s left', async ([, options, files, bytes], { skip }) => {
  const w = world();
  onTestFinished(() => w[Symbol.dispose]());
  if (!isMounted(w.target, options)) skip('no tmpfs can be mounted here');
  for (let n = 0; n < 40; n += 1) fill(w, `kept/${n}`, bytes);
  const { snapshot } = await w.write();
  const picture = pictureOf(snapshot.path);
  for (let n = 0; n < files; n += 1) fill(w, `new/${n}`, bytes);
  for (let turn = 0; turn < 2; turn += 1) {
    await expect(w.write()).rejects.toMatchObject({ code: 'BACKUP_TARGET_FULL' });
    expect(partials(w)).toEqual([]);
    expect(pictureOf(snapshot.path)).toBe(picture);
    mustBeWhole(snapshot.path);
  }
  rmSync(join(w.src, 'new'), { recursive: true });
  fill(w, 'new/little', 10);
  const next = await w.write();
  expect(next.snapshot).toMatchObject({ status: 'complete', files: 41 });
  mustBeAlike(w.src, join(next.snapshot.path, 'data/src'));
});

test('a target that somebody else fills while it is written to', async ({ skip }) => {
  const w = world();
  onTestFinished(() => w[Symbol.dispose]());
  if (!isMounted(w.target, 'size=16m')) skip('no tmpfs can be mounted here');
  for (let n = 0; n < 300; n += 1) fill(w, `f${n}`, 9_000);
  let isFull = false;
  const step = (point: string): void => {
    if (point !== 'backup.batch:before' || isFull) return;
    isFull = true;
    try {
      writeFileSync(join(w.target, 'ballast'), randomBytes(16 << 20));
    } catch {
      // as much as there was room for
    }
  };
  await expect(w.write({}, {}, { step })).rejects.toMatchObject({ code: 'BACKUP_TARGET_FULL' });
  expect(partials(w)).toEqual([]);
  rmSync(join(w.target, 'ballast'));
  expect((await w.write()).snapshot).toMatchObject({ status: 'complete', files: 300 });
});

test('a run that needs the room gets that of the trash, the oldest first; by hand all of it is freed at once', async ({
  skip,
}) => {
  const dir = await tempRealm({
    'realm.config.yaml': `realm: { timezone: UTC }
plugins: [backup]
backups:
  daily: { sources: [src], label: second, keep: { last: 1 } }
`,
    'src/large': '',
  });
  if (!isMounted(join(dir, 'backups'), 'size=16m')) skip('no tmpfs can be mounted here');
  const trash = (): readonly string[] =>
    readdirSync(join(dir, 'backups/.realm/trash')).filter((name) => !name.endsWith('.json'));
  const backup = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await realm(dir, ['backup', ...args], { timeoutMs: 60_000 });
    expect(code, stdout + stderr).toBe(0);
    return stdout;
  };
  for (let n = 0; n < 5; n += 1) {
    writeFileSync(join(dir, 'src/large'), randomBytes(5 << 20));
    await backup('run', 'daily');
  }
  expect(trash().length).toBeGreaterThan(0);
  expect(await backup('prune', 'daily', '--now')).toMatch(/\d in the trash are gone for good/);
  expect(trash()).toEqual([]);
  mustBeAlike(join(dir, 'src'), join(dir, 'backups/daily/latest/data/src'));
});

test.skipIf(!hasRestic())('a restic repository without room', async ({ skip }) => {
  const scratch = mkdtempSync(join(tmpdir(), 'realm-restic-full-'));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  const place = makeRealm(scratch);
  if (!isMounted(place.repository, 'size=6m')) skip('no tmpfs can be mounted here');
  const policy = testPolicy('daily', place.root);
  const open = (): ReturnType<typeof place.open> => place.open({ sleep: async () => {} });
  const { snapshot } = await open().write(testJob(policy), testTools(START));
  writeFileSync(join(place.root, 'agents/large'), randomBytes(20 << 20));
  await expect(open().write(testJob(policy), testTools(START + 1000))).rejects.toMatchObject({
    message: expect.stringMatching(/no space left/i) as string,
  });
  expect((await open().list('daily')).snapshots.map(({ uid }) => uid)).toEqual([snapshot.uid]);
  rmSync(join(place.root, 'agents/large'));
  restic(place.repository, ['check', '--read-data']);
});
