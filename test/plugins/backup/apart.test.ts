// Policies, realms and hosts that share places: none saves, replaces, counts or lets go of what another one keeps.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { realm, tempRealm } from '../../e2e/realm.ts';
import { MEMORY } from '../../memory.ts';
import { hasRestic } from './restic/program.ts';
import { makeRepository, PASSWORD } from './restic/repository.ts';

vi.setConfig({ testTimeout: 180_000 }); // many commands, each slow on a busy machine

const config = (backups: string, more = ''): string =>
  `realm: { name: lab, timezone: UTC }\nplugins: [backup${more}]\nbackups:\n${backups}`;
const done = async (dir: string, ...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await realm(dir, ['backup', ...args], { timeoutMs: 90_000 });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
};
interface Row {
  readonly id: string;
  readonly path: string;
  readonly files: number;
}
const listed = async (dir: string, name: string): Promise<readonly Row[]> =>
  (JSON.parse(await done(dir, 'list', name, '--json')) as { snapshots: Row[] }).snapshots;

test('no policy saves the snapshots of another, and a restore in place leaves them where they are', async () => {
  const isWithRestic = hasRestic();
  const three = isWithRestic
    ? `  three: { sources: [src], to: [{ engine: restic, repository: b3, password: ${PASSWORD} }], keep: { last: 9 } }\n`
    : '';
  const one = "  one: { sources: ['.'], to: [b1], keep: { last: 9 }, label: second }\n";
  const two = '  two: { sources: [src], to: [b2], keep: { last: 9 } }\n';
  const dir = await tempRealm({
    'realm.config.yaml': config(one + two + three),
    'src/a.txt': 'a\n',
    'note.txt': 'first\n',
  });
  if (isWithRestic) {
    const scratch = mkdtempSync(join(MEMORY, 'realm-apart-'));
    onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
    makeRepository(join(dir, 'b3'), scratch);
  }
  await done(dir, 'run', 'one');
  await done(dir, 'run', 'two');
  writeFileSync(join(dir, 'note.txt'), 'second\n');
  await done(dir, 'run', 'one');
  const [first, second] = await listed(dir, 'one');
  expect(readdirSync(join(second!.path, 'data')).sort()).toEqual(['note.txt', 'realm.config.yaml', 'src']);
  const kept = (): readonly string[] =>
    ['b2', ...(isWithRestic ? ['b3'] : [])].flatMap((name) =>
      (readdirSync(join(dir, name), { recursive: true }) as string[]).sort(),
    );
  const before = kept();
  await done(dir, 'restore', 'one', '--in-place', '--id', first!.id);
  expect(readFileSync(join(dir, 'note.txt'), 'utf8')).toBe('first\n');
  expect(kept()).toEqual(before);
});

test('a folder of backups that no policy names is told, not saved, and stays where it is', async () => {
  const dir = await tempRealm({
    'realm.config.yaml': config(`  one: { sources: [src], to: [b1], keep: { last: 9 }, label: second }\n`),
    'src/a.txt': 'a\n',
    'src/deep/b.txt': 'b\n',
  });
  await done(dir, 'run', 'one');
  mkdirSync(join(dir, 'src/deep/old/daily'), { recursive: true });
  writeFileSync(join(dir, 'src/deep/old/realm-target.json'), '{}');
  writeFileSync(join(dir, 'src/deep/old/daily/kept'), 'kept');
  writeFileSync(join(dir, 'src/deep/b.txt'), 'changed\n');
  const { code, stdout, stderr } = await realm(dir, ['backup', 'run', 'one']);
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(/src\/deep\/old: backups are kept there .*exclude it/s);
  const [first, second] = await listed(dir, 'one');
  expect(existsSync(join(second!.path, 'data/src/deep/old'))).toBe(false);
  await done(dir, 'restore', 'one', '--in-place', '--id', first!.id);
  expect(readFileSync(join(dir, 'src/deep/b.txt'), 'utf8')).toBe('b\n');
  expect(readFileSync(join(dir, 'src/deep/old/daily/kept'), 'utf8')).toBe('kept');
});

test('an alias of the host that is an absolute path is that path, and not one below the config', async () => {
  const nas = await tempRealm({});
  const dir = await tempRealm({
    'realm.config.yaml': `${config("  one: { sources: [src], to: ['@nas/b'], keep: { last: 9 } }\n", ', hosts')}hosts:\n  ada: { address: 192.0.2.1, paths: { nas: ${nas} } }\n`,
    'src/a.txt': 'a\n',
  });
  const ran = await realm(dir, ['backup', 'run', 'one'], { env: { REALM_HOST: 'ada' } });
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 });
  expect(readdirSync(join(nas, 'b/one'))).toHaveLength(2);
  expect(existsSync(join(dir, nas))).toBe(false);
});

test('realms and hosts that share a folder: each has its own, lets go of its own, and restores its own', async () => {
  const nas = await tempRealm({});
  const place = (name: string, text: string): Promise<string> =>
    tempRealm({
      'realm.config.yaml': `realm: { name: ${name}, timezone: UTC }
plugins: [backup]
backups:
  daily: { schedule: '0 7 * * *', sources: [src], to: [${nas}], keep: { last: 1 }, label: day }
`,
      'src/a.txt': text,
    });
  const [one, two] = [await place('lab', 'of one\n'), await place('den', 'of two\n')];
  await done(one, 'run', 'daily');
  expect((await realm(two, ['drift'])).code, 'the other one is not saved yet').not.toBe(0);
  expect(await done(two, 'list')).toMatch(/No snapshot yet.*Beside them lie 1 of realm lab on /s);
  expect(await realm(two, ['apply', '--yes'])).toMatchObject({ code: 0 });
  writeFileSync(join(two, 'src/a.txt'), 'of two, again\n');
  await done(two, 'run', 'daily');
  const [mine, ...older] = await listed(two, 'daily');
  expect(older).toEqual([]);
  const [theirs, ...others] = await listed(one, 'daily');
  expect(others).toEqual([]);
  await done(two, 'restore', 'daily', '--to', 'out');
  expect(readFileSync(join(two, 'out/src/a.txt'), 'utf8')).toBe('of two, again\n');
  await done(two, 'restore', 'daily', '--to', 'named', '--id', theirs!.id);
  expect(readFileSync(join(two, 'named/src/a.txt'), 'utf8')).toBe('of one\n');
  expect(mine!.id).not.toBe(theirs!.id);
});
