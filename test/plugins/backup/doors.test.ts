// What goes wrong with backups as their users meet it: a sentence, its code, and nothing lost.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type Ended, realm, tempRealm } from '../../e2e/realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const config = (backups: string): string => `realm: { timezone: UTC }\nplugins: [backup]\nbackups:\n${backups}`;
const DAILY = '  daily: { schedule: "0 7 * * *", sources: [agents], to: [backups], keep: { last: 3 } }\n';
const staged = (backups = DAILY): Promise<string> =>
  tempRealm({ 'realm.config.yaml': config(backups), 'agents/z/SOUL.md': 'careful\n', 'agents/z/notes.md': 'a\n' });
const failing = async (dir: string, ...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr }: Ended = await realm(dir, ['backup', ...args]);
  expect(code, stdout + stderr).toBe(1);
  return stdout + stderr;
};

test('names, ids and instants that nothing has', async () => {
  const dir = await staged();
  expect(await failing(dir, 'list', 'dayly')).toMatch(/BACKUP_POLICY_UNKNOWN.*no backup called dayly/s);
  expect(await failing(dir, 'show', 'daily')).toMatch(/BACKUP_UNKNOWN.*realm backup run daily/s);
  expect(await realm(dir, ['backup', 'run', 'daily'])).toMatchObject({ code: 0 });
  expect(await failing(dir, 'show', 'daily', '--id', '1999-01-01')).toContain(
    'here is no snapshot 1999-01-01 of daily',
  );
  expect(await failing(dir, 'restore', 'daily')).toMatch(/not said where to.*BACKUP_RESTORE_REFUSED/s);
  expect(await failing(dir, 'restore', 'daily', '--to', 'out', '--at', 'noon')).toContain('"noon" is no instant');
  expect(await failing(dir, 'undelete', 'daily', 'x')).toContain('no snapshot x of daily in the trash');
});

test('places that need somebody else: a zone, an alias of no host', async () => {
  const dir = await staged(DAILY.replace('[backups]', '["zone/nas:backups"]'));
  const { code, stdout, stderr } = await realm(dir, ['validate']);
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/zone\/nas:backups needs plugin vault/);
  const alias = await staged(DAILY.replace('[backups]', '["@store/backups"]'));
  expect(await failing(alias, 'run', 'daily')).toMatch(/which host this is.*BACKUP_TARGET_UNKNOWN/s);
});

test('a command before it that fails: no snapshot, and its last words; one that is not essential is passed over', async () => {
  const steps = (essential: boolean): string =>
    `  daily:\n    sources: [agents]\n    keep: { last: 3 }\n    commands: { before: [{ command: [sh, -c, "echo dump broke; exit 3"], essential: ${essential} }] }\n`;
  const dir = await staged(steps(true));
  expect(await failing(dir, 'run', 'daily')).toMatch(/before command sh ended with 3: dump broke.*BACKUP_FAILED/s);
  writeFileSync(join(dir, 'realm.config.yaml'), config(steps(false)));
  expect(await realm(dir, ['backup', 'run', 'daily'])).toMatchObject({ code: 0 });
});

test('a dump is saved, and is not left lying about', async () => {
  const dir = await staged(
    '  daily:\n    sources: [agents]\n    keep: { last: 3 }\n    commands: { before: [{ command: [sh, -c, "echo rows > $REALM_DUMPS/db.sql"] }] }\n',
  );
  const ran = await realm(dir, ['backup', 'run', 'daily']);
  expect(ran, ran.stdout).toMatchObject({ code: 0 });
  const { stdout } = await realm(dir, ['backup', 'list', '--json']);
  const [{ path }] = (JSON.parse(stdout) as { snapshots: { path: string }[] }).snapshots as [{ path: string }];
  expect(readFileSync(join(path, 'data/@dumps/db.sql'), 'utf8')).toBe('rows\n');
});

test('a source that is gone: partial, kept, told, and it does not count as good', async () => {
  const dir = await staged(DAILY.replace('[agents]', '[agents, rules]'));
  expect(await failing(dir, 'run', 'daily')).toMatch(/rules.*BACKUP_PARTIAL/s);
  const { stdout } = await realm(dir, ['backup', 'list', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ snapshots: [{ status: 'partial', files: 2 }] });
  expect((await realm(dir, ['drift'])).code).toBe(3);
});

test('damage that nothing heals: named, restored around, and every other file comes back', async () => {
  const dir = await staged();
  expect(await realm(dir, ['backup', 'run', 'daily'])).toMatchObject({ code: 0 });
  const { stdout } = await realm(dir, ['backup', 'list', '--json']);
  const [{ path }] = (JSON.parse(stdout) as { snapshots: { path: string }[] }).snapshots as [{ path: string }];
  const notes = join(path, 'data/agents/z/notes.md');
  chmodSync(notes, 0o644);
  writeFileSync(notes, 'b\n');
  expect(await failing(dir, 'verify', 'daily')).toMatch(/agents\/z\/notes\.md.*BACKUP_UNPROVEN/s);
});

test('damage in the newest is not passed over once it is known, although an older one is good', async () => {
  const dir = await staged();
  for (const turn of ['first', 'second']) {
    writeFileSync(join(dir, 'agents/z/notes.md'), `${turn}\n`);
    expect(await realm(dir, ['backup', 'run', 'daily'])).toMatchObject({ code: 0 });
  }
  const { stdout } = await realm(dir, ['backup', 'list', '--json']);
  const newest = (JSON.parse(stdout) as { snapshots: { path: string }[] }).snapshots.at(-1)!;
  const notes = join(newest.path, 'data/agents/z/notes.md');
  chmodSync(notes, 0o644);
  writeFileSync(notes, 'Second\n');
  expect(await failing(dir, 'verify', 'daily')).toMatch(/notes\.md.*BACKUP_UNPROVEN/s);
  expect(await failing(dir, 'verify', 'daily'), 'asked again').toMatch(/notes\.md.*BACKUP_UNPROVEN/s);
});

test('a target that was used before and is empty now is not filled: the disk is not mounted', async () => {
  const dir = await staged();
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  rmSync(join(dir, 'backups'), { recursive: true });
  mkdirSync(join(dir, 'backups'));
  expect(await failing(dir, 'run', 'daily')).toMatch(/BACKUP_FAILED/);
  const why = await realm(dir, ['why', 'backup/daily']);
  expect(why.stdout).toContain('TargetReady');
});

test.each([
  ['its list of files', 'entries.jsonl', (text: string) => text.replace('notes.md', 'motes.md')],
  ['a file that no other state holds', 'data/agents/z/only.md', (text: string) => text.replace('new', 'nix')],
])(
  'a folder is brought back from the newest state that is whole, when nobody knew of the damage of %s',
  async (_, path, hurt) => {
    const dir = await staged();
    const done = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await realm(dir, ['backup', ...args]);
      expect(code, stdout + stderr).toBe(0);
      return stdout;
    };
    await done('run', 'daily');
    writeFileSync(join(dir, 'agents/z/notes.md'), 'b\n');
    writeFileSync(join(dir, 'agents/z/only.md'), 'new\n');
    await done('run', 'daily');
    const { snapshots } = JSON.parse(await done('list', '--json')) as { snapshots: { id: string; path: string }[] };
    const newest = snapshots.toSorted((one, other) => (one.id < other.id ? 1 : -1))[0]!;
    const file = join(newest.path, path);
    chmodSync(file, 0o644);
    writeFileSync(file, hurt(readFileSync(file, 'utf8')));
    writeFileSync(join(dir, 'agents/z/notes.md'), 'broken\n');
    rmSync(join(dir, 'agents/z/only.md'));
    const said = await done('recover', 'agents/z', '--json');
    expect(said).toContain(newest.id);
    expect(readFileSync(join(dir, 'agents/z/notes.md'), 'utf8')).toBe('a\n');
    expect(readFileSync(join(dir, 'agents/z/SOUL.md'), 'utf8')).toBe('careful\n');
  },
);
