// One of two targets is away: what the other can do is done, and of the one that is away it is told.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test, vi } from 'vitest';
import { type Ended, realm, tempRealm, until, watch } from '../../e2e/realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const staged = (more = ''): Promise<string> =>
  tempRealm({
    'realm.config.yaml': `realm: { timezone: UTC }
plugins: [backup]
backups:
  daily: { schedule: "0 7 * * *", sources: [agents], to: [one, two], keep: { last: 3 }${more} }
`,
    'agents/z/notes.md': 'a\n',
  });
const backup = (dir: string, ...args: readonly string[]): Promise<Ended> =>
  realm(dir, ['backup', ...args], { timeoutMs: 60_000 });
const done = async (dir: string, ...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await backup(dir, ...args);
  expect(code, stdout + stderr).toBe(0);
  return stdout;
};
const away = (dir: string, name: string): void => renameSync(join(dir, name), join(dir, `${name}-unmounted`));
const notes = (dir: string): string => readFileSync(join(dir, 'agents/z/notes.md'), 'utf8');

test('the first target is away: a restore in place and a recovery save what is there in the second', async () => {
  const dir = await staged();
  await done(dir, 'run', 'daily');
  writeFileSync(join(dir, 'agents/z/notes.md'), 'b\n');
  away(dir, 'one');
  await done(dir, 'restore', 'daily', '--in-place');
  expect(notes(dir)).toBe('a\n');
  const { snapshots } = JSON.parse(await done(dir, 'list', '--json')) as {
    snapshots: { path: string; trigger: string }[];
  };
  const safety = snapshots.find(({ trigger }) => trigger === 'safety');
  expect(safety?.path.startsWith(join(dir, 'two'))).toBe(true);
  expect(readFileSync(join(safety!.path, 'data/agents/z/notes.md'), 'utf8')).toBe('b\n');
  writeFileSync(join(dir, 'agents/z/notes.md'), 'c\n');
  await done(dir, 'recover', 'agents/z');
  expect(notes(dir)).toBe('a\n');
});

interface Run {
  readonly state: string;
  readonly output: { readonly snapshots: readonly { readonly target: string; readonly status: string }[] } | null;
}
const lastRun = (dir: string): Run => {
  using db = new DatabaseSync(join(dir, '.realm/realm.db'), { readOnly: true, timeout: 5_000 });
  const row = db.prepare('SELECT state, output FROM runs ORDER BY rowid DESC').get() as Record<string, string>;
  return { state: row['state']!, output: JSON.parse(row['output'] ?? 'null') as Run['output'] };
};

test('what succeeded in one target is kept and told although the other failed; nothing of a dump is left', async () => {
  const dump = '{ command: [sh, -c, "echo secret > $REALM_DUMPS/db.sql"] }';
  const dir = await staged(`, commands: { before: [${dump}], after: [{ command: [test, -e, go] }] }`);
  writeFileSync(join(dir, 'go'), '');
  await done(dir, 'run', 'daily');
  const watching = watch(dir);
  await watching.prints('keeps 1 resource true', 60_000);
  away(dir, 'one');
  const told = async (): Promise<number> =>
    (await realm(dir, ['events', '--type', 'backup.completed', '--json'])).stdout.split(join(dir, 'two')).length;
  const before = await told();
  expect((await backup(dir, 'run', 'daily')).code).toBe(1);
  await until(async () => (await told()) > before, 60_000, 'the complete one to be told', watching.output);
  await watching.stop();
  const left = lastRun(dir);
  expect(left.state).toBe('failed');
  expect(left.output!.snapshots.map(({ status }) => status)).toEqual(['failed', 'complete']);

  renameSync(join(dir, 'one-unmounted'), join(dir, 'one'));
  rmSync(join(dir, 'go'));
  const { code, stdout, stderr } = await backup(dir, 'run', 'daily');
  expect([code, stdout + stderr]).toEqual([1, expect.stringContaining('the after command test ended with 1')]);
  expect(lastRun(dir).output!.snapshots.map(({ status }) => status)).toEqual(['complete', 'complete']);
  expect(existsSync(join(dir, '.realm/data/backup/dumps/daily'))).toBe(false);
});

test('stale, and its target is away: that is drift, and apply says what it is blocked by', async () => {
  const dir = await staged();
  await done(dir, 'run', 'daily');
  expect((await realm(dir, ['drift'])).code).toBe(0);
  away(dir, 'one');
  away(dir, 'two');
  const drift = await realm(dir, ['drift']);
  expect([drift.code, drift.stdout]).toEqual([3, expect.stringMatching(/last good: none yet, policy 24 h; \S+one: /)]);
  const apply = await realm(dir, ['apply', '--yes'], { timeoutMs: 60_000 });
  expect([apply.code, apply.stdout + apply.stderr]).toEqual([1, expect.stringMatching(/blocked[^]*one: /)]);
});

test('one target is away: the other is pruned, has its trash, and is drilled', async () => {
  const dir = await staged(', label: second');
  for (let n = 0; n < 4; n += 1) await done(dir, 'run', 'daily');
  const listed = async (): Promise<readonly { readonly id: string; readonly path: string }[]> =>
    (JSON.parse(await done(dir, 'list', '--json')) as { snapshots: { id: string; path: string }[] }).snapshots;
  const before = await listed();
  expect(before).toHaveLength(6);
  const config = join(dir, 'realm.config.yaml');
  writeFileSync(config, readFileSync(config, 'utf8').replace('last: 3', 'last: 2'));
  away(dir, 'one');
  const pruned = await backup(dir, 'prune', 'daily');
  expect([pruned.code, pruned.stdout + pruned.stderr]).toEqual([1, expect.stringContaining(join(dir, 'one'))]);
  expect(await listed()).toHaveLength(2);
  const oldest = before.find(({ path }) => path.startsWith(join(dir, 'two')))!;
  const back = await backup(dir, 'undelete', 'daily', oldest.id);
  expect([back.code, back.stdout + back.stderr]).toEqual([1, expect.stringContaining(join(dir, 'one'))]);
  expect(await listed()).toHaveLength(3);
  expect(await done(dir, 'drill', 'daily')).toContain('restores: 1 files');
  await done(dir, 'verify', 'daily');
});
