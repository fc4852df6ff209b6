// What comes after what, until what: the kernel waits for exactly that, says so, and goes on when it is so.
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import type { Ref } from '../../../core/model/ref.ts';
import { type TestRealm, testRealm } from './realm.ts';

type Scripts = Readonly<Record<string, string>>;

async function staged(sections: string, scripts: Scripts): Promise<{ realm: TestRealm; kernel: Kernel }> {
  const files = Object.fromEntries(Object.entries(scripts).map(([name, words]) => [`${name}.txt`, lines(words)]));
  const realm = testRealm({ 'realm.config.yaml': config(sections), ...files });
  cpSync(join(import.meta.dirname, 'plugins/stage.ts'), join(realm.root, 'stage.ts'));
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(1_000);
  return { realm, kernel };
}

const PATIENT = { timeout: 60_000 };
const config = (sections: string): string => `plugins: [./stage.ts, file]\n${sections}`;
const lines = (words: string): string => words.split(', ').join('\n') + '\n';
const played = ({ root }: TestRealm): string[] => {
  const log = join(root, 'played.log');
  return existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
};
const readyOf = (kernel: Kernel, ref: Ref) =>
  kernel.store.resources.get(ref)!.conditions.find(({ type }) => type === 'Ready')!;

/** The file says something else from now on, and it is looked at. */
async function says(realm: TestRealm, kernel: Kernel, name: string, words: string): Promise<void> {
  realm.write(`${name}.txt`, lines(words));
  kernel.wake(`scene/${name}`);
  await realm.clock.advance(100);
}

test('what waits for completed goes on at once when it is completed, and neither sooner nor because of Ready', async () => {
  const { realm, kernel } = await staged(
    'scenes:\n  migrate: { script: migrate.txt }\n  web: { script: web.txt, after: { scene/migrate: completed } }\n',
    { migrate: 'played, Ready, Started', web: '' },
  );
  const door = realm.door(kernel);
  expect(readyOf(kernel, 'scene/web')).toMatchObject({
    status: 'False',
    reason: 'Waiting',
    message: 'waits for scene/migrate to be completed',
  });
  const why = await door.why('scene/web');
  expect(why.waitsFor).toEqual(['scene/migrate']);
  expect(why.reasons[0]).toBe(
    'it waits for scene/migrate to be completed, which is not so (Script): played Ready Started ',
  );
  await says(realm, kernel, 'migrate', 'played, Ready, Started, Completed');
  expect(played(realm)).toEqual(['web: update played scene/migrate Completed ignore']);
  await realm.stop(kernel);
});

test('each edge waits for its own condition, and the kind sees all of them', async () => {
  const { realm, kernel } = await staged(
    `scenes:
  db: { script: db.txt }
  cache: { script: cache.txt }
  web:
    script: web.txt
    after: { scene/db: { onLoss: restart }, scene/cache: { until: { log: /on \\d+/ }, onLoss: stop }, file/page: started }
files:
  page: { path: page.txt, text: x }
`,
    { db: 'played', cache: 'played, Ready', web: '' },
  );
  const waits = (): string => readyOf(kernel, 'scene/web').message;
  expect(waits()).toBe(
    'waits for scene/db to be ready, scene/cache to print a line that matches /on \\d+/', // a file that is ready has started
  );
  await says(realm, kernel, 'db', 'played, Ready');
  expect(waits()).toBe('waits for scene/cache to print a line that matches /on \\d+/');
  await says(realm, kernel, 'cache', 'played, Log /on \\d+/');
  expect(played(realm)).toEqual([
    'web: update played scene/db Ready restart, scene/cache Log /on \\d+/ stop, file/page Started ignore',
  ]);
  await realm.stop(kernel);
});

test('a condition of before an edit counts for nothing', async () => {
  const sections = (turn: number, scripts: string): string =>
    `scenes:\n  a: { script: ${scripts}.txt, turn: ${turn} }\n  b: { script: b.txt, turn: ${turn}, after: { scene/a: completed } }\n`;
  const { realm, kernel } = await staged(sections(1, 'a'), { a: 'played, Ready, Completed', b: 'played' });
  await says(realm, kernel, 'b', 'played, Ready');
  realm.write('realm.config.yaml', config(sections(2, 'nowhere')));
  realm.write('b.txt', '\n');
  await kernel.reload();
  await realm.clock.advance(200);
  expect(played(realm)).toEqual([]);
  expect(readyOf(kernel, 'scene/b').message).toBe('waits for scene/a to be completed');
  await realm.stop(kernel);
});

test('what is never said is waited for with that very reason', async () => {
  const { realm, kernel } = await staged(
    'files:\n  page: { path: page.txt, text: x }\nscenes:\n  web: { script: web.txt, after: { file/page: completed } }\n',
    { web: '' },
  );
  const { reasons } = await realm.door(kernel).why('scene/web');
  expect(reasons[0]).toBe(
    'it waits for file/page to be completed, of which nothing is ever said: its kind has no condition Completed',
  );
  await realm.stop(kernel);
});

test('an edit that makes others wait for a condition wakes the one that has to say it', async () => {
  const before = 'scenes:\n  a: { script: a.txt }\n  b: { script: b.txt }\n';
  const { realm, kernel } = await staged(before, { a: 'played, Ready, Log /up/', b: 'Ready, played' });
  realm.write('b.txt', '\n');
  const edited =
    'scenes:\n  a: { script: a.txt }\n  b: { script: b.txt, after: { scene/a: { until: { log: up } } } }\n';
  realm.write('realm.config.yaml', config(edited));
  await kernel.reload();
  await realm.clock.advance(200);
  expect(played(realm)).toEqual(['b: update played scene/a Log /up/ ignore']);
  await realm.stop(kernel);
});

test('ending something waits for nothing that it comes after', async () => {
  const { realm, kernel } = await staged(
    'scenes:\n  db: { script: db.txt }\n  web: { script: web.txt, after: [scene/db] }\n',
    { db: 'played', web: 'ending, played' },
  );
  expect(played(realm)).toEqual(['web: remove played scene/db Ready ignore']);
  await realm.stop(kernel);
});

test('a plan of one resource takes along what a map says it comes after', async () => {
  const { realm, kernel } = await staged(
    'scenes:\n  a: { script: a.txt }\n  b: { script: b.txt, after: { scene/a: started } }\n  c: { script: c.txt }\n',
    { a: 'played', b: 'played', c: 'played' },
  );
  expect((await realm.door(kernel).plan({ target: ['scene/b'] })).closure).toEqual(['scene/a']);
  await realm.stop(kernel);
});

const AB = 'scenes:\n  b: { script: b.txt, after: [scene/a] }\n  a: { script: a.txt }\n';

test('after a restart, what stood before it counts for nothing until it was looked at again', async () => {
  const { realm, kernel } = await staged(AB, { a: 'played, Ready', b: 'played, Ready' });
  await realm.stop(kernel);
  for (const name of ['a', 'b']) realm.write(`${name}.txt`, lines(name === 'a' ? 'played' : 'Ready'));
  const next = await realm.open();
  await next.start();
  await realm.clock.advance(1_000);
  expect(played(realm)).toEqual([]);
  expect(readyOf(next, 'scene/b').message).toBe('waits for scene/a to be ready');
  await says(realm, next, 'a', 'played, Ready');
  expect(played(realm)).toEqual(['b: update played scene/a Ready ignore']);
  await realm.stop(next);
});

test('after a restart, what waited for a look goes on when all is as it was', async () => {
  const { realm, kernel } = await staged(AB, { a: 'played, Ready', b: 'played, Ready' });
  await realm.stop(kernel);
  realm.write('b.txt', lines('Ready'));
  const next = await realm.open();
  await next.start();
  await realm.clock.advance(100);
  expect(played(realm)).toEqual(['b: update played scene/a Ready ignore']);
  await realm.stop(next);
});

test('what waits for something that is edited while it is looked at hears of the look at the edit', async () => {
  const both = (script: string): string =>
    `scenes:\n  a: { script: ${script} }\n  b: { script: b.txt, after: [scene/a] }\n`;
  const { realm, kernel } = await staged(both('a.txt'), { a: 'played, Ready', b: 'played, Ready', edited: 'looking' });
  await says(realm, kernel, 'a', 'played, Ready, looking');
  realm.write('realm.config.yaml', config(both('edited.txt')));
  await kernel.reload();
  await says(realm, kernel, 'b', 'Ready');
  const looks: Ref[] = [];
  kernel.loop.onPass = (ref) => looks.push(ref);
  realm.write('a.txt', lines('played, Ready'));
  await vi.waitFor(() => expect(looks).toContain('scene/b'), PATIENT);
  await kernel.loop.landed('scene/b');
  expect(readyOf(kernel, 'scene/b').message).toBe('waits for scene/a to be ready');
  realm.write('edited.txt', lines('played, Ready'));
  await vi.waitFor(() => expect(played(realm)).toEqual(['b: update played scene/a Ready ignore']), PATIENT);
  await realm.stop(kernel);
});
