// A restore that was killed in the middle of its swap: settled when Realm starts and before anything is saved, and told.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Ended, realm, tempRealm, until, watch } from '../../e2e/realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const CHILD = join(import.meta.dirname, 'killed-in-place.ts');
const backup = (dir: string, ...args: readonly string[]): Promise<Ended> =>
  realm(dir, ['backup', ...args], { timeoutMs: 60_000 });
const notes = (dir: string): string => readFileSync(join(dir, 'agents/z/notes.md'), 'utf8');

/** Its sources are moved aside, and what is to come in their place still lies beside them. */
async function torn(): Promise<string> {
  const dir = await tempRealm({
    'realm.config.yaml': `realm: { timezone: UTC }
plugins: [backup]
backups:
  daily: { sources: [agents], keep: { last: 3 } }
`,
    'agents/z/notes.md': 'saved\n',
  });
  expect(await backup(dir, 'run', 'daily')).toMatchObject({ code: 0 });
  writeFileSync(join(dir, 'agents/z/notes.md'), 'since\n');
  const { signal, stderr } = spawnSync(process.execPath, [CHILD, dir, 'daily', 'backup.restore.aside:after'], {
    encoding: 'utf8',
  });
  expect(signal, stderr).toBe('SIGKILL');
  expect(existsSync(join(dir, 'agents/z/notes.md'))).toBe(false);
  return dir;
}

test('a daemon that starts puts in place what was staged', async () => {
  const dir = await torn();
  const watching = watch(dir);
  await until(() => existsSync(join(dir, 'agents/z/notes.md')), 60_000, 'the swap to be finished', watching.output);
  expect(notes(dir)).toBe('saved\n');
  const isDone = async (): Promise<boolean> =>
    /"key": "backup-settle[^}]*"state": "succeeded"/s.test((await realm(dir, ['runs', '--json'])).stdout);
  await until(isDone, 60_000, 'the run that settled it', watching.output);
  await watching.stop();
  expect((await backup(dir, 'undo')).code).toBe(0);
  expect(notes(dir)).toBe('since\n');
});

test('a backup saves no torn state, and it is told what was interrupted', async () => {
  const dir = await torn();
  const { code, stdout } = await backup(dir, 'run', 'daily');
  expect(code, stdout).toBe(0);
  expect(stdout).toMatch(
    /the restore of daily\/\S+ in \S+ was interrupted: all of it was staged, so it was put in place/,
  );
  for (const label of readdirSync(join(dir, 'backups/daily')).filter((name) => /^\d/.test(name)))
    expect(readFileSync(join(dir, 'backups/daily', label, 'data/agents/z/notes.md'), 'utf8')).toBe('saved\n');
  const again = await torn();
  const settled = await backup(again, 'settle');
  expect(settled.stdout).toContain('was interrupted: all of it was staged');
  expect((await backup(again, 'settle')).stdout).toContain('nothing was left to settle');
});
