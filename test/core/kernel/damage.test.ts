// Damaged state: Realm only looks. Nothing is changed, nothing removed and no run started, whenever the damage turns out.
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { seededRandom } from '../../../core/random.ts';
import { simulatedExecutor } from '../../../core/simulate/executor.ts';
import type { StoredRun } from '../../../core/store/runs.ts';
import { type TestRealm, testRealm } from './realm.ts';

const config = (files: Readonly<Record<string, string>>): string => {
  const lines = Object.entries(files).map(([name, text]) => `  ${name}: { path: ${name}.txt, text: ${text} }\n`);
  return `plugins: [file, ./cron.ts]\nfiles:\n${lines.join('')}tasks:\n  hourly: { schedule: "0 * * * *", zone: UTC }\n`;
};

interface Scene {
  readonly realm: TestRealm;
  /** Keys of runs that were begun, in all lives. */
  readonly begun: string[];
  live(): Promise<Kernel>;
  readonly text: (name: string) => string | undefined;
}

/** Two files as declared, and a task that ran at one and two o'clock; now it is half past two. */
async function used(): Promise<Scene> {
  const realm = testRealm({ 'realm.config.yaml': config({ a: 'one', b: 'two' }) }, '2026-01-01T00:30:00Z');
  cpSync(join(import.meta.dirname, 'plugins/cron.ts'), join(realm.root, 'cron.ts'));
  const begun: string[] = [];
  let lives = 0;
  const live = async (): Promise<Kernel> => {
    const alive: { kernel?: Kernel } = {};
    const executor = simulatedExecutor({
      clock: realm.clock,
      runs: { list: (query) => alive.kernel!.store.runs.list(query) },
    });
    const begin = executor.begin.bind(executor);
    const noted = { ...executor, begin: (run: StoredRun, hooks: never) => (begun.push(run.key), begin(run, hooks)) };
    alive.kernel = await realm.open({ world: { executor: noted, random: seededRandom((lives += 1)) } });
    return alive.kernel;
  };
  const text = (name: string): string | undefined => {
    const path = join(realm.root, `${name}.txt`);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  const kernel = await live();
  await kernel.start();
  await realm.clock.advance(7_200_000);
  await kernel.stop(1_000);
  expect(begun).toEqual(['task/hourly@2026-01-01T01:00:00.000Z', 'task/hourly@2026-01-01T02:00:00.000Z']);
  expect([text('a'), text('b')]).toEqual(['one', 'two']);
  return { realm, begun, live, text };
}

const databaseOf = ({ root }: TestRealm): string => join(root, '.realm', 'realm.db');

/** What a bad disk may do, too: what was there is not there any more. */
function lose(realm: TestRealm, table: string): void {
  const sqlite = new DatabaseSync(databaseOf(realm), { timeout: 5_000 });
  sqlite.exec(`DROP TABLE ${table}`);
  sqlite.close();
}

/** An edit by hand, one in the config, a new thing, one that is no longer declared; and hours go by. */
async function tempt({ realm, begun, text }: Scene, kernel: Kernel): Promise<void> {
  const before = begun.length;
  writeFileSync(join(realm.root, 'a.txt'), 'by hand');
  realm.write('realm.config.yaml', config({ a: 'otherwise', c: 'new' }));
  await kernel.reload();
  await realm.clock.advance(2 * 3_600_000);
  expect([text('a'), text('b'), text('c')]).toEqual(['by hand', 'two', undefined]);
  expect(begun).toHaveLength(before);
  await expect(
    kernel.runs.start({ action: 'cron-sim.run', key: 'by hand', input: { slot: 1 }, actor: 'user:ann' }),
  ).rejects.toMatchObject({ code: 'STORE_CORRUPT', hint: 'realm state recover' });
}

/** What people see of it. */
async function seen({ realm }: Scene, kernel: Kernel): Promise<void> {
  const door = realm.door(kernel);
  const status = await door.status();
  expect(status.store).toBe('observe-only');
  expect(kernel.store.damage?.message).toMatch(
    /^the database is damaged \(.*\); it is kept in .*, and Realm only observes$/,
  );
  const held = status.resources.find(({ ref }) => ref === 'file/c')!;
  expect(held.conditions.find(({ type }) => type === 'Ready')!.message).toContain('realm state recover');
  expect((await door.plan({})).changes.map(({ ref, action }) => `${ref} ${action}`)).toEqual([
    'file/a update',
    'file/c create',
    'file/b remove', // as people see it; it is held back
  ]);
}

test('found at the start: it only looks', async () => {
  const scene = await used();
  writeFileSync(databaseOf(scene.realm), 'garbage '.repeat(1000));
  const kernel = await scene.live();
  await kernel.start();
  await tempt(scene, kernel);
  await seen(scene, kernel);
  await scene.realm.stop(kernel);
});

// That of approvals shows only once something was applied, and nothing here reads the others.
for (const table of ['resources', 'overrides', 'runs', 'events', 'meta'])
  test(`the table ${table} is lost between two lives: it only looks`, async () => {
    const scene = await used();
    lose(scene.realm, table);
    const kernel = await scene.live();
    await kernel.start();
    await tempt(scene, kernel);
    await seen(scene, kernel);
    await scene.realm.stop(kernel);
  });

for (const table of ['resources', 'overrides', 'runs', 'events', 'meta'])
  test(`the table ${table} is lost while it works: it goes on, and only looks`, async () => {
    const scene = await used();
    const { realm, text } = scene;
    const kernel = await scene.live();
    await kernel.start();
    await realm.clock.advanceTo('2026-01-01T03:00:10Z'); // a run is going
    const [run] = kernel.runs.list({ state: 'running' });
    const end = kernel.runs.whenEnded(run!.id).then(
      ({ state }) => state,
      (error: unknown) => error,
    );
    const heard: string[] = [];
    kernel.store.journal.listen((events) => heard.push(...events.map(({ type }) => type)));
    lose(realm, table);
    await realm.clock.advance(3_600_000);
    expect(kernel.store.health).toBe('observe-only');
    expect(heard).toContain('store.damaged');
    // What became of the run is told, or who waits for it hears why not.
    expect(['succeeded', kernel.store.damage]).toContain(await end);
    writeFileSync(join(realm.root, 'a.txt'), 'by hand');
    await realm.clock.advance(3_600_000);
    expect(text('a')).toBe('by hand');
    const status = await realm.door(kernel).status('file/a');
    expect(status.resources[0]!.conditions.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'ObserveOnly',
      message: expect.stringContaining('realm state recover') as string,
    });
    await realm.stop(kernel);
  });

const SLOW_REVIEW = `
import { definePlugin } from 'realm-runner/plugin';
export default definePlugin({
  name: 'slow',
  summary: 'Thinks for four seconds.',
  setup(realm) {
    realm.tap('review', async (step, ctx) => {
      let ticks = 0;
      for await (const _ of ctx.every(4_000)) if (++ticks === 2) break;
    });
  },
});
`;

test('found while a review thinks: what it agrees to is not done any more, nor is anything removed', async () => {
  const files = (names: readonly string[]): string =>
    `plugins: [file, ./slow.ts]\nfiles:\n${names.map((name) => `  ${name}: { path: ${name}.txt, text: x }\n`).join('')}`;
  const realm = testRealm({ 'realm.config.yaml': files(['a', 'b']), 'slow.ts': SLOW_REVIEW });
  const has = (name: string): boolean => existsSync(join(realm.root, `${name}.txt`));
  const kernel = await realm.open();
  await kernel.start();
  await realm.clock.advance(20_000);
  expect([has('a'), has('b')]).toEqual([true, true]);
  realm.write('realm.config.yaml', files(['a', 'c']));
  await kernel.reload();
  await realm.clock.advance(6_000); // c has been made, and the removal of b is being thought about
  writeFileSync(join(realm.root, 'a.txt'), 'by hand');
  kernel.wake('file/a');
  await realm.clock.advance(1_000);
  expect(kernel.loop.inHand.toSorted()).toEqual(['file/a', 'file/b']);
  lose(realm, 'resources');
  kernel.wake('file/c');
  await realm.clock.advance(60_000);
  expect(kernel.store.health).toBe('observe-only');
  expect(has('b')).toBe(true);
  expect(readFileSync(join(realm.root, 'a.txt'), 'utf8')).toBe('by hand');
  await realm.stop(kernel);
});
