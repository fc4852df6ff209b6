// One flipped byte, as a person meets it: found by verify, named, healed from the other target, restored around when there is none.
import { chmodSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Ended, realm, tempRealm } from './realm.ts';

vi.setConfig({ testTimeout: 300_000 }); // many commands, each slow on a busy machine

const FILES = {
  'realm.config.yaml': `realm: { timezone: UTC }
plugins: [backup]
backups:
  daily: { schedule: "0 7 * * *", sources: [agents], to: [here, there], keep: { last: 9 } }
`,
  'agents/z/SOUL.md': 'careful\n',
  'agents/z/weights.json': '{"a":1}',
  'agents/jay/notes.md': 'first\n',
};

/** One bit of the byte in the middle, behind everybody's back: size, mode and times stay. */
function flip(path: string): void {
  const { mode, atime, mtime } = statSync(path);
  chmodSync(path, 0o644);
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1]! ^= 4;
  writeFileSync(path, bytes);
  utimesSync(path, atime, mtime);
  chmodSync(path, mode & 0o777);
}

interface Row {
  readonly id: string;
  readonly path: string;
  readonly status: string;
}
const listed = async (dir: string): Promise<readonly Row[]> =>
  (JSON.parse((await realm(dir, ['backup', 'list', 'daily', '--json'])).stdout) as { snapshots: Row[] }).snapshots;
const good = async (dir: string, ...args: readonly string[]): Promise<string> => {
  const ended: Ended = await realm(dir, ['backup', ...args]);
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 0 });
  return ended.stdout + ended.stderr;
};
const bad = async (dir: string, ...args: readonly string[]): Promise<string> => {
  const ended: Ended = await realm(dir, ['backup', ...args]);
  expect(ended.code, ended.stdout + ended.stderr).toBe(1);
  return ended.stdout + ended.stderr;
};

test('with another target: found, named, healed, whichever file of the snapshot it is', async () => {
  const dir = await tempRealm(FILES);
  await good(dir, 'run', 'daily');
  const here = (await listed(dir)).find(({ path }) => path.startsWith(join(dir, 'here')))!;
  const files = ['data/agents/z/SOUL.md', 'manifest-sha256.txt', 'entries.jsonl', 'backup.json', 'bag-info.txt'];
  const before = files.map((file) => readFileSync(join(here.path, file), 'utf8'));
  for (const [index, file] of files.entries()) {
    flip(join(here.path, file));
    const said = await good(dir, 'verify', 'daily');
    expect(said).toContain('healed from other copies');
    expect(said).toContain(file);
    expect(readFileSync(join(here.path, file), 'utf8')).toBe(before[index]);
  }
  expect((await listed(dir)).map(({ status }) => status)).toEqual(['complete', 'complete']);
});

test('without one: named, never healed with a guess, restored around from the snapshot before, and said', async () => {
  const dir = await tempRealm(FILES);
  const config = join(dir, 'realm.config.yaml');
  writeFileSync(config, FILES['realm.config.yaml'].replace('[here, there]', '[here]'));
  await good(dir, 'run', 'daily');
  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'more careful\n');
  writeFileSync(join(dir, 'agents/jay/notes.md'), 'second\n');
  await good(dir, 'run', 'daily');
  const newest = (await listed(dir)).at(-1)!;
  flip(join(newest.path, 'data/agents/z/SOUL.md'));

  // Nobody knows yet: a restore reads what it restores, and takes the file from elsewhere.
  const around = await good(dir, 'restore', 'daily', '--id', newest.id, '--to', 'out');
  expect(around).toContain('agents/z/SOUL.md');
  expect(readFileSync(join(dir, 'out/agents/z/SOUL.md'), 'utf8')).toBe('careful\n');
  expect(readFileSync(join(dir, 'out/agents/jay/notes.md'), 'utf8')).toBe('second\n');

  const said = await bad(dir, 'verify', 'daily', '--id', newest.id);
  expect(said).toContain('agents/z/SOUL.md');
  expect((await listed(dir)).at(-1)).toMatchObject({ id: newest.id, status: 'damaged' });
  rmSync(join(dir, 'out'), { recursive: true });
  const older = await good(dir, 'restore', 'daily', '--to', 'out');
  expect(older).toMatch(/newer but damaged/);
  expect(readFileSync(join(dir, 'out/agents/jay/notes.md'), 'utf8')).toBe('first\n');
  // A new one is whole again, and takes nothing from the damaged one.
  await good(dir, 'run', 'daily');
  expect((await listed(dir)).at(-1)).toMatchObject({ status: 'complete' });
  await good(dir, 'verify', 'daily');
});
