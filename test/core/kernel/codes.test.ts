// Codes that only a running kernel can give, each through the door that people use.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookingDoor } from '../../../core/api/look.ts';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { silentLog } from '../../../core/kernel/world.ts';
import { noCrash } from '../../../core/crash.ts';
import { seededRandom } from '../../../core/random.ts';
import { type TestRealm, testRealm } from './realm.ts';

const plugin = (realm: TestRealm, name: string): void =>
  cpSync(join(import.meta.dirname, 'plugins', `${name}.ts`), join(realm.root, `${name}.ts`));
const reasonOf = (kernel: Kernel, ref: `${string}/${string}`): string =>
  kernel.store.resources.get(ref)!.conditions.find(({ type }) => type === 'Ready')!.reason;

test('what a plugin does wrong has a code in the condition and in the journal', async () => {
  const hows = {
    'observe-throws': 'OBSERVE_FAILED',
    'observe-hangs': 'OBSERVE_TIMEOUT',
    'conditions-throw': 'DIFF_FAILED',
    'apply-throws': 'APPLY_FAILED',
    'apply-hangs': 'APPLY_TIMEOUT',
    lies: 'APPLY_DID_NOT_CONVERGE',
  };
  const bads = Object.keys(hows).map((how) => `  ${how}: { path: ${how}.txt, how: ${how} }\n`);
  const realm = testRealm({ 'realm.config.yaml': `plugins: [./bad.ts]\nbads:\n${bads.join('')}` });
  plugin(realm, 'bad');
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(90_000);
  const reasons = Object.fromEntries(Object.keys(hows).map((how) => [how, reasonOf(kernel, `bad/${how}`)]));
  await realm.stop(kernel);
  expect(reasons).toEqual(hows);
});

test('a thing that is still there after its removal is REMOVE_FAILED', async () => {
  const realm = testRealm({
    'realm.config.yaml':
      'plugins: [./codes.ts, file]\nstucks: { a: { path: a.txt } }\nfiles: { b: { path: b.txt, text: b } }\n',
  });
  plugin(realm, 'codes');
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  realm.write('realm.config.yaml', 'plugins: [./codes.ts, file]\nfiles: { b: { path: b.txt, text: b } }\n');
  await kernel.reload();
  await realm.clock.advance(3_000);
  const failed = kernel.store.journal
    .read({ type: 'resource.failed' })
    .map(({ data }) => (data as { code: string }).code);
  await realm.stop(kernel);
  expect(new Set(failed)).toEqual(new Set(['REMOVE_FAILED']));
});

test('questions about what is not there, and inputs that do not fit, have their codes', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [./codes.ts]\n' });
  plugin(realm, 'codes');
  const kernel = await realm.open({ purpose: 'once' });
  const door = realm.door(kernel);
  await expect(door.answer('nope', 'approved', 'x', 'user:ann')).rejects.toMatchObject({ code: 'APPROVAL_UNKNOWN' });
  await expect(door.cancel('nope', 'x', 'user:ann')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  await expect(door.invoke('codes.nope', {}, 'user:ann')).rejects.toMatchObject({ code: 'ACTION_UNKNOWN' });
  await expect(door.invoke('codes.quick', { times: 'many' }, 'user:ann')).rejects.toMatchObject({
    code: 'ACTION_INPUT_INVALID',
  });
  await expect(door.invoke('codes.schedule', { pattern: 'now and then' }, 'user:ann')).rejects.toMatchObject({
    code: 'SCHEDULE_INVALID',
  });
  const { id } = (await door.invoke('codes.quick', { times: 3 }, 'user:ann')) as { id: string };
  await realm.clock.advance(1_000);
  expect(await door.run(id)).toMatchObject({ state: 'succeeded' });
  await expect(door.run('nope')).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  await expect(door.cancel(id, 'x', 'user:ann')).rejects.toMatchObject({ code: 'RUN_ENDED' });
  await realm.stop(kernel);
});

test('an action that looks and emits all the same is LOOK_ONLY in a process that only looks', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [./codes.ts]\n' });
  plugin(realm, 'codes');
  const file = join(realm.root, 'realm.config.yaml');
  const stateDir = join(realm.root, '.realm');
  const { clock } = realm;
  const world = { clock, random: seededRandom(1), crash: noCrash, env: {}, log: () => silentLog };
  const options = {
    file,
    stateDir,
    env: {},
    clock,
    signal: new AbortController().signal,
    wait: true,
    need: 'look' as const,
    purpose: 'realm status',
  };
  const door = await lookingDoor(options, world);
  await expect(door.invoke('codes.emit', {}, 'user:ann')).rejects.toMatchObject({ code: 'LOOK_ONLY' });
  await door.close();
});
