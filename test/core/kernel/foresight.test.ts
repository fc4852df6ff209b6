// A plan asks the reviews that apply will ask, and nothing comes of it but the answer.
import { expect, test } from 'vitest';
import { lookingDoor } from '../../../core/api/look.ts';
import type { Door } from '../../../core/api/door.ts';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { systemWorld } from '../../../core/kernel/world.ts';
import { type TestRealm, testRealm } from './realm.ts';

const guard = (taps: string): string => `
  import { definePlugin } from 'realm-runner/plugin';
  export default definePlugin({ name: 'guard', summary: 'Guards.', setup(realm) { ${taps} } });
`;
const files = (names: readonly string[]): string =>
  `plugins: [file, ./guard.ts]\nfiles:\n${names.map((name) => `  ${name}: { path: ${name}.txt, text: ${name} }\n`).join('')}`;

function realmWith(taps: string, names: readonly string[]): TestRealm {
  return testRealm({ 'guard.ts': guard(taps), 'realm.config.yaml': files(names) });
}

/** The door of a process that only looks. */
const looking = ({ root, clock }: TestRealm): Promise<Door> =>
  lookingDoor(
    {
      file: `${root}/realm.config.yaml`,
      stateDir: `${root}/.realm`,
      env: {},
      clock,
      signal: new AbortController().signal,
      wait: true,
      need: 'look',
      purpose: 'plan',
    },
    { ...systemWorld, clock },
  );

const heldIn = async (door: Pick<Door, 'plan'>): Promise<Record<string, string | undefined>> =>
  Object.fromEntries((await door.plan({})).changes.map(({ ref, held }) => [ref, held]));

async function applyOnce(realm: TestRealm, kernel: Kernel): Promise<Record<string, string>> {
  const applied = realm.door(kernel).apply({ actor: 'user:ann', allowDeletions: true });
  await realm.clock.advance(1_000);
  return Object.fromEntries((await applied).steps.map(({ ref, why }) => [ref, why]));
}

const QUIET_HOURS = `realm.tap('review', async ({ ref, action }) => {
  if (ref === 'file/a') return { why: 'quiet hours: ' + action, retryMs: 60_000 };
});`;

test('what a review would say stands in the plan, of a process that only looks and of one that acts', async () => {
  const realm = realmWith(QUIET_HOURS, ['a', 'b']);
  const door = await looking(realm);
  const said = { 'file/a': 'quiet hours: apply', 'file/b': undefined };
  expect(await heldIn(door)).toEqual(said);
  await door.close();
  const kernel = await realm.open({ purpose: 'once' });
  const before = kernel.store.journal.read({ since: 0 }).length;
  expect(await heldIn(realm.door(kernel))).toEqual(said);
  expect(kernel.store.journal.read({ since: 0 })).toHaveLength(before);
  expect((await applyOnce(realm, kernel))['file/a']).toContain('quiet hours: apply');
  await realm.stop(kernel);
});

test('a removal is asked about too', async () => {
  const realm = realmWith(
    "realm.tap('review', async ({ action }) => action === 'remove' ? { why: 'kept' } : undefined);",
    ['a', 'b'],
  );
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(2_000);
  realm.write('realm.config.yaml', files(['b']));
  await kernel.reload();
  expect(await heldIn(realm.door(kernel))).toEqual({ 'file/a': 'kept' });
  await realm.stop(kernel);
});

test('what waits for a person is held until the yes, and the plan itself asks nobody', async () => {
  const realm = realmWith("realm.tap('review', async () => ({ why: 'four eyes', approval: true }));", ['a']);
  const kernel = await realm.open();
  const door = realm.door(kernel);
  expect(await heldIn(door)).toEqual({ 'file/a': 'four eyes' });
  expect(await door.approvals()).toEqual([]);
  await kernel.start();
  await realm.clock.advance(1_000);
  await door.setOverride({ ref: 'file/a', effect: 'hold', why: 'so that only the plan is asked', actor: 'user:ann' });
  const [asked] = await door.approvals();
  await door.answer(asked!.id, 'approved', 'seen', 'user:bob');
  await door.clearOverride({ ref: 'file/a', effect: 'hold', why: 'done', actor: 'user:ann' });
  expect(await heldIn(door)).toEqual({ 'file/a': undefined });
  await realm.stop(kernel);
});

test('a review that acts is refused under a plan: nothing is stored or told, and a guard then holds', async () => {
  const act = (how: string, failing: string): string =>
    `realm.tap('review', async ({ ref }, ctx) => { if (ref === '${failing}') { ${how} } }, { onFailure: 'hold' });`;
  for (const how of ["ctx.rows.set('k', 1);", "ctx.emit('store.full', { message: 'x' });"]) {
    const realm = realmWith(act(how, 'file/a'), ['a', 'b']);
    const kernel = await realm.open();
    const before = kernel.store.journal.read({ since: 0 }).length;
    expect(await heldIn(realm.door(kernel))).toEqual({
      'file/a': 'the guard "guard" gave no answer',
      'file/b': undefined,
    });
    expect(kernel.store.rows.of('guard').list()).toEqual([]);
    expect(kernel.store.journal.read({ since: 0 })).toHaveLength(before);
    expect(kernel.troubles.health(['guard'])).toEqual([{ plugin: 'guard', degraded: null }]);
    await realm.stop(kernel);
  }
});

test('a review that hangs costs a plan its time once, not once for each change', async () => {
  const names = Array.from({ length: 300 }, (_, i) => `f${i}`);
  const realm = realmWith("realm.tap('review', () => new Promise(() => {}), { onFailure: 'hold' });", names);
  const door = await looking(realm);
  const began = realm.clock.now();
  let endedAt = Infinity;
  const planned = heldIn(door).finally(() => (endedAt = realm.clock.now()));
  await realm.clock.advance(60_000);
  expect(new Set(Object.values(await planned))).toEqual(new Set(['the guard "guard" gave no answer']));
  expect(endedAt - began).toBeLessThanOrEqual(5_000);
  await door.close();
});
