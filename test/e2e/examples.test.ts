// Every example, and the repository's own realm: explained, valid, planned, and looking at them changes nothing.
import { cp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { existsSync, globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { realm, tempRealm } from './realm.ts';

const root = join(import.meta.dirname, '../..');
const examples = globSync('examples/*/realm.config.yaml', { cwd: root }).map((file) => dirname(file));

test('there are examples, each with a README', () => {
  expect(examples).not.toEqual([]);
  expect(
    globSync('examples/*/README.md', { cwd: root })
      .map((file) => dirname(file))
      .sort(),
  ).toEqual([...examples].sort());
});

/** A copy of the example, never applied. */
async function copyOf(example: string): Promise<string> {
  const dir = await tempRealm({});
  await cp(join(root, example), dir, { recursive: true });
  await rm(join(dir, '.realm'), { recursive: true, force: true });
  return dir;
}

async function edit(dir: string, change: (text: string) => string): Promise<void> {
  const path = join(dir, 'realm.config.yaml');
  await writeFile(path, change(await readFile(path, 'utf8')));
}

test.each(examples)('%s is valid, and its plan is complete', async (example) => {
  const dir = await copyOf(example);
  const before = (await readdir(dir, { recursive: true })).sort();
  const validated = await realm(dir, ['validate', '--json']);
  expect(JSON.parse(validated.stdout)).toMatchObject({ diagnostics: [] });
  expect(validated.code).toBe(0);
  const planned = await realm(dir, ['plan']);
  expect(planned).toMatchObject({ code: 2, stderr: '' }); // 2: there is something to do, and every look succeeded
  expect((await readdir(dir, { recursive: true })).sort()).toEqual(before);
});

test('examples/hello is the realm of the README', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  for (const name of ['realm.config.yaml', 'greeting.ts'])
    expect(readme, name).toContain(await readFile(join(root, 'examples/hello', name), 'utf8'));
});

test('examples/freshness: old evidence is drift, and is made anew', async () => {
  const dir = await copyOf('examples/freshness');
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0, stderr: '' });
  expect(await realm(dir, ['drift'])).toMatchObject({ code: 0 });
  const old = new Date(Date.now() - 61_000);
  await utimes(join(dir, 'minute.txt'), old, old);
  await utimes(join(dir, 'hourly.txt'), old, old);
  const drift = await realm(dir, ['drift']);
  expect(drift.code).toBe(3);
  expect(drift.stdout).toMatch(/stamp\/minute.*Stale/);
  expect(drift.stdout).not.toContain('stamp/hourly');
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(await realm(dir, ['drift'])).toMatchObject({ code: 0 });
});

test('examples/profiles: a profile is laid over, null removes, and each value says where it was written', async () => {
  const dir = await copyOf('examples/profiles');
  const home = await realm(dir, ['config', '--json']);
  expect(home.stdout).toContain('at home');
  const lab = await realm(dir, ['--profile', 'lab', 'plan', '--json']);
  expect(lab.code).toBe(2);
  const { changes } = JSON.parse(lab.stdout) as { changes: { ref: string }[] };
  expect(changes.map(({ ref }) => ref)).toEqual(['file/where']);
  const origin = await realm(dir, ['config', '--origin'], { env: { REALM_PLACE: 'on a train' } });
  expect(origin.stdout).toContain('on a train');
  expect(origin.stdout).toContain('shared/greeting.yaml:3');
});

interface Approvals {
  readonly approvals: readonly { readonly id: string; readonly ref: string; readonly state: string }[];
}
async function waiting(dir: string): Promise<Approvals['approvals']> {
  const { stdout } = await realm(dir, ['approvals', '--json']);
  return (JSON.parse(stdout) as Approvals).approvals.filter(({ state }) => state === 'waiting');
}

test('examples/approvals: a locked path and a protected resource change only after a yes to exactly this', async () => {
  const dir = await copyOf('examples/approvals');
  const limits = (): Promise<string> => readFile(join(dir, 'limits.txt'), 'utf8');
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  await edit(dir, (text) => text.replace('2048', '4096'));
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 4 });
  expect(await limits()).toContain('2048');
  const [asked] = await waiting(dir);
  expect(asked).toMatchObject({ ref: 'file/limits' });
  expect(await realm(dir, ['approve', asked!.id, '--why', 'bigger model'])).toMatchObject({ code: 0 });
  await edit(dir, (text) => text.replace('4096', '8192'));
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 4 }); // the yes was for 4096
  expect(await limits()).toContain('2048');
  await edit(dir, (text) => text.replace('8192', '4096'));
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(await limits()).toContain('4096');

  await edit(dir, (text) => text.replace(/^ {2}ledger:.*\n/m, ''));
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 4 });
  expect(existsSync(join(dir, 'ledger.txt'))).toBe(true);
  const [removal] = await waiting(dir);
  expect(removal).toMatchObject({ ref: 'file/ledger' });
  expect(await realm(dir, ['approve', removal!.id, '--why', 'no longer kept'])).toMatchObject({ code: 0 });
  expect(await realm(dir, ['apply', '--yes'])).toMatchObject({ code: 0 });
  expect(existsSync(join(dir, 'ledger.txt'))).toBe(false);
});
