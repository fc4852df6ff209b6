// The disk of the state folder is full: what is known is kept true, nothing is begun that could be forgotten, and then it goes on.
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kernel } from '../../../core/kernel/kernel.ts';
import { silentLog } from '../../../core/kernel/world.ts';
import { simulatedExecutor } from '../../../core/simulate/executor.ts';
import type { StoredRun } from '../../../core/store/runs.ts';
import { testRealm } from './realm.ts';

const config = (names: readonly string[]): string => {
  const lines = names.map((name) => `  ${name}: { path: ${name}.txt, text: ${name} }\n`);
  return `plugins: [file, ./cron.ts]\nfiles:\n${lines.join('')}tasks:\n  hourly: { schedule: "0 * * * *", zone: UTC }\n`;
};

/** Takes all pages, and leaves something to be written that does not fit into what a refused row leaves. */
function fill(kernel: Kernel): void {
  kernel.store.allowPages(1); // never fewer than there are
  expect(() => {
    for (let n = 0; ; n += 1) kernel.store.rows.set('ballast', String(n), 'x'.repeat(20_000));
  }).toThrow(expect.objectContaining({ code: 'STORE_FULL' }) as Error);
  kernel.emit('plugin.recovered', { plugin: 'y'.repeat(200_000) });
}

test('supervision goes on for hours, no run starts, nothing is removed; with room again the edit is taken over', async () => {
  const realm = testRealm({ 'realm.config.yaml': config(['a', 'b']) }, '2026-01-01T00:30:00Z');
  cpSync(join(import.meta.dirname, 'plugins/cron.ts'), join(realm.root, 'cron.ts'));
  const text = (name: string): string | undefined => {
    const path = join(realm.root, `${name}.txt`);
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  };
  const begun: string[] = [];
  const complaints: string[] = [];
  const alive: { kernel?: Kernel } = {};
  const executor = simulatedExecutor({
    clock: realm.clock,
    runs: { list: (query) => alive.kernel!.store.runs.list(query) },
  });
  const begin = (run: StoredRun, hooks: Parameters<typeof executor.begin>[1]): void => {
    begun.push(run.key.split('T')[1]!.slice(0, 5));
    executor.begin(run, hooks);
  };
  const log = () => ({ ...silentLog, error: (message: string) => void complaints.push(message) });
  const kernel = await realm.open({ world: { executor: { ...executor, begin }, log } });
  alive.kernel = kernel;
  await kernel.start();
  const heard: number[] = [];
  kernel.store.journal.listen((events) => heard.push(...events.map(({ seq }) => seq)));
  await realm.clock.advanceTo('2026-01-01T02:00:30Z'); // a run is going
  fill(kernel);
  await realm.clock.advance(60_000); // and ends

  for (const hour of [1, 2, 3]) {
    writeFileSync(join(realm.root, 'a.txt'), `by hand ${hour}`);
    await realm.clock.advance(3_600_000);
    expect(text('a')).toBe('a');
  }
  realm.write('realm.config.yaml', config(['a', 'c']));
  expect(await kernel.reload()).toMatchObject({ ok: false, error: { code: 'STORE_FULL' } });
  let readAgain = 0;
  kernel.readAgain = () => {
    readAgain += 1;
    return kernel.reload();
  };
  await realm.clock.advance(3_600_000);
  expect([text('b'), text('c')]).toEqual(['b', undefined]);
  expect(begun).toEqual(['01:00', '02:00']);
  const door = realm.door(kernel);
  const status = await door.status();
  expect(status.store).toBe('full');
  expect(status.configError).toContain('once there is room');
  expect(Object.fromEntries(status.resources.map(({ ref, ready }) => [ref, ready]))).toMatchObject({
    'file/a': true,
    'file/b': true,
  });
  expect((await door.plan({})).changes).toEqual([]);
  expect(complaints.filter((one) => !one.startsWith('the state was not copied: '))).toEqual([]);

  kernel.store.allowPages(100_000);
  await realm.clock.advance(60_000);
  expect(kernel.store.health).toBe('ok');
  // Plugins are imported beside this thread, so the virtual clock does not know when that is over.
  const taken = async () => realm.clock.advance(1_000).then(() => [text('b'), text('c')]);
  await expect.poll(taken, { timeout: 60_000 }).toEqual([undefined, 'c']);
  expect(readAgain).toBe(1);
  await realm.clock.advance(3_600_000);
  expect(begun).toEqual(['01:00', '02:00', '06:00', '07:00']); // of those that passed meanwhile the newest, and the next
  const second = kernel.runs.list().find(({ key }) => key.includes('T02'));
  expect(second?.state).toBe('succeeded');
  expect(heard).toEqual(heard.map((_, index) => heard[0]! + index)); // each once, in order, none left out
  await realm.stop(kernel);
});
