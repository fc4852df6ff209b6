// Questions that plugins put to people: they wait as long as it takes, hold nothing back, and are asked once.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lookingDoor } from '../../../core/api/look.ts';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { silentLog } from '../../../core/kernel/world.ts';
import { seededRandom } from '../../../core/random.ts';
import { type TestRealm, testRealm } from './realm.ts';

const DAY = 86_400_000;
const config = (about: readonly string[]): string =>
  `plugins: [./curious.ts]\nwonders: { a: { about: ${JSON.stringify(about)} } }\n`;

function staged(...about: string[]): TestRealm {
  const realm = testRealm({ 'realm.config.yaml': config(about) });
  cpSync(join(import.meta.dirname, 'plugins/curious.ts'), join(realm.root, 'curious.ts'));
  return realm;
}
async function running(realm: TestRealm): Promise<Kernel> {
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(5_000);
  return kernel;
}
const told = async (realm: TestRealm, kernel: Kernel): Promise<string | undefined> => {
  const [resource] = (await realm.door(kernel).status('wonder/a')).resources;
  return resource!.conditions.find(({ type }) => type === 'Told')?.message;
};

test('it is asked once, listed with the approvals, holds nothing back, and wakes the one it is about', async () => {
  const realm = staged('red', 'blue');
  const kernel = await running(realm);
  const door = realm.door(kernel);
  await realm.clock.advance(3 * 60_000);
  const asked = (await door.approvals()).filter(({ ref }) => ref === 'wonder/a');
  expect(asked.map(({ what, state, expiresAt }) => ({ what, state, expiresAt }))).toEqual(
    expect.arrayContaining([
      { what: 'is red right?', state: 'waiting', expiresAt: null },
      { what: 'is blue right?', state: 'waiting', expiresAt: null },
    ]),
  );
  expect(asked).toHaveLength(2);
  const [resource] = (await door.status('wonder/a')).resources;
  expect(resource!.conditions.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
  const red = asked.find(({ what }) => what.includes('red'))!;
  await door.answer(red.id, 'approved', 'it is', 'user:ann');
  await realm.clock.advance(2_000);
  expect(await told(realm, kernel)).toBe('approved by user:ann: it is');
  await expect(door.answer(red.id, 'denied', 'no', 'user:bob')).rejects.toMatchObject({ code: 'APPROVAL_CLOSED' });
  await kernel.stop(1_000);
});

test('it waits for months, over restarts and edits that are applied, and what is answered is not asked again', async () => {
  const realm = staged('red');
  const first = await running(realm);
  await realm.stop(first);
  await realm.clock.advance(90 * DAY);
  const kernel = await running(realm);
  const door = realm.door(kernel);
  const [red] = await door.approvals();
  expect(red).toMatchObject({ state: 'waiting', what: 'is red right?' });
  realm.write('realm.config.yaml', config(['red', 'blue'])); // applied: an approval of a change would be over now
  await kernel.reload();
  await realm.clock.advance(5_000);
  expect((await door.approvals()).map(({ state }) => state)).toEqual(['waiting', 'waiting']);
  await door.answer(red!.id, 'denied', 'never', 'user:ann');
  await realm.clock.advance(5 * 60_000);
  expect(await told(realm, kernel)).toBe('denied by user:ann: never');
  expect(await door.approvals()).toHaveLength(2);
  await kernel.stop(1_000);
});

test('of one resource 20 wait at most, and the next is asked when one of them was answered', async () => {
  const realm = staged(...Array.from({ length: 23 }, (_, index) => `colour ${index}`));
  const kernel = await running(realm);
  const door = realm.door(kernel);
  const waiting = async (): Promise<number> =>
    (await door.approvals()).filter(({ state }) => state === 'waiting').length;
  expect(await waiting()).toBe(20);
  const [one] = await door.approvals();
  await door.answer(one!.id, 'approved', 'yes', 'user:ann');
  await realm.clock.advance(5_000);
  expect(await waiting()).toBe(20);
  expect(new Set((await door.approvals()).map(({ what }) => what)).size, 'none is asked again').toBe(21);
  await kernel.stop(1_000);
});

test('one that was taken back no longer waits; actions know who asks; what only looks asks nobody', async () => {
  const realm = staged('red', 'blue');
  const kernel = await running(realm);
  const door = realm.door(kernel);
  expect(await door.invoke('curious.who', { close: 'a red' }, 'user:ann')).toMatchObject({ actor: 'user:ann' });
  expect((await door.approvals()).map(({ what, state }) => `${what} ${state}`).toSorted()).toEqual([
    'is blue right? waiting',
    'is red right? expired',
  ]);
  const world = { clock: realm.clock, random: seededRandom(1), crash: () => {}, env: {}, log: () => silentLog };
  const source = { file: join(realm.root, 'realm.config.yaml'), stateDir: join(realm.root, '.realm'), env: {} };
  const look = await lookingDoor({ ...source, clock: realm.clock, purpose: 'look' } as never, world);
  expect(await look.invoke('curious.look', {}, 'user:ann')).toMatchObject({ all: ['a blue waiting'] });
  await expect(look.invoke('curious.look', { ask: true }, 'user:ann')).rejects.toMatchObject({ code: 'LOOK_ONLY' });
  await look.close();
  await kernel.stop(1_000);
});
