// A realm brought back in an empty folder, where nothing but the target is left; other verbs say that there is no realm.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type Ended, realm, tempRealm } from '../../e2e/realm.ts';
import { hasRestic } from './restic/program.ts';
import { makeRepository, PASSWORD } from './restic/repository.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const CONFIG = `realm: { timezone: UTC }
plugins: [backup]
backups:
  daily: { sources: [agents, realm.config.yaml], label: second, keep: { last: 3 } }
`;
const backup = (dir: string, ...args: readonly string[]): Promise<Ended> =>
  realm(dir, ['backup', ...args], { timeoutMs: 60_000 });

test('in an empty folder: the words are found, paths are meant from there, and a time can be said', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG, 'agents/z/SOUL.md': 'first\n' });
  expect(await backup(dir, 'run', 'daily')).toMatchObject({ code: 0 });
  const [label] = readdirSync(join(dir, 'backups/daily')).filter((name) => /^\d/.test(name));
  const { startedAt } = JSON.parse(readFileSync(join(dir, 'backups/daily', label!, 'backup.json'), 'utf8')) as {
    startedAt: string;
  };
  writeFileSync(join(dir, 'agents/z/SOUL.md'), 'second\n');
  expect(await backup(dir, 'run', 'daily')).toMatchObject({ code: 0 });

  const empty = mkdtempSync(join(tmpdir(), 'realm-empty-'));
  onTestFinished(() => rmSync(empty, { recursive: true, force: true }));
  const target = join(dir, 'backups');
  const back = await backup(empty, 'bootstrap', target, 'new');
  expect(back, back.stdout + back.stderr).toMatchObject({ code: 0 });
  expect(readdirSync(empty)).toEqual(['new']);
  expect(readFileSync(join(empty, 'new/agents/z/SOUL.md'), 'utf8')).toBe('second\n');
  expect(await realm(join(empty, 'new'), ['validate'])).toMatchObject({ code: 0 });
  const earlier = await backup(empty, 'bootstrap', target, 'old', '--at', startedAt);
  expect(earlier, earlier.stdout + earlier.stderr).toMatchObject({ code: 0 });
  expect(readFileSync(join(empty, 'old/agents/z/SOUL.md'), 'utf8')).toBe('first\n');

  const other = await backup(empty, 'run', 'daily');
  expect([other.code, other.stderr]).toEqual([64, expect.stringContaining('and no realm here')]);
  mkdirSync(join(dir, 'below'));
  expect(await backup(join(dir, 'below'), 'restore', 'daily', '--to', 'out')).toMatchObject({ code: 0 });
  expect(readFileSync(join(dir, 'below/out/agents/z/SOUL.md'), 'utf8')).toBe('second\n');
});

test.skipIf(!hasRestic())('from a restic repository: with its password alone, and told what is missing', async () => {
  const to = '[{ engine: restic, repository: repository, password: "${env:REALM_TEST_PASSWORD}" }]';
  const dir = await tempRealm({
    'realm.config.yaml': CONFIG.replace('keep:', `to: ${to}, keep:`),
    'agents/z/SOUL.md': 'first\n',
  });
  makeRepository(join(dir, 'repository'), dir); // one that opens quickly
  const made = await realm(dir, ['backup', 'run', 'daily'], {
    env: { REALM_TEST_PASSWORD: PASSWORD },
    timeoutMs: 60_000,
  });
  expect(made, made.stdout + made.stderr).toMatchObject({ code: 0 });

  const empty = mkdtempSync(join(tmpdir(), 'realm-empty-'));
  onTestFinished(() => rmSync(empty, { recursive: true, force: true }));
  writeFileSync(join(empty, 'password'), `${PASSWORD}\n`);
  const repository = join(dir, 'repository');
  const bootstrap = (to_: string, env: Readonly<Record<string, string>>, ...more: readonly string[]): Promise<Ended> =>
    realm(empty, ['backup', 'bootstrap', repository, to_, ...more], { env, timeoutMs: 60_000 });
  const told = async (ended: Promise<Ended>, what: RegExp): Promise<void> => {
    const { code, stdout, stderr } = await ended;
    expect([code, stdout + stderr]).toEqual([1, expect.stringMatching(what)]);
    expect(stdout + stderr).not.toContain(PASSWORD);
  };
  await told(bootstrap('new', {}), /no password for the restic repository \S+repository: set RESTIC_PASSWORD/);
  await told(bootstrap('new', { RESTIC_PASSWORD: 'wrong' }), /the password does not open/);
  await told(
    bootstrap('new', { RESTIC_PASSWORD_FILE: join(empty, 'none') }),
    /password of the repository cannot be read/,
  );
  await told(
    bootstrap('new', { RESTIC_PASSWORD: PASSWORD, PATH: '/nowhere' }),
    /restic is not installed, or cannot be started/,
  );
  expect(readdirSync(empty)).toEqual(['password']);

  const back = await bootstrap('by-file', { RESTIC_PASSWORD_FILE: join(empty, 'password') });
  expect(back, back.stdout + back.stderr).toMatchObject({ code: 0 });
  expect(readFileSync(join(empty, 'by-file/agents/z/SOUL.md'), 'utf8')).toBe('first\n');
  expect(readdirSync(join(empty, 'by-file'))).toContain('realm.config.yaml');
  // A backend is no path below where one stands.
  const flags = ['--password-file', 'password'];
  const backend = await realm(empty, ['backup', 'bootstrap', `local:${repository}`, 'by-backend', ...flags], {
    env: { RESTIC_PASSWORD: 'wrong' },
    timeoutMs: 60_000,
  });
  expect(backend, backend.stdout + backend.stderr).toMatchObject({ code: 0 });
  expect(readdirSync(empty).sort()).toEqual(['by-backend', 'by-file', 'password']);
});
