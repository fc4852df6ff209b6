// Which watched files are not as they were saved: with a list that is damaged, one that only a program knows, and little reading.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { changedSince } from '../../../plugins/backup/changed.ts';
import type { Entry } from '../../../plugins/backup/entry.ts';
import { walk } from '../../../plugins/backup/tree/walk.ts';
import { realm, tempRealm } from '../../e2e/realm.ts';
import { hasRestic } from './restic/program.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const config = (to: string): string => `realm: { timezone: UTC }
plugins: [backup]
backups:
  on-change: { watch: [rules], to: [${to}], keep: { last: 10 } }
`;
const answered = async (dir: string, code: number, ...args: readonly string[]): Promise<string> => {
  const ended = await realm(dir, args, { timeoutMs: 90_000 });
  expect(ended.code, ended.stdout + ended.stderr).toBe(code);
  return ended.stdout;
};
const rows = async (dir: string): Promise<readonly { path: string; approval: string | null }[]> =>
  (JSON.parse(await answered(dir, 0, 'backup', 'list', '--json')) as { snapshots: { path: string; approval: null }[] })
    .snapshots;

test('a change that somebody else has saved since it was noticed is not saved twice', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': config('backups'), 'rules/gate.yaml': 'z\n' });
  await answered(dir, 0, 'backup', 'run', 'on-change', '--trigger', 'watch');
  expect(await answered(dir, 0, 'backup', 'run', 'on-change', '--trigger', 'watch')).toContain(
    'nothing has changed since the newest',
  );
  expect(await rows(dir)).toHaveLength(1);
  writeFileSync(join(dir, 'rules/gate.yaml'), 'jay\n');
  await answered(dir, 0, 'backup', 'run', 'on-change', '--trigger', 'watch');
  expect(await rows(dir)).toHaveLength(2);
  await answered(dir, 0, 'backup', 'run', 'on-change');
  expect(await rows(dir), 'by hand it is made in any case').toHaveLength(3);
});

test('the list of the newest is damaged: everything counts as changed, is saved, and then it is as ever', async () => {
  const dir = await tempRealm({
    'realm.config.yaml': config('backups'),
    'rules/gate.yaml': 'z\n',
    'rules/w.json': '1',
  });
  await answered(dir, 0, 'backup', 'run', 'on-change');
  const entries = join((await rows(dir))[0]!.path, 'entries.jsonl');
  writeFileSync(entries, readFileSync(entries, 'utf8').replace('"t":"f"', '"t":"q"'));
  expect(await answered(dir, 3, 'drift')).toContain('rules/gate.yaml, rules/w.json changed');
  await answered(dir, 0, 'apply', '--yes');
  expect(await rows(dir)).toHaveLength(2);
  await answered(dir, 0, 'drift');
});

test.skipIf(!hasRestic())(
  'a repository from nothing: made by the first run, and looked at without starting restic',
  async () => {
    const target = '{ engine: restic, repository: repo, password: p }';
    const dir = await tempRealm({ 'realm.config.yaml': config(target), 'rules/gate.yaml': 'z\n', 'rules/w.json': '1' });
    await answered(dir, 0, 'backup', 'run', 'on-change');
    await answered(dir, 0, 'drift');
    writeFileSync(join(dir, 'rules/gate.yaml'), 'jay\n');
    expect(await answered(dir, 3, 'drift')).toContain('rules/gate.yaml changed since');
    await answered(dir, 0, 'apply', '--yes');
    await answered(dir, 0, 'drift');
    expect(await rows(dir)).toHaveLength(2);
  },
);

const bytesRead = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))![1]);

test('what was only touched is read once, not at each look; and whoever looks lets others have their turn', async () => {
  const dir = await tempRealm({});
  const from = join(dir, 'rules');
  mkdirSync(from);
  const large = Buffer.alloc(8 * 1024 * 1024, 7);
  writeFileSync(join(from, 'large'), large);
  for (let n = 0; n < 3_000; n += 1) writeFileSync(join(from, `f${n}`), '');
  const watched = [{ from, as: 'rules', include: undefined, exclude: [] }];
  const digests = new Map([
    ['rules/large', createHash('sha256').update(large).digest('hex')],
    ['', createHash('sha256').digest('hex')],
  ]);
  const saved: Entry[] = [...walk({ roots: watched, never: [], trouble: () => {} })].map((one) => ({
    ...one,
    sha256: digests.get(one.path) ?? digests.get('')!,
  }));
  for (const name of ['large', 'f7']) utimesSync(join(from, name), 1_000, 1_000); // times of the past: `now` is later
  const look = async (now: number): Promise<{ changes: readonly string[]; bytes: number; turns: number }> => {
    async function* entries(): AsyncGenerator<Entry> {
      yield* saved;
    }
    const before = bytesRead();
    let turns = 0;
    let isOver = false;
    const count = (): void => {
      turns += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const clock = { signal: new AbortController().signal, now: () => now };
    const changes = await changedSince({ watched, never: [] }, entries(), clock);
    isOver = true;
    return { changes, bytes: bytesRead() - before, turns };
  };
  const later = Date.now() + 60_000;
  const first = await look(later);
  expect(first.changes).toEqual([]);
  expect(first.bytes).toBeGreaterThan(large.length);
  expect(first.turns).toBeGreaterThan(5);
  expect((await look(later)).bytes).toBeLessThan(large.length / 2);
  writeFileSync(join(from, 'large'), Buffer.alloc(large.length, 8));
  expect((await look(later)).changes).toEqual(['rules/large']);
  expect((await look(0)).changes, 'so young that its times say little').toEqual(['rules/large']);
});
