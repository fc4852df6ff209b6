// The tables of small facts: rows that belong to one plugin, cursors of followers, and the store's own notes.
import type { Rows } from '../contract/context.ts';
import { RealmError } from '../errors.ts';
import { fromJson, lengthInSql, toJson } from './column.ts';
import type { Mask } from '../mask.ts';
import type { Database } from './database.ts';

export class RowTable {
  readonly #database: Database;
  readonly #mask: Mask;
  constructor(database: Database, mask: Mask) {
    this.#database = database;
    this.#mask = mask;
  }

  /** The rows of one plugin, and no way to another's. */
  of(plugin: string): Rows {
    return {
      get: (key) => this.get(plugin, key),
      set: (key, value) => this.set(plugin, key, value),
      delete: (key) => this.delete(plugin, key),
      list: (prefix) => this.list(plugin, prefix),
    };
  }

  get(plugin: string, key: string): unknown {
    const row = this.#database.get('SELECT value FROM rows WHERE plugin = ? AND key = ?', plugin, key);
    return row && fromJson(row['value']);
  }

  /** `value` must be JSON; undefined, functions and cycles are refused. The text of secrets is not kept. */
  set(plugin: string, key: string, value: unknown): void {
    this.#database.run(
      'INSERT OR REPLACE INTO rows VALUES (?, ?, ?)',
      plugin,
      key,
      written(plugin, key, value, this.#mask),
    );
  }

  delete(plugin: string, key: string): void {
    this.#database.run('DELETE FROM rows WHERE plugin = ? AND key = ?', plugin, key);
  }

  /** In the order of their keys. */
  list(plugin: string, prefix = ''): { readonly key: string; readonly value: unknown }[] {
    const sql = 'SELECT key, value FROM rows WHERE plugin = ? AND substr(key, 1, ?) = ? ORDER BY key';
    const rows = this.#database.all(sql, plugin, lengthInSql(prefix), prefix);
    return rows.map((row) => ({ key: row['key'] as string, value: fromJson(row['value']) }));
  }
}

function written(plugin: string, key: string, value: unknown, mask: Mask): string {
  let text: string | undefined;
  let cause: unknown;
  try {
    text = value === null ? 'null' : (toJson(mask.value(value)) ?? undefined);
  } catch (error) {
    cause = error;
  }
  if (text !== undefined) return text;
  throw new RealmError('ROW_NOT_JSON', `row "${key}" of plugin ${plugin} is ${typeof value}, which JSON cannot hold`, {
    hint: 'store objects, lists, texts, numbers, booleans or null; use delete to take a row away',
    cause,
  });
}

export class CursorTable {
  readonly #database: Database;
  constructor(database: Database) {
    this.#database = database;
  }

  /** The sequence number of the last event this follower is done with; undefined: it never followed. */
  get(name: string): number | undefined {
    return this.#database.get('SELECT seq FROM cursors WHERE name = ?', name)?.['seq'] as number | undefined;
  }

  put(name: string, seq: number): void {
    this.#database.run('INSERT OR REPLACE INTO cursors VALUES (?, ?)', name, seq);
  }

  delete(name: string): void {
    this.#database.run('DELETE FROM cursors WHERE name = ?', name);
  }
}

export class MetaTable {
  readonly #database: Database;
  constructor(database: Database) {
    this.#database = database;
  }

  get(key: string): string | undefined {
    return this.#database.get('SELECT value FROM meta WHERE key = ?', key)?.['value'] as string | undefined;
  }

  put(key: string, value: string): void {
    this.#database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', key, value);
  }

  delete(key: string): void {
    this.#database.run('DELETE FROM meta WHERE key = ?', key);
  }
}
