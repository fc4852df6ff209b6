// How restic is started, and what its exits mean: of versions that are not here, by small programs that end as they do.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withoutPassword } from '../../../../plugins/backup/repository-name.ts';
import { exitOf, type Restic, resticCommand } from '../../../../plugins/backup/restic/command.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'realm-restic-command-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = 'open "sesame" $(true)';
const waits: number[] = [];
function speaking(script: string, repository = 'rest:https://ada:pa55word@nas:8000/lab'): Restic {
  const program = join(folder, 'restic');
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  const sleep = async (ms: number): Promise<void> => void waits.push(ms);
  return resticCommand({ repository, password: SECRET, env: { KEY: 'v4lue' }, cache: folder, program, sleep });
}

test.each([
  [0, '', 'done'],
  [3, '', 'partial'],
  [10, '', 'no-repository'],
  [11, '', 'locked'],
  [12, '', 'password'],
  [130, '', 'cancelled'],
  [1, 'Fatal: wrong password or no key found', 'password'],
  [1, 'unable to create lock in backend: repository is already locked by PID 1 on nas by root', 'locked'],
  [1, 'Fatal: unable to open config file: stat /x/config: no such file or directory\nIs there a…', 'no-repository'],
  [1, 'Fatal: unable to open config file: Get "https://nas/config": dial tcp: connection refused', 'failed'],
  [1, 'Fatal: anything else', 'failed'],
  [2, '', 'failed'],
  [4, '', 'failed'],
  [99, 'all went well', 'failed'],
  [undefined, '', 'failed'],
] as const)('exit %s with "%s" is %s', (code, said, exit) => {
  expect(exitOf(code, said)).toBe(exit);
});

test('an exit that nobody knows is a failure, with its last words', async () => {
  const restic = speaking('echo fine; echo "the new thing happened" >&2; exit 42');
  await expect(restic.run(['check'])).rejects.toMatchObject({
    code: 'BACKUP_RESTIC_FAILED',
    message: 'restic check failed on rest:https://nas:8000/lab: the new thing happened',
  });
});

test('one that is killed is a failure', async () => {
  await expect(speaking('kill -9 $$').run(['check'])).rejects.toMatchObject({ code: 'BACKUP_RESTIC_FAILED' });
});

test('a program that is not there is told as that', async () => {
  const restic = resticCommand({
    repository: '/x',
    password: SECRET,
    env: {},
    cache: folder,
    program: join(folder, 'none'),
  });
  await expect(restic.run(['check'])).rejects.toMatchObject({ code: 'BACKUP_RESTIC_MISSING' });
});

test('no secret is among the arguments, nor in what is told; all of them are in the environment', async () => {
  process.env['RESTIC_PASSWORD_FILE'] = '/somebody/else';
  const restic = speaking(
    `echo "$*" > ${folder}/argv; env > ${folder}/env; echo "bad: $RESTIC_REPOSITORY $RESTIC_PASSWORD $KEY" >&2; exit 1`,
  );
  const failed = await restic.run(['snapshots']).catch((error: Error) => error.message);
  delete process.env['RESTIC_PASSWORD_FILE'];
  expect(failed).toBe('restic snapshots failed on rest:https://nas:8000/lab: bad: rest:https://nas:8000/lab *** ***');
  expect(readFileSync(join(folder, 'argv'), 'utf8')).toBe('snapshots\n');
  const env = readFileSync(join(folder, 'env'), 'utf8');
  expect(env).toContain(`RESTIC_PASSWORD=${SECRET}\n`);
  expect(env).toContain('RESTIC_REPOSITORY=rest:https://ada:pa55word@nas:8000/lab\n');
  expect(env).toContain('KEY=v4lue\n');
  expect(env).not.toContain('RESTIC_PASSWORD_FILE');
});

test.each([
  ['/mnt/nas/restic', '/mnt/nas/restic'],
  ['rest:https://ada:secret@nas:8000/lab/', 'rest:https://nas:8000/lab/'],
  ['rest:https://ada:p@ss@word@nas:8000/lab/', 'rest:https://nas:8000/lab/'],
  ['rest:http://nas:8000/', 'rest:http://nas:8000/'],
  ['sftp:ada@nas:/srv/restic', 'sftp:ada@nas:/srv/restic'],
  ['s3:https://key:secret@s3.example/bucket', 's3:https://s3.example/bucket'],
  ['s3:s3.amazonaws.com/bucket', 's3:s3.amazonaws.com/bucket'],
])('%s is shown as %s', (repository, name) => {
  expect(withoutPassword(repository)).toBe(name);
});

test('JSON between other lines is read, on both outputs', async () => {
  const lines: string[] = [];
  const restic = speaking(
    `printf '[0:00] 12%%\\r\\n{"message_type":"odd"}\\n\\nnot json {\\n'
     echo '{"message_type":"error","error":{"message":"gone"},"during":"archival","item":"/a/b"}' >&2
     echo '{"message_type":"exit_error","code":1,"message":"Fatal: no"}' >&2; echo plain >&2; exit 3`,
  );
  const ended = await restic.attempt(['backup'], { line: (line) => void lines.push(line) });
  expect(lines).toContain('{"message_type":"odd"}');
  expect(ended).toEqual({
    exit: 'partial',
    errors: [
      { message: 'gone', item: '/a/b' },
      { message: 'Fatal: no', item: undefined },
      { message: 'plain', item: undefined },
    ],
  });
});

/** Says that it is locked until it was asked so many times. */
const locked = (times: number): string =>
  `echo "$*" >> ${folder}/asked; [ "$1" = unlock ] && exit 0
   [ "$(grep -vc unlock ${folder}/asked)" -gt ${times} ] && exit 0
   echo 'Fatal: unable to create lock in backend: repository is already locked exclusively by PID 77 on nas' >&2; exit 1`;

test('a stale lock is taken away and the same tried again, and never those of the living', async () => {
  rmSync(join(folder, 'asked'), { force: true });
  waits.length = 0;
  await speaking(locked(1)).run(['tag', 'x']);
  expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe('tag x\nunlock\ntag x\n');
  expect(waits).toEqual([]);
});

test('one that is held is waited for in growing steps, and then told with its holder', async () => {
  rmSync(join(folder, 'asked'), { force: true });
  waits.length = 0;
  await speaking(locked(4)).run(['tag']);
  expect(waits).toEqual([1_000, 2_000, 5_000]);
  rmSync(join(folder, 'asked'));
  await expect(speaking(locked(1_000)).run(['tag'])).rejects.toMatchObject({
    code: 'BACKUP_TARGET_BUSY',
    message: expect.stringContaining('PID 77 on nas') as string,
  });
  const asked = readFileSync(join(folder, 'asked'), 'utf8');
  expect(asked).not.toContain('--remove-all');
  expect(asked).not.toContain('tag\ntag\n'); // who held it may have died meanwhile
});

test('a run that is cancelled is interrupted as a person would, and says the reason it was given', async () => {
  const stop = new AbortController();
  const restic = speaking(`trap 'echo INT > ${folder}/got; exit 130' INT; echo here; while :; do sleep 0.02; done`);
  const run = restic.attempt(['backup'], { signal: stop.signal, line: () => stop.abort(new Error('enough')) });
  await expect(run).rejects.toThrow('enough');
  expect(readFileSync(join(folder, 'got'), 'utf8')).toBe('INT\n');
});
