// Damage of every sort: never a silent fresh start, never a lost file, always a clear state and a way on.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RealmError } from '../../../core/errors.ts';
import { migrate, SCHEMA } from '../../../core/store/migrations.ts';
import { copies } from '../../../core/store/copies.ts';
import { recover } from '../../../core/store/recover.ts';
import { historyPath } from '../../../core/store/store.ts';
import type { Place } from './places.ts';
import { databaseOf, lines, overwrite, place, said, say, snapshot, used } from './places.ts';

const DAMAGES: readonly [string, (at: Place) => void][] = [
  ['an empty file', (at) => overwrite(at, Buffer.alloc(0))],
  ['garbage', (at) => overwrite(at, Buffer.from('this is no database '.repeat(1000)))],
  ['half of it', (at) => truncateSync(databaseOf(at), Math.trunc(statSync(databaseOf(at)).size / 2))],
  [
    'pages of noise',
    (at) => {
      const bytes = readFileSync(databaseOf(at));
      bytes.fill(0xa5, 4096, 4096 * 20);
      overwrite(at, bytes);
    },
  ],
  [
    'a database of somebody else',
    (at) => {
      overwrite(at, Buffer.alloc(0));
      const other = new DatabaseSync(databaseOf(at));
      other.exec(`CREATE TABLE theirs (a); PRAGMA user_version = ${SCHEMA}`);
      other.close();
    },
  ],
  ['no file, with copies beside it', (at) => rmSync(databaseOf(at))],
];

for (const [name, damage] of DAMAGES) {
  test(`${name}: quarantined, observed only until a copy is chosen`, () => {
    const at = used();
    damage(at);
    const had = existsSync(databaseOf(at)) ? readFileSync(databaseOf(at)) : undefined;
    const store = at.open();
    expect(store.health).toBe('observe-only');
    expect(store.damage).toMatchObject({ code: 'STORE_CORRUPT', hint: 'realm state recover' });
    expect(store.rows.list('test')).toEqual([]);
    store.rows.set('test', 'vanishes', true);
    say(store, 'vanishes');
    expect(store.copy()).toBeUndefined();
    store.close({ clean: true });
    const [quarantined] = readdirSync(join(at.dir, 'quarantine')).filter((entry) => entry !== 'waiting.json');
    const kept = join(at.dir, 'quarantine', quarantined!, 'realm.db');
    expect(existsSync(kept) ? readFileSync(kept) : undefined).toEqual(had);

    const second = at.open();
    expect(second.observeOnly).toBe(true); // a restart is no recovery
    second.close();
    const reading = at.open({ mode: 'read' });
    expect(reading.health).toBe('observe-only');
    reading.close();

    expect(copies(at.dir).map((copy) => copy.number)).toEqual([2, 1]);
    expect(recover(at.dir, 'newest', { clock: at.clock, version: '0.1.0' })).toBe(2);
    const healed = at.open();
    expect(healed.health).toBe('ok');
    expect(healed.rows.list('test', '2/')).toHaveLength(300);
    expect(healed.rows.list('test', '3/')).toHaveLength(0);
    // Numbers given out after the copy was made are not given out again.
    const before = Math.max(...lines(historyPath(at.dir)).map((line) => Number(line['id'])));
    expect(say(healed, 'new')).toBeGreaterThan(before - 1);
    healed.journal.flush();
    const ids = lines(historyPath(at.dir)).map((line) => line['id']);
    expect(new Set(ids).size).toBe(ids.length);
    expect(said(healed.journal.read())).toContain('journal.gap');
  });
}

test('a damaged copy is passed over, and refused by name, and then nothing has changed', () => {
  const at = used();
  overwrite(at, Buffer.from('garbage'));
  at.open().close();
  writeFileSync(join(at.dir, 'backup', 'realm-2.db'), 'half');
  const before = snapshot(at.dir);
  const options = { clock: at.clock, version: '0.1.0' };
  for (const choice of [2, 99]) {
    expect(() => recover(at.dir, choice, options)).toThrow(
      expect.objectContaining({ code: 'STORE_COPY_UNUSABLE' }) as Error,
    );
  }
  expect(snapshot(at.dir)).toEqual(before);
  expect(recover(at.dir, 'newest', options)).toBe(1);
  expect(at.open().rows.list('test', '1/')).toHaveLength(300);
});

test('without copies a person may begin with an empty database', () => {
  const at = place();
  at.open().close();
  overwrite(at, Buffer.from('garbage'));
  at.open().close();
  const options = { clock: at.clock, version: '0.1.0' };
  expect(() => recover(at.dir, 'newest', options)).toThrow(
    expect.objectContaining({ code: 'STORE_COPY_UNUSABLE' }) as Error,
  );
  expect(recover(at.dir, 'empty', options)).toBeNull();
  expect(at.open().health).toBe('ok');
});

test('a lost write-ahead log is told as a gap, and no number is used twice', () => {
  const at = place();
  const store = at.open();
  store.transaction(() => say(store, 'lost'));
  const snapshotOfDatabase = `${databaseOf(at)}.kept`;
  copyFileSync(databaseOf(at), snapshotOfDatabase); // as a copy without its log: what the checkpoint had
  store.close();
  overwrite(at, readFileSync(snapshotOfDatabase));
  const next = at.open();
  const events = next.journal.read();
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({ seq: 2, type: 'journal.gap', data: { from: 1, to: 1 } });
});

test('a half-written quarantine note still keeps the store from starting afresh', () => {
  const at = place();
  mkdirSync(join(at.dir, 'quarantine'), { recursive: true });
  writeFileSync(join(at.dir, 'quarantine', 'waiting.json'), '{"at": "20');
  expect(at.open().health).toBe('observe-only');
});

test('a newer schema is refused with the version to install, and nothing is written', () => {
  const at = place();
  at.open({ version: '7.8.9' }).close({ clean: true });
  const sqlite = new DatabaseSync(databaseOf(at));
  sqlite.exec(`PRAGMA user_version = ${SCHEMA + 1}`);
  sqlite.close();
  const before = snapshot(at.dir);
  for (const mode of ['write', 'read'] as const) {
    expect(() => at.open({ mode })).toThrow(
      expect.objectContaining({ code: 'STORE_NEWER', message: expect.stringContaining('7.8.9') as string }) as Error,
    );
  }
  expect(snapshot(at.dir)).toEqual(before);
});

/** A database as the first release left it. */
function firstRelease(at: Place): void {
  mkdirSync(at.dir, { mode: 0o700 });
  const sqlite = new DatabaseSync(databaseOf(at));
  sqlite.exec('PRAGMA journal_mode = WAL');
  migrate(sqlite, '0.0.1', 1);
  sqlite.exec(`INSERT INTO events (seq, at, type, actor, data) VALUES (1, 5, 'plugin.recovered', 'kernel', '{"plugin":"old"}');
    INSERT INTO rows VALUES ('test', 'k', '"v"')`);
  sqlite.close();
}

test('a database of the first release is brought up to date, and read without being touched', () => {
  const at = place();
  firstRelease(at);
  const before = snapshot(at.dir);
  const reading = at.open({ mode: 'read' });
  expect(said(reading.journal.read())).toEqual(['old']);
  reading.close();
  expect(snapshot(at.dir)).toEqual(before);
  const store = at.open();
  expect(store.rows.get('test', 'k')).toBe('v');
  store.journal.append({
    type: 'plugin.recovered',
    actor: 'kernel',
    data: { plugin: 'new' },
    status: 'ok',
    durationMs: 1.5,
  });
  store.journal.flush();
  expect(store.journal.last(1)[0]).toMatchObject({ seq: 2, status: 'ok', durationMs: 1.5 });
});

/** What a damaged realm answers when everything in it is read. */
function answerOf(at: Place): string {
  try {
    const store = at.open();
    try {
      store.rows.list('test');
      store.journal.read();
      return store.health;
    } finally {
      store.close();
    }
  } catch (error) {
    if (error instanceof RealmError) return error.code;
    throw error;
  }
}

test('flipped bytes anywhere: the store opens and answers, or says that it is damaged, and nothing else', () => {
  const at = used();
  at.open().close({ clean: true });
  const good = readFileSync(databaseOf(at));
  const flip = fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }));
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(flip, { minLength: 1, maxLength: 40 }), (flips) => {
      const bytes = Buffer.from(good);
      for (const [index, mask] of flips) bytes[index]! ^= mask;
      rmSync(join(at.dir, 'quarantine'), { recursive: true, force: true });
      overwrite(at, bytes);
      const answer = answerOf(at);
      seen.set(answer, (seen.get(answer) ?? 0) + 1);
      // A flipped schema number reads as a newer Realm's, a flipped format number as a file not to be written.
      expect(['ok', 'observe-only', 'STORE_CORRUPT', 'STORE_NEWER', 'STORE_UNREADABLE']).toContain(answer);
    }),
    { numRuns: 60 },
  );
  console.info(`flipped bytes: ${[...seen].map(([answer, count]) => `${answer} ${count}`).join(', ')}`);
  expect((seen.get('observe-only') ?? 0) + (seen.get('STORE_CORRUPT') ?? 0)).toBeGreaterThan(0);
});

/** Throws at one crash point, as a death there would end the work. */
const dieAt =
  (point: string) =>
  (name: string): void => {
    if (name === point) throw new Error(`died at ${point}`);
  };

for (const point of ['store.quarantine:before', 'files.write:before', 'files.write:after', 'store.quarantine:after']) {
  test(`death at ${point} while damage is put away: nothing is lost, and nothing starts afresh`, () => {
    const at = place();
    at.open().close();
    const garbage = Buffer.from('garbage '.repeat(1000));
    overwrite(at, garbage);
    expect(() => at.open({ crash: dieAt(point) })).toThrow(`died at ${point}`);
    expect(at.open().health).toBe('observe-only');
    const files = snapshot(at.dir);
    const kept = Object.keys(files).filter((path) => files[path] === garbage.toString('base64'));
    expect(kept).toHaveLength(1);
    expect(kept[0]).toContain('quarantine');
  });
}

for (const point of ['store.recover:before', 'store.recover:between', 'store.recover:after']) {
  test(`death at ${point}: the store is as before or recovered, and recovering again works`, () => {
    const at = used();
    overwrite(at, Buffer.from('garbage'));
    at.open().close();
    const options = { clock: at.clock, version: '0.1.0' };
    expect(() => recover(at.dir, 'newest', { ...options, crash: dieAt(point) })).toThrow('died');
    const after = at.open();
    expect(after.health).toBe(point === 'store.recover:after' ? 'ok' : 'observe-only');
    after.close();
    expect(recover(at.dir, 'newest', options)).toBe(2);
    expect(at.open().rows.list('test', '2/')).toHaveLength(300);
  });
}
