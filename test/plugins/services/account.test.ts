// A service that runs as another user: its group, its home, and nothing of root's left.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountOf } from '../../../plugins/services/account.ts';
import { argvOf, toolPath } from '../../../plugins/services/argv.ts';
import { environmentOf } from '../../../plugins/services/environment.ts';
import type { ServiceSpec } from '../../../plugins/services/spec.ts';

const isRoot = process.getuid?.() === 0;

const specOf = (more: Partial<ServiceSpec>): ServiceSpec =>
  ({ command: ['id'], env: {}, envFile: [], inherit: [], limits: {}, ...more }) as ServiceSpec;

function passwd(text: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'realm-')), 'passwd');
  writeFileSync(file, text);
  return file;
}

test('an account is found by name and by number; its group need not have its name', () => {
  const file = passwd('root:x:0:0::/of/root:/bin/sh\nann:x:70:71:Ann, of :/of/ann:\nbroken\n');
  const ann = { name: 'ann', group: '71', home: '/of/ann', shell: '' };
  expect(accountOf('ann', file)).toEqual(ann);
  expect(accountOf('70', file)).toEqual(ann);
  for (const nobody of ['broken', 'an', 'x', '71', '']) expect(accountOf(nobody, file)).toBeUndefined();
  expect(accountOf('ann', '/no/such/file')).toBeUndefined();
});

test('a number that no account has gets no groups but its own', () => {
  const argv = argvOf(specOf({ user: '987654' }), true);
  expect(argv).toEqual([toolPath('setpriv'), '--reuid=987654', '--regid=987654', '--clear-groups', '--', 'id']);
  expect(argvOf(specOf({ user: '987654' }), false)).toEqual(['id']);
});

test('without a `group` it is the one of the account, whatever its name', () => {
  const { group } = accountOf('nobody')!;
  expect(group).toMatch(/^\d+$/);
  const argv = argvOf(specOf({ user: 'nobody' }), true);
  expect(argv).toEqual([toolPath('setpriv'), '--reuid=nobody', `--regid=${group}`, '--init-groups', '--', 'id']);
  expect(argvOf(specOf({ user: 'nobody', group: 'video' }), true)).toContain('--regid=video');
});

test.runIf(isRoot)('nobody is really nobody, in its own group', () => {
  const [program, ...args] = argvOf(specOf({ user: 'nobody' }));
  const primary = execFileSync('id', ['-g', 'nobody'], { encoding: 'utf8' }).trim();
  const said = execFileSync(program!, args, { encoding: 'utf8' });
  expect(said).toContain('(nobody)');
  expect(said).toMatch(new RegExp(`gid=${primary}\\b`));
  expect(said).not.toContain('(root)');
});

test("the home is the user's, unless the declaration says another", () => {
  const paths = { root: '/realm', data: '/realm/.realm/data/services' };
  const ctx = { reveal: String, paths } as unknown as Parameters<typeof environmentOf>[2];
  const own = { PATH: '/bin', HOME: '/of/realm', USER: 'realm', LOGNAME: 'realm' };
  const { home } = accountOf('nobody')!;
  expect(environmentOf('web', specOf({ user: 'nobody' }), ctx, own)).toMatchObject({
    HOME: home,
    USER: 'nobody',
    LOGNAME: 'nobody',
  });
  const env = { HOME: '/elsewhere' };
  expect(environmentOf('web', specOf({ user: 'nobody', env }), ctx, own)).toMatchObject({ HOME: '/elsewhere' });
  expect(environmentOf('web', specOf({}), ctx, own)).toMatchObject({ HOME: '/of/realm', USER: 'realm' });
});
