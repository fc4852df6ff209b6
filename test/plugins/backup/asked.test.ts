// What was asked of a restore and what came of it: told in words, not only to programs; and a dry run that is dry.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { realm, tempRealm, until, watch } from '../../e2e/realm.ts';

vi.setConfig({ testTimeout: 180_000 }); // many commands, each slow on a busy machine

const CONFIG = `realm: { timezone: UTC }
plugins: [backup]
backups:
  daily: { sources: [agents], to: [backups], keep: { last: 9 } }
`;
const staged = (): Promise<string> =>
  tempRealm({ 'realm.config.yaml': CONFIG, 'agents/z/SOUL.md': 'first\n', 'agents/z/notes.md': 'a\n' });

async function backup(dir: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await realm(dir, ['backup', ...args], { timeoutMs: 60_000 });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}
async function refused(dir: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await realm(dir, ['backup', ...args], { timeoutMs: 60_000 });
  expect(code, stdout + stderr).toBe(1);
  return stdout + stderr;
}

interface Listed {
  readonly snapshots: readonly { readonly id: string; readonly path: string }[];
}
const listed = async (dir: string): Promise<Listed['snapshots']> =>
  (JSON.parse(await backup(dir, 'list', '--json')) as Listed).snapshots;

test('a file that comes from an older snapshot, and a newest one that is passed over, are told in words', async () => {
  const dir = await staged();
  await backup(dir, 'run', 'daily');
  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'second\n');
  await backup(dir, 'run', 'daily');
  const [older, newer] = await listed(dir);
  const soul = join(newer!.path, 'data/agents/z/SOUL.md');
  chmodSync(soul, 0o644);
  writeFileSync(soul, 'Second\n');
  const label = newer!.id.split('/')[1]!;
  const around = await backup(dir, 'restore', 'daily', '--id', label, '--to', join(dir, 'out'));
  expect(around).toMatch(/agents\/z\/SOUL\.md was damaged: an older state is taken from daily/);
  expect(readFileSync(join(dir, 'out/agents/z/SOUL.md'), 'utf8')).toBe('first\n');
  await refused(dir, 'verify', 'daily');
  const passed = await backup(dir, 'restore', 'daily', '--to', join(dir, 'out2'));
  expect(passed).toContain(`${newer!.id} is newer but damaged`);
  expect(passed).toContain(`${older!.id} is used`);
});

test('a dry run settles and clears away nothing, says how much it does not list, and what is kept', async () => {
  const dir = await staged();
  await backup(dir, 'run', 'daily');
  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'second\n');
  await backup(dir, 'restore', 'daily', '--in-place');
  const folder = join(dir, '.realm/data/backup/restore/restores');
  const [journal] = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const text = readFileSync(join(folder, journal!), 'utf8');
  writeFileSync(join(folder, journal!), text.replace(/"keepUntil":\d+/, '"keepUntil":1'));
  const aside = readdirSync(dir).filter((name) => name.startsWith('.realm-restore-'));
  expect(aside).toHaveLength(1);

  for (let n = 0; n < 1_010; n += 1) writeFileSync(join(dir, `agents/n${n}`), 'x');
  const args = ['restore', 'daily', '--in-place', '--dry-run', '--extra', 'keep'];
  const said = await backup(dir, ...args);
  expect(said).toContain('... and 10 more\n');
  expect(said).toMatch(/^ {2}agents\/n0 {2}\(keep\)$/m);
  const json = JSON.parse((await backup(dir, ...args, '--json')).trim().split('\n').at(-1)!) as object;
  expect(json).toMatchObject({ result: { notListed: 10, counts: { keep: 1_010 } } });
  expect(readdirSync(dir)).toContain(aside[0]);
  expect(existsSync(join(folder, journal!))).toBe(true);

  await backup(dir, 'restore', 'daily', '--in-place');
  expect(readdirSync(dir), 'one that is real clears it away').not.toContain(aside[0]);
});

test('an instant is meant in the zone of the backup, a day as a whole; where to is said once', async () => {
  const dir = await staged();
  await backup(dir, 'run', 'daily');
  const [{ id } = { id: '' }] = await listed(dir);
  const label = id.split('/')[1]!;
  for (const at of [label, label.slice(0, 10)]) {
    const said = await backup(dir, 'restore', 'daily', '--at', at, '--to', join(dir, `out-${at}`));
    expect(said).toContain(`from ${id}`);
  }
  expect(await refused(dir, 'restore', 'daily', '--at', '2020-01-01', '--to', join(dir, 'none'))).toContain(
    'no complete snapshot from 2020-01-01T23:59:59.999Z or before',
  );
  expect(await refused(dir, 'restore', 'daily', '--to', 'x', '--in-place')).toContain('said twice where to');
});

test('what no source names now is left alone in place, and restored when that is said', async () => {
  const dir = await staged();
  await backup(dir, 'run', 'daily');
  writeFileSync(join(dir, 'realm.config.yaml'), CONFIG.replace('[agents]', '[rules]'));
  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'second\n');
  expect(await refused(dir, 'restore', 'daily', '--in-place')).toMatch(/agents is left alone.*--undeclared/s);
  expect(readFileSync(join(dir, 'agents/z/SOUL.md'), 'utf8')).toBe('second\n');
  await backup(dir, 'restore', 'daily', '--in-place', '--undeclared');
  expect(readFileSync(join(dir, 'agents/z/SOUL.md'), 'utf8')).toBe('first\n');
});

test('a backup that is declared no more is listed, read again and restored, also by the id that is printed', async () => {
  const dir = await staged();
  await backup(dir, 'run', 'daily');
  const [{ id } = { id: '' }] = await listed(dir);
  writeFileSync(join(dir, 'realm.config.yaml'), 'realm: { timezone: UTC }\nplugins: [backup]\n');
  await realm(dir, ['apply', '--yes']);
  const said = await backup(dir, 'list');
  expect(said).toContain(id);
  expect(said).toContain('backup/daily is declared no more, and its snapshots stay');
  expect(JSON.parse(await backup(dir, 'list', '--json'))).toMatchObject({ undeclared: ['daily'], snapshots: [{ id }] });
  expect(await backup(dir, 'show', id, '--json')).toContain('agents/z/SOUL.md');
  await backup(dir, 'verify', id);
  await backup(dir, 'restore', id, '--to', join(dir, 'out'));
  expect(readFileSync(join(dir, 'out/agents/z/SOUL.md'), 'utf8')).toBe('first\n');
  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'second\n');
  expect(await refused(dir, 'restore', 'daily', '--in-place')).toContain('--undeclared');
  await backup(dir, 'restore', 'daily', '--in-place', '--undeclared');
  expect(readFileSync(join(dir, 'agents/z/SOUL.md'), 'utf8')).toBe('first\n');
  expect(await refused(dir, 'restore', 'dayly', '--to', 'x')).toContain('BACKUP_POLICY_UNKNOWN');
});

test('what a run had to say is in its answer, for people and for programs', async () => {
  const target = '{ engine: restic, repository: repository, password: pa55word }';
  const dir = await tempRealm({
    'realm.config.yaml': CONFIG.replace('[backups]', `[${target}]`),
    'agents/z/SOUL.md': 'first\n',
  });
  const ran = JSON.parse((await backup(dir, 'run', 'daily', '--json')).trim().split('\n').at(-1)!) as object;
  expect(ran).toMatchObject({ result: { said: [`made the repository ${join(dir, 'repository')}`] } });
});

test('a target that cannot be written to: told as that by a run, a pin and its condition; what lies in it is read', async ({
  skip,
}) => {
  const dir = await staged();
  writeFileSync(join(dir, 'realm.config.yaml'), CONFIG.replace('sources:', 'schedule: "0 7 * * *", sources:'));
  const target = join(dir, 'backups');
  await realm(dir, ['apply', '--yes']);
  const [{ id } = { id: '' }] = await listed(dir);
  try {
    execFileSync('mount', ['--bind', target, target], { stdio: 'pipe' });
    onTestFinished(() => void execFileSync('umount', [target]));
    execFileSync('mount', ['-o', 'remount,ro,bind', target], { stdio: 'pipe' });
  } catch (error) {
    skip(`NOT TESTED: a disk that is mounted read-only: ${(error as Error).message}`);
  }
  const why = `${target} can be read, and not written to`;
  expect(await refused(dir, 'run', 'daily')).toContain(why);
  expect(await refused(dir, 'pin', 'daily', id)).toMatch(/nothing can be noted.*BACKUP_TARGET_UNREADABLE/s);
  const watching = watch(dir);
  const isTold = async (): Promise<boolean> =>
    /TargetReady is False.*ReadOnly/.test((await realm(dir, ['why', 'backup/daily'])).stdout);
  await until(isTold, 60_000, 'the condition', watching.output);
  await watching.stop();
  expect(await backup(dir, 'run', 'daily', '--dry-run')).toContain(`in ${target}: read-only, ${why}`);
  expect(await backup(dir, 'list')).toContain(id);
  await backup(dir, 'restore', 'daily', '--to', join(dir, 'out'));
});

test('a dry run of a backup says as what it would be saved, and where to', async () => {
  const dir = await staged();
  const said = await backup(dir, 'run', 'daily', '--dry-run');
  expect(said).toMatch(/^2 files, 8 B would be saved \(manual\) as daily\/\d{4}-\d\d-\d\d-\d{6}$/m);
  expect(said).toContain(`  in ${join(dir, 'backups')}: new, it was never used`);
  expect(existsSync(join(dir, 'backups'))).toBe(false);
});

test('what lies in the trash is listed as the hint says, and comes back; extra files are kept or put aside', async () => {
  const dir = await staged();
  writeFileSync(join(dir, 'realm.config.yaml'), CONFIG.replace('last: 9', 'last: 1'));
  expect(await backup(dir, 'list', '--trash')).toContain('The trash is empty.');
  await backup(dir, 'run', 'daily');
  const [{ id } = { id: '' }] = await listed(dir);
  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'second\n');
  await backup(dir, 'run', 'daily');
  expect(await backup(dir, 'list', '--trash')).toContain(id);
  const { trash } = JSON.parse(await backup(dir, 'list', '--trash', '--json')) as { trash: { purgeAt: string }[] };
  expect(trash).toMatchObject([{ id, target: join(dir, 'backups'), purgeAt: expect.stringMatching(/Z$/) }]);
  await backup(dir, 'undelete', 'daily', id);
  expect(await backup(dir, 'list', '--trash')).toContain('The trash is empty.');
  const { code } = await realm(dir, ['backup', 'restore', 'daily', '--in-place', '--extra', 'delete']);
  expect(code, 'nothing is thrown away that an undo would need').not.toBe(0);
});

test('an old copy whose time is over goes by itself', async () => {
  const dir = await staged();
  await backup(dir, 'run', 'daily');
  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'second\n');
  await backup(dir, 'restore', 'daily', '--in-place');
  const folder = join(dir, '.realm/data/backup/restore/restores');
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json')))
    writeFileSync(
      join(folder, name),
      readFileSync(join(folder, name), 'utf8').replace(/"keepUntil":\d+/, '"keepUntil":1'),
    );
  const aside = (): readonly string[] => readdirSync(dir).filter((name) => name.startsWith('.realm-restore-'));
  expect(aside()).toHaveLength(1);
  const watching = watch(dir);
  await until(() => aside().length === 0, 60_000, 'the old copy to go', watching.output);
  await watching.stop();
});
