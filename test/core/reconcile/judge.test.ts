// What is said of an apply after which something differs: a lie, a world that moves, or no answer at all.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { type TestRealm, testRealm } from '../kernel/realm.ts';

type Ref = `${string}/${string}`;
const ready = (kernel: Kernel, ref: Ref) =>
  kernel.store.resources.get(ref)!.conditions.find(({ type }) => type === 'Ready')!;
const failures = (kernel: Kernel): unknown[] =>
  kernel.store.journal.read({ type: 'resource.failed' }).map(({ data }) => data);

async function realmWith(things: string, more = ''): Promise<{ realm: TestRealm; kernel: Kernel }> {
  const realm = testRealm({ 'realm.config.yaml': `plugins: [./restless.ts]\n${more}things:\n${things}` });
  cpSync(join(import.meta.dirname, '../kernel/plugins/restless.ts'), join(realm.root, 'restless.ts'));
  return { realm, kernel: await realm.open() };
}

test('a world that moves while it is put right is put right again at once, and nobody is blamed', async () => {
  const { realm, kernel } = await realmWith('  a: { how: moves once }\n');
  await kernel.start();
  await realm.clock.advance(20);
  expect(ready(kernel, 'thing/a')).toMatchObject({ status: 'True' });
  expect(kernel.store.resources.get('thing/a')).toMatchObject({ attempts: 0, intent: null });
  expect(failures(kernel)).toEqual([]);
  expect((await realm.door(kernel).status()).plugins[0]!.degraded).toBeNull();
  await realm.stop(kernel);
});

test('the same difference again is a lie of the plugin: at the first time', async () => {
  const { realm, kernel } = await realmWith('  a: { how: slot }\n');
  await kernel.start();
  await realm.clock.advance(0);
  expect(ready(kernel, 'thing/a')).toMatchObject({ status: 'False', reason: 'APPLY_DID_NOT_CONVERGE' });
  expect(ready(kernel, 'thing/a').message).toContain('plugin restless said done, but it still differs: newest');
  await realm.stop(kernel);
});

test('a world that moves each time, or a lie in other words each time, is tried ever less and told in the end', async () => {
  const { realm, kernel } = await realmWith('  a: { how: moves each time }\n  b: { how: wanders }\n');
  let looks = 0;
  kernel.loop.onPass = () => looks++;
  await kernel.start();
  await realm.clock.advance(1);
  expect(ready(kernel, 'thing/a')).toMatchObject({ reason: 'Progressing', message: 'the world moved meanwhile: at' });
  const reasons = realm
    .door(kernel)
    .why('thing/a')
    .then((view) => view.reasons.join('\n'));
  await expect(reasons).resolves.toMatch(
    /^it was put right (once|\d+ times in a row), and the world moved meanwhile; /m,
  );
  await realm.clock.advance(3_600_000);
  expect(looks).toBeGreaterThan(20);
  expect(looks).toBeLessThan(300);
  for (const ref of ['thing/a', 'thing/b'] as const) {
    expect(ready(kernel, ref).reason).toBe('APPLY_DID_NOT_CONVERGE');
    expect(ready(kernel, ref).message).toMatch(/said done \d+ times, and each time it differs anew: at/);
  }
  await realm.stop(kernel);
});

test('changes and runs that are no plain data break the look, with the plugin named, and no question is asked', async () => {
  const { realm, kernel } = await realmWith(
    '  a: { how: unplain, protect: true }\n  b: { how: unplain run }\n  c: { how: still }\n',
    'realm: { locked: ["things.*"] }\n',
  );
  await kernel.start();
  await realm.clock.advance(1_000);
  for (const [ref, what] of [
    ['thing/a', 'work'],
    ['thing/b', 'the input of run k'],
  ] as const) {
    expect(ready(kernel, ref)).toMatchObject({ status: 'False', reason: 'DIFF_FAILED' });
    expect(ready(kernel, ref).message).toContain(`plugin restless: comparing failed: ${what}: not plain data`);
  }
  expect(ready(kernel, 'thing/c').status).toBe('True');
  expect(kernel.store.approvals.all()).toEqual([]);
  const plan = await realm.door(kernel).plan({});
  expect(plan.unseen.map(({ ref, why }) => [ref, why.includes('not plain data')])).toEqual([
    ['thing/a', true],
    ['thing/b', true],
  ]);
  await realm.stop(kernel);
});
