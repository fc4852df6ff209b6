// Secrets in a running kernel: another text is a change for kinds that mind, and ordinary words do no harm as a secret.
import { chmodSync, cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookingDoor } from '../../../core/api/look.ts';
import type { Door, PlanView } from '../../../core/api/door.ts';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { silentLog } from '../../../core/kernel/world.ts';
import { noCrash } from '../../../core/crash.ts';
import { seededRandom } from '../../../core/random.ts';
import { type TestRealm, testRealm } from './realm.ts';

const TOKEN = '${secret:token}';
const config = (how: string, more = ''): string =>
  `plugins: [./vows.ts]\nsecrets: { token: { file: token.txt } }\nvows: { a: { env: { K: ${JSON.stringify(TOKEN)} }, how: ${how} }${more} }\n`;

function secretRealm(text: string): TestRealm {
  const realm = testRealm({ 'realm.config.yaml': text });
  cpSync(join(import.meta.dirname, 'plugins/vows.ts'), join(realm.root, 'vows.ts'));
  setToken(realm, 'first text');
  return realm;
}
function setToken(realm: TestRealm, text: string): void {
  realm.write('token.txt', text);
  chmodSync(join(realm.root, 'token.txt'), 0o600);
}
const applied = (realm: TestRealm, name = 'a'): unknown[] => {
  const file = join(realm.root, `${name}.log`);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line): unknown => JSON.parse(line));
};
const begin = async (realm: TestRealm): Promise<Kernel> => {
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  return kernel;
};
const later = (realm: TestRealm): Promise<void> => realm.clock.advance(80_000);
const looking = (realm: TestRealm): Promise<Door> => {
  const world = { clock: realm.clock, random: seededRandom(1), crash: noCrash, env: {}, log: () => silentLog };
  const { signal } = new AbortController();
  const place = { file: join(realm.root, 'realm.config.yaml'), stateDir: join(realm.root, '.realm') };
  return lookingDoor({ ...place, env: {}, clock: realm.clock, signal, wait: true, need: 'look', purpose: 't' }, world);
};
const ROTATED = {
  path: 'env.K',
  reason: 'config',
  because: 'SecretChanged',
  from: '(secret token)',
  to: '(secret token)',
};

test('another text is one change with the place of the secret, and none for a kind that does not mind', async () => {
  const realm = secretRealm(config('minds', `, b: { env: { K: ${JSON.stringify(TOKEN)} }, how: does not }`));
  const kernel = await begin(realm);
  await later(realm);
  expect(applied(realm)).toHaveLength(1);
  setToken(realm, 'second text');
  const plan = await realm.door(kernel).plan({});
  expect(plan.changes).toMatchObject([
    { ref: 'vow/a', action: 'update', reason: 'config', because: 'SecretChanged', fields: [{ path: 'env.K' }] },
  ]);
  expect((await realm.door(kernel).drift({})).changes).toEqual([]);
  await later(realm);
  await later(realm);
  await realm.stop(kernel);
  expect(applied(realm)).toEqual([expect.anything(), [ROTATED]]);
  expect(applied(realm, 'b')).toHaveLength(1);
});

test('a text that changed while nothing ran is noticed by the next start, and a failed change is tried again', async () => {
  const realm = secretRealm(config('fails'));
  await realm.stop(await begin(realm));
  setToken(realm, 'second text');
  const kernel = await begin(realm);
  await later(realm);
  await realm.stop(kernel);
  const [first, ...rest] = applied(realm);
  expect(first).toMatchObject([{ path: '' }]);
  expect(rest.length).toBeGreaterThan(1);
  for (const one of rest) expect(one).toEqual([ROTATED]);
});

test('a looking process compares files too, runs no command, and takes what it cannot know for no change', async () => {
  const realm = secretRealm(config('minds').replace('{ file: token.txt }', '{ command: [./token] }'));
  realm.write('token', '#!/bin/sh\necho ran >> ran.log; cat token.txt\n');
  chmodSync(join(realm.root, 'token'), 0o700);
  await realm.stop(await begin(realm));
  setToken(realm, 'second text');
  const ran = readFileSync(join(realm.root, 'ran.log'), 'utf8');
  const door = await looking(realm);
  expect((await door.plan({})).changes).toEqual([]);
  expect(readFileSync(join(realm.root, 'ran.log'), 'utf8')).toBe(ran);
  await door.close();
  realm.write('realm.config.yaml', config('minds'));
  const other = await looking(realm);
  expect((await other.plan({})).changes).toMatchObject([{ ref: 'vow/a', because: 'SecretChanged' }]);
  await other.close();
});

test('a missing secret is no change, and its text no longer known is remembered as applied', async () => {
  const realm = secretRealm(config('minds'));
  const kernel = await begin(realm);
  setToken(realm, '');
  await later(realm);
  expect(applied(realm)).toHaveLength(1);
  setToken(realm, 'first text');
  await later(realm);
  expect(applied(realm)).toHaveLength(1);
  await realm.stop(kernel);
});

test('a kind that throws when it is asked degrades its own resource', async () => {
  const realm = secretRealm(config('throws'));
  const kernel = await begin(realm);
  const { resources } = await realm.door(kernel).status();
  await realm.stop(kernel);
  expect(resources[0]!.conditions[0]).toMatchObject({
    reason: 'DIFF_FAILED',
    message: expect.stringContaining('no mind'),
  });
});

test('a text that is too short to be hidden is refused by name', async () => {
  const realm = secretRealm(config('minds'));
  setToken(realm, 'abc');
  const kernel = await begin(realm);
  const { resources } = await realm.door(kernel).status();
  await realm.stop(kernel);
  expect(resources[0]!.conditions[0]).toMatchObject({
    reason: 'SECRET_SHORT',
    message: expect.not.stringContaining('abc'),
  });
});

test('no byte of the state has the text, older ones included', async () => {
  const realm = secretRealm(config('minds'));
  const kernel = await begin(realm);
  setToken(realm, 'second text');
  await later(realm);
  realm.write('realm.config.yaml', `${config('minds')}realm: { name: other }\n`);
  expect(await kernel.reload()).toMatchObject({ ok: true }); // reads secrets anew, and must not forget the older text
  kernel.emit('realm.stopped', { reason: 'it was the first text' });
  const events = kernel.store.journal.read({ type: 'vow.made' }).map(({ data }) => data);
  await realm.stop(kernel);
  expect(events).toEqual([{ with: '(secret token)' }, { with: '(secret token)' }]);
  for (const name of readdirSync(join(realm.root, '.realm'), { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const content = readFileSync(join(name.parentPath, name.name), 'latin1');
    expect([content.includes('first text'), content.includes('second text')], name.name).toEqual([false, false]);
  }
});

test('a password that is an ordinary word leaves refs as they are', async () => {
  const realm = secretRealm(config('minds').replace(' a: {', ' text: {'));
  setToken(realm, 'text');
  const kernel = await begin(realm);
  const door = realm.door(kernel);
  const events = kernel.store.journal.read({ ref: 'vow/text', type: 'resource.applied' });
  setToken(realm, 'vow/text');
  const plan = JSON.parse(JSON.stringify(await door.plan({}))) as PlanView;
  const { resources } = await door.status();
  const [, { steps }] = await Promise.all([realm.clock.advance(1_000), door.apply({ plan, actor: 'user:t' })]);
  await realm.stop(kernel);
  expect(events[0]!.data).toMatchObject({ ref: 'vow/text' });
  expect(resources.map(({ ref }) => ref)).toEqual(['vow/text']);
  expect(steps).toMatchObject([{ ref: 'vow/text', end: 'applied' }]);
});
