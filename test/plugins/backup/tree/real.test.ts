// The reading side against the real writer: what one makes the other finds whole, heals and links from no more.
import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import { treeEngine } from '../../../../plugins/backup/tree/engine.ts';
import { jobFor, toolsFor, world, type World } from './world.ts';

const flip = (path: string): void => {
  chmodSync(path, 0o644);
  const bytes = readFileSync(path);
  bytes[0] = bytes[0]! ^ 1;
  writeFileSync(path, bytes);
  chmodSync(path, 0o444);
};
const engineAt = (made: World, path: string): ReturnType<typeof treeEngine> =>
  treeEngine({ path, root: made.folder, reserveBytes: 0, racyMs: 0 });

function sources(made: World): void {
  made.file('one', 'one');
  made.file('odd\nname \\ x', 'odd');
  made.file('deep/er/two', 'two'.repeat(100_000));
}

test('what was written is whole at each level, to us and to sha256sum, and to us after it was removed and came back', async () => {
  using made = world();
  sources(made);
  await made.write();
  const engine = engineAt(made, made.target);
  const [snapshot] = (await engine.list('daily')).snapshots;
  for (const level of ['presence', 'structure', 'content'] as const) {
    expect(await engine.verify(snapshot!, level, toolsFor())).toMatchObject({ isGood: true, coverage: 1 });
  }
  await engine.remove([snapshot!], () => 'x', toolsFor());
  await engine.undelete(snapshot!, toolsFor());
  const [back] = (await engine.list('daily')).snapshots;
  expect(back).toEqual({ ...snapshot, verifications: expect.anything(), verifiedAt: expect.anything() });
  for (const list of ['manifest-sha256.txt', 'tagmanifest-sha256.txt']) {
    execFileSync('sha256sum', ['--quiet', '--strict', '-c', list], { cwd: back!.path });
  }
});

test('a flip in an inode of two snapshots: both are flagged, nothing is linked from them, and another target heals both', async () => {
  using made = world();
  sources(made);
  const [here, there] = [engineAt(made, made.target), engineAt(made, join(made.folder, 'other'))];
  const job = jobFor(made.policy());
  await there.write(job, toolsFor());
  await here.write(job, toolsFor());
  await here.write(job, toolsFor());
  const list = async (): Promise<readonly Snapshot[]> => (await here.list('daily')).snapshots;
  const at = ({ path }: Snapshot): string => `${path}/data/src/one`;
  const [first, second] = await list();
  expect(lstatSync(at(first!)).ino).toBe(lstatSync(at(second!)).ino);
  flip(at(second!));

  expect(await here.verify(second!, 'content', toolsFor())).toMatchObject({ damaged: ['data/src/one'] });
  expect(await here.heal!((await list())[1]!, [], toolsFor())).toMatchObject({ healed: [], alsoIn: [first!.id] });
  expect((await list()).map(({ damaged }) => damaged)).toEqual([['data/src/one'], ['data/src/one']]);
  await here.write(job, toolsFor());
  const [, , third] = await list();
  expect(readFileSync(at(third!), 'utf8')).toBe('one');
  expect(lstatSync(at(third!)).ino).not.toBe(lstatSync(at(second!)).ino);

  await here.remove([third!], () => 'so that only the other target has it', toolsFor());
  await here.tidy('daily', toolsFor({ now: () => Date.now() + 4 * 86_400_000 }));
  expect(await here.heal!((await list())[1]!, [there], toolsFor())).toMatchObject({
    healed: [{ path: 'data/src/one', from: expect.stringContaining('other') }],
    left: [],
  });
  for (const one of await list()) {
    expect([one.damaged, (await here.verify(one, 'content', toolsFor())).isGood]).toEqual([[], true]);
  }
});

test('the list of entries is healed from another target that has the same state, and the manifest with it', async () => {
  using made = world();
  sources(made);
  const [here, there] = [engineAt(made, made.target), engineAt(made, join(made.folder, 'other'))];
  const job = jobFor(made.policy());
  await there.write(job, toolsFor());
  const { snapshot } = await here.write(job, toolsFor());
  for (const name of ['entries.jsonl', 'manifest-sha256.txt']) flip(join(snapshot.path, name));
  expect(await here.verify(snapshot, 'content', toolsFor())).toMatchObject({
    damaged: ['entries.jsonl', 'manifest-sha256.txt'],
  });
  const [damaged] = (await here.list('daily')).snapshots;
  expect(await here.heal!(damaged!, [there], toolsFor())).toMatchObject({
    healed: [{ path: 'entries.jsonl', from: expect.stringContaining('other') }, { path: 'manifest-sha256.txt' }],
    left: [],
  });
  expect(await here.verify(snapshot, 'content', toolsFor())).toMatchObject({ isGood: true, coverage: 1 });
});
