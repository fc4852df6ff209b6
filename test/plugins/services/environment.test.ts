// What a service finds in its environment: little of Realm's, all of its own, the stronger word last.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { decode } from '../../../core/schema/decode.ts';
import type { Secret } from '../../../core/schema/schema.ts';
import { argvOf, toolPath } from '../../../plugins/services/argv.ts';
import { environmentOf } from '../../../plugins/services/environment.ts';
import { serviceSpec, type ServiceSpec } from '../../../plugins/services/spec.ts';
import { machineWith } from './machine.ts';

const root = (): string => {
  const dir = mkdtempSync(join(tmpdir(), 'realm-env-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};
const specOf = (written: object, at = '/'): ServiceSpec => {
  const decoded = decode(serviceSpec, { command: ['x'], ...written }, { root: at });
  if (!decoded.ok) throw new Error(decoded.why);
  return decoded.value;
};
const reveal = (secret: Secret | string): string => (typeof secret === 'string' ? secret : `text of ${secret.name}`);
const ctx = { reveal, paths: { root: '/realm', data: '/realm/.realm/data/services' } };
const SHELL = {
  PATH: '/bin',
  HOME: '/h',
  LC_ALL: 'C',
  LANG: 'C',
  SSH_AUTH_SOCK: '/leak',
  NODE_OPTIONS: 'leak',
  MINE: 'm',
};

test('of the shell that started Realm it gets a handful, what it asks for, and Realm`s own Node first', () => {
  const env = environmentOf('web', specOf({ inherit: ['MINE', 'UNSET'], port: 80 }), ctx, SHELL);
  expect(env).toEqual({
    PATH: [dirname(process.execPath), '/bin'].join(delimiter),
    HOME: '/h',
    LC_ALL: 'C',
    LANG: 'C',
    MINE: 'm',
    PORT: '80',
    PYTHONUNBUFFERED: '1',
    REALM_SERVICE: 'web',
    REALM_ROOT: '/realm',
    REALM_STATE: '/realm/.realm',
  });
});

test('later envFiles and env win; quotes go, nothing is expanded', () => {
  const dir = root();
  writeFileSync(join(dir, 'one'), '# a comment\n\nA=1\nexport B = "two words"\nC=$A\nD=\n');
  writeFileSync(join(dir, 'two'), "A=2\nE='x'\n");
  const env = environmentOf('web', specOf({ envFile: ['one', 'two'], env: { E: 'y', HOME: '/w' } }, dir), ctx, SHELL);
  expect(env).toMatchObject({ A: '2', B: 'two words', C: '$A', D: '', E: 'y', HOME: '/w' });
});

test('an envFile that is missing, or not NAME=value, is named with its line', () => {
  const dir = root();
  writeFileSync(join(dir, 'bad'), 'A=1\nthis is no line\n');
  expect(() => environmentOf('web', specOf({ envFile: ['gone'] }, dir), ctx)).toThrow(join(dir, 'gone'));
  expect(() => environmentOf('web', specOf({ envFile: ['bad'] }, dir), ctx)).toThrow(`line 2 of ${join(dir, 'bad')}`);
});

test('limits, priority and rights stand before the command', () => {
  const spec = specOf({
    command: ['web', '--x'],
    nice: 5,
    user: 'nobody',
    limits: { memory: '1GiB', files: 100, processes: 9, cpuTime: '1500ms' },
  });
  const limits = [toolPath('prlimit'), '--as=1073741824', '--nofile=100', '--nproc=9', '--cpu=2', '--'];
  const words = argvOf(spec, true);
  expect(words.slice(0, 9)).toEqual([...limits, toolPath('nice'), '-n', '5']);
  expect(words.slice(9)).toEqual([
    toolPath('setpriv'),
    '--reuid=nobody',
    expect.stringMatching(/^--regid=/),
    '--init-groups',
    '--',
    'web',
    '--x',
  ]);
  expect(argvOf(specOf({ command: 'a | b', shell: true }))).toEqual(['/bin/sh', '-c', 'a | b']);
});

test('an edit with which it could not be started again does not end it', async () => {
  const machine = await machineWith('  web: { command: [web] }\n');
  onTestFinished(() => machine.close());
  await machine.pass(100);
  const before = machine.running('web');
  await machine.edit('  web: { command: [web, --new], envFile: [no-such-file] }\n');
  await machine.pass(60_000);
  expect(machine.running('web')).toEqual(before);
  writeFileSync(join(machine.realm.root, 'no-such-file'), 'A=1\n');
  chmodSync(join(machine.realm.root, 'no-such-file'), 0o600);
  await machine.pass(400_000);
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.begun('web')).toBe(2);
});

test('an envFile that is not there is told in one clause', () => {
  const path = join(root(), 'no.env');
  expect(() => environmentOf('web', specOf({ envFile: [path] }), ctx, SHELL)).toThrow(
    /^the envFile .*no\.env does not exist$/,
  );
});

test('the tools that set limits are those of Realm, whatever stands on the PATH of the service', () => {
  const dir = root();
  const own = join(dir, 'nice');
  writeFileSync(own, '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(join(dir, 'prlimit'), 'not to be executed', { mode: 0o644 });
  expect(toolPath('nice', dir)).toBe(own);
  expect(toolPath('prlimit', dir)).not.toBe(join(dir, 'prlimit'));
  expect(toolPath('no-such-tool', dir)).toBe('no-such-tool');
  const [nice] = argvOf(specOf({ nice: 5, env: { PATH: dir } }));
  expect(nice).toMatch(/^\/.*\/nice$/);
  expect(nice).not.toBe(own);
});

test('the first of several replicas is told its number too; one alone is not', () => {
  expect(environmentOf('web', specOf({ replicas: 3 }), ctx, SHELL)).toMatchObject({ REPLICA: '1' });
  expect(environmentOf('web', specOf({ replicas: 3, env: { REPLICA: 'x' } }), ctx, SHELL)).toMatchObject({
    REPLICA: 'x',
  });
  expect(environmentOf('web', specOf({}), ctx, SHELL)).not.toHaveProperty('REPLICA');
});
