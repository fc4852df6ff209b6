// Plugins that throw, hang and lie, and what the others notice of it.
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testRealm } from './realm.ts';

const HOWS = ['observe-throws', 'observe-hangs', 'conditions-throw', 'apply-throws', 'apply-hangs', 'lies'] as const;

test('a throwing, hanging or lying plugin degrades its own resources only, with its name in the message', async () => {
  const bads = HOWS.map((how) => `  ${how}: { path: ${how}.txt, how: ${how} }\n`).join('');
  const realm = testRealm({
    'realm.config.yaml': `plugins: [./bad.ts, file]\nbads:\n${bads}  good: { path: good.txt, how: fine }\nfiles:\n  reviewed: { path: reviewed.txt, text: x }\n`,
  });
  cpSync(join(import.meta.dirname, 'plugins/bad.ts'), join(realm.root, 'bad.ts'));
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(90_000);
  const door = realm.door(kernel);
  const status = await door.status();
  const ready = Object.fromEntries(status.resources.map((one) => [one.ref, one.ready]));
  expect(ready).toEqual({
    'bad/observe-throws': null,
    'bad/observe-hangs': null,
    'bad/conditions-throw': false,
    'bad/apply-throws': false,
    'bad/apply-hangs': false,
    'bad/lies': false,
    'bad/good': true,
    'file/reviewed': true,
  });
  expect(existsSync(join(realm.root, 'reviewed.txt'))).toBe(true);
  for (const how of HOWS) {
    const conditions = status.resources.find(({ ref }) => ref === `bad/${how}`)!.conditions;
    expect(conditions.find(({ type }) => type === 'Ready')!.message, how).toContain('bad');
  }
  expect((await door.why('bad/apply-throws')).reasons.join('\n')).toContain('hands tied');
  const health = status.plugins.find(({ plugin }) => plugin === 'bad')!;
  expect(health.degraded).not.toBeNull();
  const degraded = kernel.store.journal
    .read({ type: 'plugin.degraded' })
    .map(({ data }) => (data as { where: string }).where);
  expect(degraded).toContain('hook review');
  expect(degraded).toContain('listener of resource.applied');
  expect(degraded.some((where) => where.includes('bad/observe-hangs'))).toBe(true);
  expect(status.plugins.find(({ plugin }) => plugin === 'file')!.degraded).toBeNull();
  await realm.stop(kernel);
});

test('a failing resource is tried again with growing pauses, and one success resets them', async () => {
  const realm = testRealm({ 'realm.config.yaml': 'plugins: [file]\nfiles:\n  a: { path: folder/a, text: x }\n' });
  realm.write('folder', ''); // a file is in the way
  const kernel = await realm.open();
  await kernel.start();
  let looks = 0;
  kernel.loop.onPass = () => looks++;
  await realm.clock.advance(10_000);
  const early = looks;
  const { reasons } = await realm.door(kernel).why('file/a');
  expect(reasons.join('\n')).toMatch(/^\d+ attempts failed; the next is at /m);
  expect(reasons.join('\n')).toMatch(/: (looking|apply of file\/a) failed: E[A-Z]+: /);
  expect(reasons.join('\n'), 'the file in the way is no defect of the plugin').not.toContain('plugin file');
  await realm.clock.advance(600_000);
  expect(early).toBeGreaterThan(3);
  expect(looks).toBeLessThan(60);
  expect(kernel.store.resources.get('file/a')!.attempts).toBeGreaterThan(5);
  realm.write('realm.config.yaml', 'plugins: [file]\nfiles:\n  a: { path: free.txt, text: x }\n');
  await kernel.reload();
  await realm.clock.advance(1_000);
  expect(kernel.store.resources.get('file/a')!.attempts).toBe(0);
  await realm.stop(kernel);
});

test('what comes after another waits for it, says so, and goes on when it is ready', async () => {
  const realm = testRealm({
    'realm.config.yaml':
      'plugins: [file]\nfiles:\n  a: { path: dir/a.txt, text: a }\n  b: { path: b.txt, text: b, after: [file/a] }\n  c: { path: c.txt, text: c, after: [file/b] }\n',
    dir: 'a file in the way of the folder',
  });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(5_000);
  const door = realm.door(kernel);
  expect(existsSync(join(realm.root, 'b.txt'))).toBe(false);
  const why = await door.why('file/b');
  expect(why.waitsFor).toEqual(['file/a']);
  expect(why.reasons[0]).toContain('file/a');
  realm.write(
    'realm.config.yaml',
    'plugins: [file]\nfiles:\n  a: { path: a.txt, text: a }\n  b: { path: b.txt, text: b, after: [file/a] }\n  c: { path: c.txt, text: c, after: [file/b] }\n',
  );
  await kernel.reload();
  await realm.clock.advance(1_000);
  expect(['a', 'b', 'c'].map((name) => existsSync(join(realm.root, `${name}.txt`)))).toEqual([true, true, true]);
  await realm.stop(kernel);
});

test('an invalid edit keeps the last good config and says what is wrong', async () => {
  const good = 'plugins: [file]\nfiles:\n  a: { path: a.txt, text: a }\n';
  const realm = testRealm({ 'realm.config.yaml': good });
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  realm.write('realm.config.yaml', `${good}  b: { pth: b.txt }\n`);
  const answer = await kernel.reload();
  expect(answer.ok).toBe(false);
  const status = await realm.door(kernel).status();
  expect(status.configError).toContain('error');
  expect(status.resources.map(({ ref, ready }) => [ref, ready])).toEqual([['file/a', true]]);
  realm.write('realm.config.yaml', good);
  expect(await kernel.reload()).toEqual({ ok: true, changed: false });
  expect((await realm.door(kernel).status()).configError).toBeNull();
  await realm.stop(kernel);
});
