// Secrets: where they come from, who may read them, and that their text is masked.
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Secrets } from '../../../core/config/secrets.ts';
import { createSecrets } from '../../../core/config/secrets.ts';
import { RealmError } from '../../../core/errors.ts';
import type { Secret } from '../../../core/schema/schema.ts';
import { resource, testRealm } from './realm.ts';

const env = { ...process.env, TOKEN: 't0ken', EMPTY: '' } as Record<string, string>;

async function secretsOf(
  section: string,
  files: Record<string, string> = {},
): Promise<{ secrets: Secrets; root: string }> {
  const realm = testRealm({ 'realm.config.yaml': `plugins: []\nsecrets:\n${section}\n`, ...files });
  for (const name of Object.keys(files)) chmodSync(join(realm.root, name), 0o600);
  const secrets = createSecrets(await realm.source(), { env, stateDir: join(realm.root, '.realm') });
  return { secrets, root: realm.root };
}
const failure = (fn: () => unknown): RealmError => {
  try {
    fn();
  } catch (error) {
    if (error instanceof RealmError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};

test('environment, file, command, and a file in the state folder without an entry', async () => {
  const section = '  a: { env: TOKEN }\n  b: { file: b.txt }\n  c: { command: [sh, -c, "printf \'%s\\n\' $TOKEN-c"] }';
  const { secrets } = await secretsOf(section, { 'b.txt': 'from file\n', '.realm/secrets/d': 'line 1\nline 2' });
  expect(['a', 'b', 'c', 'd'].map(secrets.reveal)).toEqual(['t0ken', 'from file', 't0ken-c', 'line 1\nline 2']);
  expect(secrets.known()).toEqual(['a', 'b', 'c']);
});

test('a file that others may read is refused with the command that helps', async () => {
  const { secrets, root } = await secretsOf('  b: { file: b.txt }', { 'b.txt': 'text' });
  for (const mode of [0o644, 0o640, 0o604, 0o620]) {
    chmodSync(join(root, 'b.txt'), mode);
    expect(failure(() => secrets.reveal('b'))).toMatchObject({
      code: 'SECRET_UNSAFE',
      hint: `chmod 600 ${root}/b.txt`,
    });
  }
  chmodSync(join(root, 'b.txt'), 0o400);
  expect(secrets.reveal('b')).toBe('text');
});

test('what is not there is said with its place', async () => {
  const { secrets, root } = await secretsOf('  a: { env: NOPE }\n  e: { env: EMPTY }\n  b: { file: nope }');
  expect(failure(() => secrets.reveal('a'))).toMatchObject({ code: 'SECRET_MISSING', hint: 'set NOPE' });
  expect(failure(() => secrets.reveal('e')).message).toContain('it is empty');
  expect(failure(() => secrets.reveal('b')).message).toContain(join(root, 'nope'));
  expect(failure(() => secrets.reveal('d')).message).toContain(join(root, '.realm/secrets/d'));
});

test('a name cannot leave the folder of secrets', async () => {
  const { secrets } = await secretsOf('  a: { env: TOKEN }', { passwd: 'root' });
  for (const name of ['../../passwd', '..', '/etc/passwd', 'a/b', '', '.hidden', 'a\nb']) {
    expect(failure(() => secrets.reveal(name)).code).toBe('SECRET_MISSING');
  }
});

test('a command that fails or does not exist is said without its output', async () => {
  const { secrets } = await secretsOf(
    '  a: { command: [sh, -c, "echo $((40+2))leak; echo $((40+2))leak >&2; exit 3"] }\n  b: { command: [./nope] }',
  );
  const failed = failure(() => secrets.reveal('a'));
  expect(failed).toMatchObject({ code: 'SECRET_FAILED', message: 'the command of the secret a ended with 3' });
  expect(JSON.stringify([failed.message, failed.hint, failed.cause])).not.toContain('42leak');
  expect(failure(() => secrets.reveal('b')).message).toContain('could not be started');
});

test('a file is read each time; its older text stays masked', async () => {
  const { secrets, root } = await secretsOf('  b: { file: b.txt }', { 'b.txt': 'hunter2' });
  expect(secrets.mask.text('hunter2')).toBe('hunter2');
  secrets.reveal('b');
  writeFileSync(join(root, 'b.txt'), 'other');
  expect(secrets.reveal('b')).toBe('other');
  expect(secrets.mask.text('x hunter2 y other')).toBe('x (secret b) y (secret b)');
});

test('no form of a revealed secret gets through the mask', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ minLength: 4, maxLength: 20, unit: 'binary' }),
      fc.string({ maxLength: 5 }),
      async (text, around) => {
        const written = text.replaceAll('\0', '0').replace(/[\r\n]+$/, '') || 'text';
        const { secrets } = await secretsOf('  x: { file: x.txt }', { 'x.txt': written });
        const revealed = secrets.reveal('x');
        const masked = secrets.mask.text(`${around}${revealed}${around} ${JSON.stringify({ revealed })}`);
        fc.pre(!'(secret x)'.includes(revealed) && !around.includes(revealed) && !'{"revealed":""}'.includes(revealed));
        expect(masked.replaceAll('(secret x)', '')).not.toContain(revealed);
      },
    ),
    { numRuns: 60 },
  );
});

test('of two secrets the longer is masked first, so none leaves its end behind', async () => {
  const { secrets } = await secretsOf('  a: { file: a }\n  b: { file: b }', { a: 'pass', b: 'password-1' });
  secrets.reveal('a');
  secrets.reveal('b');
  expect(secrets.mask.text('password-1 pass')).toBe('(secret b) (secret a)');
});

test('each long line of a key file is masked by itself', async () => {
  const key = '-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n';
  const { secrets } = await secretsOf('  k: { file: k }', { k: key });
  secrets.reveal('k');
  expect(secrets.mask.text('at MIIEvQIBADANBgkq')).toBe('at (secret k)');
});

test('a secret that is written out can be revealed and is masked, but is in no spec', async () => {
  const realm = testRealm({
    'realm.config.yaml': 'plugins: [agents, services]\nagents: { z: { home: z, command: [a], token: hunter22 } }\n',
  });
  const declaration = await realm.valid();
  const { token } = resource(declaration, 'agent/z').spec as { token: Secret };
  expect(JSON.stringify([...declaration.resources.values()])).not.toContain('hunter22');
  const secrets = createSecrets(await realm.source(), { env, stateDir: join(realm.root, '.realm') });
  expect(secrets.reveal(token.name)).toBe('hunter22');
  expect(secrets.mask.text('hunter22')).toBe('(secret config:agents.z.token)');
  expect(failure(() => secrets.reveal('config:agents.y.token')).code).toBe('SECRET_MISSING');
});
