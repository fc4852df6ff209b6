// The steps from an empty database to today's tables, in order. Append only: a step that was released never changes.
import type { DatabaseSync } from 'node:sqlite';
import { RealmError } from '../errors.ts';

const MIGRATIONS: readonly string[] = [
  // 1: everything of the first release but the journal's own columns
  `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE resources (
     ref TEXT PRIMARY KEY, kind TEXT NOT NULL, generation INTEGER NOT NULL, observed_generation INTEGER NOT NULL,
     spec_hash TEXT NOT NULL, last_spec TEXT, last_hash TEXT, last_applied_at INTEGER, conditions TEXT NOT NULL,
     attempts INTEGER NOT NULL, intent TEXT, held TEXT, owner TEXT, next_look_at INTEGER
   ) WITHOUT ROWID;
   CREATE TABLE overrides (
     ref TEXT NOT NULL, effect TEXT NOT NULL, why TEXT NOT NULL, actor TEXT NOT NULL, since INTEGER NOT NULL,
     until INTEGER, PRIMARY KEY (ref, effect)
   ) WITHOUT ROWID;
   CREATE TABLE approvals (
     id TEXT PRIMARY KEY, what TEXT NOT NULL, ref TEXT NOT NULL, actor TEXT, reason TEXT, hash TEXT NOT NULL,
     created_at INTEGER NOT NULL, expires_at INTEGER, state TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX approvals_ref ON approvals (ref, hash);
   CREATE TABLE runs (
     number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL UNIQUE, for_ref TEXT, action TEXT NOT NULL,
     trigger TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER,
     exit_code INTEGER, attempt INTEGER NOT NULL, reason TEXT, progress TEXT, lease_until INTEGER, deadline_at INTEGER,
     process TEXT, input TEXT NOT NULL, output TEXT
   );
   CREATE INDEX runs_state ON runs (state);
   CREATE INDEX runs_ref ON runs (for_ref) WHERE for_ref IS NOT NULL;
   CREATE TABLE cursors (name TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
   CREATE TABLE rows (
     plugin TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (plugin, key)
   ) WITHOUT ROWID;
   CREATE TABLE events (
     seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, type TEXT NOT NULL, ref TEXT, actor TEXT NOT NULL, data TEXT NOT NULL
   );
   CREATE INDEX events_ref ON events (ref) WHERE ref IS NOT NULL;`,
  // 2: an event says how it ended and how long it took
  `ALTER TABLE events ADD COLUMN status TEXT;
   ALTER TABLE events ADD COLUMN duration_ms REAL;`,
  // 3: an index by ref made each event dirty a page of its own, two thirds of the cost of a commit; the whole journal,
  // kept at 100,000 events, is read through for a ref in about 12 ms
  `DROP INDEX events_ref;`,
];

/** The schema this program writes. */
export const SCHEMA = MIGRATIONS.length;

export function schemaOf(sqlite: DatabaseSync): number {
  return Number(sqlite.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** Refuses a database that a newer program wrote: its rows may mean something this one does not know. */
export function refuseNewer(sqlite: DatabaseSync, path: string): void {
  const found = schemaOf(sqlite);
  if (found <= SCHEMA) return;
  const writer = writerOf(sqlite);
  throw new RealmError(
    'STORE_NEWER',
    `${path} has schema ${found}, written by Realm ${writer}; this Realm knows schemas up to ${SCHEMA}`,
    { hint: `install Realm ${writer} or newer` },
  );
}

function writerOf(sqlite: DatabaseSync): string {
  const row = sqlite.prepare("SELECT value FROM meta WHERE key = 'version'").get();
  return typeof row?.['value'] === 'string' ? row['value'] : 'of an unknown version';
}

/** Brings the database to `to`, each step whole or not at all, and notes which program did it. */
export function migrate(sqlite: DatabaseSync, version: string, to: number = SCHEMA): void {
  for (let step = schemaOf(sqlite); step < to; step += 1) {
    sqlite.exec(`BEGIN IMMEDIATE; ${MIGRATIONS[step]}; PRAGMA user_version = ${step + 1}; COMMIT`);
  }
  sqlite.prepare("INSERT OR REPLACE INTO meta VALUES ('version', ?)").run(version);
}
