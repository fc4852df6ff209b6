// What people meet in their first hour, each with the words it is told in.
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { HANGS_MS, oldNode, realm, tempRealm, until, watch } from './realm.ts';

const root = join(import.meta.dirname, '../..');
const one = 'plugins: [file]\nfiles:\n  a: { path: a.txt, text: hi }\n';

interface Status {
  readonly resources: readonly { readonly ref: string; readonly ready: boolean | null; readonly generation: number }[];
}
const status = async (dir: string): Promise<Status> =>
  JSON.parse((await realm(dir, ['status', '--json'])).stdout) as Status;

test('npm start: a table, what each line is, what to try next, and what stays after Ctrl-C', async () => {
  const dir = await tempRealm({});
  for (const path of ['realm.config.yaml', 'configs', 'examples/freshness/stamp.ts'])
    await cp(join(root, path), join(dir, path), { recursive: true });
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } };
  const watching = watch(dir, scripts.start.replace('node bin/realm ', '').split(' '));
  await watching.prints('In another terminal, try:');
  const said = watching.output();
  for (const ref of ['file/greeting', 'stamp/minute', 'skill/bin'])
    expect(said).toMatch(new RegExp(`${ref} +yes .+ \\w`));
  for (const command of ['realm status', 'realm why', 'realm plan']) expect(said).toContain(command);
  expect(await watching.stop('SIGINT')).toMatchObject({ code: 130, stderr: '' });
  expect(watching.output()).toContain('Nothing keeps running. `realm up` keeps the realm true in the background.');
});

test('realm on the PATH: a link to bin/realm works in any folder, under an old Node', async () => {
  const dir = await tempRealm({ 'bin/.keep': '' });
  await symlink(join(root, 'bin/realm'), join(dir, 'bin/realm'));
  const env = { PATH: `${join(dir, 'bin')}:${dirname(oldNode())}:/usr/bin:/bin`, HOME: dir };
  const run = (...args: string[]) => promisify(execFile)('realm', args, { cwd: dir, env });
  expect((await run('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await run('init')).stdout).toContain('realm plan');
  await expect(run('plan')).rejects.toMatchObject({ code: 2, stdout: expect.stringContaining('+ file/hello') });
  const config = await readFile(join(dir, 'realm.config.yaml'), 'utf8');
  const schema = /\$schema=(\S+)/.exec(config)![1]!;
  expect(existsSync(join(dir, schema))).toBe(true); // the path that the editor is pointed to
});

test.each([
  ['${env:PORT} in { } without quotes', '{ path: ${env:PORT}, text: x }', /3:\d+/, 'Put it in quotes'],
  ['a mode without quotes', '{ path: x, text: x, mode: 0644 }', /3:32/, 'Put it in quotes: "0644"'],
  ['yes for true', '{ path: x, text: x, protect: yes }', /3:35/, 'Write true'],
])('%s is told with what to write', async (_, spec, at, hint) => {
  const dir = await tempRealm({ 'realm.config.yaml': `plugins: [file]\nfiles:\n  a: ${spec}\n` });
  const { code, stdout, stderr } = await realm(dir, ['validate']);
  expect(code).toBe(1);
  expect(stdout + stderr).toMatch(at);
  expect(stdout + stderr).toContain(hint);
});

test('removing the only resource is refused, with the flag that allows it', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': one });
  await realm(dir, ['apply', '--yes']);
  await writeFile(join(dir, 'realm.config.yaml'), 'plugins: [file]\n');
  const held = await realm(dir, ['apply', '--yes']);
  expect(held.code).toBe(4);
  expect(held.stdout).toContain('removing the last resource needs `realm apply --allow-deletions`');
  expect(existsSync(join(dir, 'a.txt'))).toBe(true);
  expect(await realm(dir, ['apply', '--yes', '--allow-deletions'])).toMatchObject({ code: 0 });
  expect(existsSync(join(dir, 'a.txt'))).toBe(false);
});

test("with a daemon, values come from the daemon's environment, whatever this shell says", async () => {
  const dir = await tempRealm({ 'realm.config.yaml': one.replace('text: hi', 'text: "${env:WORD:-none}"') });
  const daemon = watch(dir, ['watch', '--yes'], { env: { WORD: 'of the daemon' } });
  await daemon.prints('keeps 1 resource true');
  expect(await realm(dir, ['plan'], { env: { WORD: 'of this shell' } })).toMatchObject({ code: 0 });
  expect(await realm(dir, ['apply', '--yes'], { env: { WORD: 'of this shell' } })).toMatchObject({ code: 0 });
  expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe('of the daemon');
});

test('down ends the daemon although the config is no longer valid', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': one });
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  await writeFile(join(dir, 'realm.config.yaml'), 'fils: {}\n');
  const down = await realm(dir, ['down']);
  expect(down, down.stderr).toMatchObject({ code: 0 });
  expect(down.stdout).toContain('has ended');
});

test('a folder too deep for a socket is no obstacle', async () => {
  const top = await tempRealm({});
  const dir = join(top, ...Array.from({ length: 12 }, () => 'a-rather-long-name'));
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'realm.config.yaml'), one);
  const watching = watch(dir);
  await watching.prints('keeps 1 resource true');
  const { stdout, code } = await realm(dir, ['status', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ daemon: { pid: watching.pid } });
  const { socket } = JSON.parse(await readFile(join(dir, '.realm/daemon.json'), 'utf8')) as { socket: string };
  expect(socket.length).toBeLessThanOrEqual(100);
  await watching.stop();
  expect(existsSync(socket)).toBe(false);
});

test('a rename with `was:` keeps the thing and its history', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': one });
  await realm(dir, ['apply', '--yes']);
  await writeFile(join(dir, 'realm.config.yaml'), one.replace('a: {', 'b: { was: a,'));
  expect(await realm(dir, ['plan'])).toMatchObject({ code: 0 });
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(await readFile(join(dir, 'a.txt'), 'utf8')).toBe('hi');
  expect((await status(dir)).resources.map(({ ref }) => ref)).toEqual(['file/b']);
});

test('status/realm.json appears where somebody made the folder, and nowhere else', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': one });
  const watching = watch(dir);
  await watching.prints('keeps 1 resource true');
  await realm(dir, ['hold', 'file/a', '--why', 'something to tell']);
  expect(existsSync(join(dir, 'status'))).toBe(false);
  await mkdir(join(dir, 'status'));
  await realm(dir, ['resume', 'file/a', '--why', 'and again']);
  const path = join(dir, 'status/realm.json');
  await until(() => existsSync(path), HANGS_MS, 'the file');
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({
    version: 1,
    daemon: { pid: watching.pid },
    resources: [{ ref: 'file/a', ready: true }],
    updated_at: expect.stringMatching(/^\d{4}-.+Z$/),
  });
  await watching.stop();
  expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ daemon: null });
});
