// Damage that shows only while the store is open: from then on it is as if it had been found at the start.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { recover } from '../../../core/store/recover.ts';
import type { Store } from '../../../core/store/store.ts';
import { historyPath } from '../../../core/store/store.ts';
import type { Place } from './places.ts';
import { databaseOf, lines, overwrite, said, say, snapshot, START, used } from './places.ts';

/** Makes noise of the root page of a table, as a bad disk does: nobody notices before that table is read. */
function spoil(at: Place, table: string): void {
  const sqlite = new DatabaseSync(databaseOf(at), { readOnly: true });
  const root = Number(sqlite.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').get(table)!['rootpage']);
  sqlite.close();
  const bytes = readFileSync(databaseOf(at));
  bytes.fill(0xa5, (root - 1) * 4096, root * 4096);
  overwrite(at, bytes);
}

/** To be opened although a page is bad: after a clean stop nobody checks them all. */
function spoilt(table: string): Place {
  const at = used();
  at.open().close({ clean: true });
  spoil(at, table);
  return at;
}

/** What another one writes makes a connection read its pages from the disk again. */
function forgetPages(at: Place): void {
  const other = new DatabaseSync(databaseOf(at));
  other.exec("INSERT INTO meta VALUES ('somebody', 'else')");
  other.close();
}

for (const [when, meet] of [
  ['reading', (store: Store) => store.rows.list('test')],
  ['writing', (store: Store) => store.rows.set('test', 'new', 1)],
  ['reading in a transaction', (store: Store) => store.transaction(() => store.rows.list('test'))],
  [
    'writing in a part of a transaction',
    (store: Store) => store.transaction(() => store.transaction(() => store.rows.set('test', 'new', 1))),
  ],
  ['copying', (store: Store) => store.copy()],
] as const) {
  test(`a bad page met while ${when}: from then on it is as if it had been found at the start`, () => {
    const at = spoilt('rows');
    const store = at.open();
    expect(store.health).toBe('ok');
    const told: unknown[] = [];
    const heard: string[] = [];
    store.onDamage = (damage) => told.push(damage, store.health, store.rows.list('test'));
    store.journal.listen((events) => heard.push(...said(events)));
    const before = say(store, 'pending');
    expect(() => meet(store)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }) as Error);
    expect(store.health).toBe('observe-only');
    expect(store.damage).toMatchObject({
      code: 'STORE_CORRUPT',
      hint: 'realm state recover',
      message: expect.stringMatching(
        /^the database is damaged \(.*\); it is kept in .*, and Realm only observes$/,
      ) as string,
    });
    expect(told).toEqual([store.damage, 'observe-only', []]);
    expect(store.rows.list('test')).toEqual([]);
    store.rows.set('test', 'vanishes', true);
    expect(store.rows.get('test', 'vanishes')).toBe(true);
    expect(say(store, 'later')).toBeGreaterThan(before + 1); // what says that it is damaged stands between
    store.journal.flush();
    expect(heard).toEqual(['pending', 'store.damaged', 'later']);
    expect(store.copy()).toBeUndefined();
    store.close({ clean: true });

    expect(existsSync(databaseOf(at))).toBe(false);
    const [quarantined] = readdirSync(join(at.dir, 'quarantine')).filter((entry) => entry !== 'waiting.json');
    expect(existsSync(join(at.dir, 'quarantine', quarantined!, 'realm.db'))).toBe(true);
    expect(at.open().health).toBe('observe-only');
    expect(recover(at.dir, 'newest', { clock: at.clock, version: '0.1.0' })).toBe(3);
    expect(at.open().rows.list('test', '3/')).toHaveLength(300);
  });
}

test('a bad page met by a commit in the background: what was pending is told, and nothing is taken for a full disk', async () => {
  const clock = virtualClock(START);
  const at = used();
  at.open().close({ clean: true });
  const store = at.open({ clock });
  forgetPages(at);
  spoil(at, 'events');
  expect(store.health).toBe('ok');
  const heard: string[] = [];
  store.journal.listen((events) => heard.push(...said(events)));
  const data = { plugin: 'pending' };
  const first = store.journal.append({ type: 'plugin.recovered', actor: 'kernel', ref: 'file/a', data });
  await clock.advance(60_000);
  expect(store.health).toBe('observe-only');
  expect(heard).toEqual(['pending', 'store.damaged']);
  const ids = lines(historyPath(at.dir)).map((line) => Number(line['id']));
  expect(ids.filter((id) => id >= first)).toEqual([first, first + 1]);
  expect(new Set(ids).size).toBe(ids.length);
});

test('a store that only reads meets a bad page: it says so, and moves nothing', () => {
  const at = spoilt('rows');
  const before = snapshot(at.dir);
  const reading = at.open({ mode: 'read' });
  expect(() => reading.rows.list('test')).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT', hint: expect.stringContaining('realm up') as string }) as Error,
  );
  expect(reading.journal.read().length).toBeGreaterThan(0);
  reading.close();
  expect(snapshot(at.dir)).toEqual(before);
});
