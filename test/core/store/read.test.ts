// Reading without writing: no folder is made, nothing changes, and it works where the system denies writes.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folder, place, say, snapshot } from './places.ts';

const root = join(import.meta.dirname, '../../..');

/** Opens for reading in a process that may only read files; answers what it saw. */
function readElsewhere(dir: string): unknown {
  const program = `
    import { openStore } from ${JSON.stringify(join(root, 'core/store/store.ts'))};
    import { systemClock } from ${JSON.stringify(join(root, 'core/clock.ts'))};
    import { systemRandom } from ${JSON.stringify(join(root, 'core/random.ts'))};
    import { writeFileSync } from 'node:fs';
    let denied = false;
    try { writeFileSync(${JSON.stringify(join(dir, '..', 'proof'))}, ''); } catch (error) { denied = error.code === 'ERR_ACCESS_DENIED'; }
    const store = openStore({ dir: ${JSON.stringify(dir)}, clock: systemClock, random: systemRandom, mode: 'read' });
    console.log(JSON.stringify({ denied, health: store.health, events: store.journal.read().length, rows: store.rows.list('t') }));
    store.close();`;
  const args = ['--permission', '--allow-fs-read=*', '--input-type=module', '-e', program];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test('a realm that was never applied is an empty store, and stays without a folder', () => {
  const dir = join(folder(), '.realm');
  expect(readElsewhere(dir)).toEqual({ denied: true, health: 'ok', events: 0, rows: [] });
  expect(existsSync(dir)).toBe(false);
});

test('after a clean stop reading leaves no file behind', () => {
  const at = place();
  const store = at.open();
  store.rows.set('t', 'k', 1);
  store.transaction(() => say(store, 'one'));
  store.close({ clean: true });
  const before = snapshot(at.dir);
  expect(readElsewhere(at.dir)).toEqual({ denied: true, health: 'ok', events: 1, rows: [{ key: 'k', value: 1 }] });
  expect(snapshot(at.dir)).toEqual(before);
});

test('while somebody writes, or after somebody died writing, reading sees what is in the log', () => {
  const at = place();
  const store = at.open();
  store.rows.set('t', 'k', 1);
  store.transaction(() => say(store, 'one'));
  expect(readElsewhere(at.dir)).toEqual({ denied: true, health: 'ok', events: 1, rows: [{ key: 'k', value: 1 }] });
});

test('while somebody else keeps the database locked, a killed holder for a moment, reading waits', async () => {
  const at = place();
  at.open().close({ clean: false });
  const program = `
    import { DatabaseSync } from 'node:sqlite';
    const db = new DatabaseSync(${JSON.stringify(join(at.dir, 'realm.db'))});
    db.exec('PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE held (id)');
    console.log('held');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 500);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  expect(readElsewhere(at.dir)).toMatchObject({ health: 'ok', rows: [] });
});

test('a store for reading refuses to write, and keeps nothing', () => {
  const at = place();
  at.open().close({ clean: true });
  const before = snapshot(at.dir);
  const store = at.open({ mode: 'read' });
  expect(() => store.rows.set('t', 'k', 1)).toThrow(/readonly/);
  expect(store.copy()).toBeUndefined();
  expect(store.sweep()).toBe(false);
  store.close({ clean: true });
  expect(snapshot(at.dir)).toEqual(before);
});

test('a damaged database is told to a reader and left where it is', () => {
  const at = place();
  mkdirSync(at.dir);
  writeFileSync(join(at.dir, 'realm.db'), 'garbage '.repeat(100));
  const before = snapshot(at.dir);
  expect(readElsewhere(at.dir)).toMatchObject({ health: 'observe-only', events: 0 });
  expect(snapshot(at.dir)).toEqual(before);
});

test('a folder in the place of the database is a clear error', () => {
  const at = place();
  mkdirSync(join(at.dir, 'realm.db'), { recursive: true });
  for (const mode of ['read', 'write'] as const) {
    expect(() => at.open({ mode })).toThrow(expect.objectContaining({ code: 'STORE_UNREADABLE' }) as Error);
  }
});
