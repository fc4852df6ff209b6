// The table of runs: one row for each execution, found by its key, which never runs twice.
import type { Progress, RunView } from '../contract/context.ts';
import type { Ref } from '../model/ref.ts';
import { fromJson, lengthInSql, toJson } from './column.ts';
import type { Database } from './database.ts';

export type RunState = RunView['state'];

/** All times are milliseconds since the epoch. */
export interface StoredRun {
  readonly id: string;
  readonly key: string;
  readonly forRef: Ref | null;
  readonly action: string;
  readonly trigger: string;
  readonly state: RunState;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly exitCode: number | null;
  readonly attempt: number;
  readonly reason: string | null;
  readonly progress: Progress | null;
  readonly leaseUntil: number | null;
  readonly deadlineAt: number | null;
  /** Identity of its process, as JSON; the runs decide what is in it. */
  readonly process: unknown;
  readonly input: unknown;
  readonly output: unknown;
}

export interface RunQuery {
  readonly ref?: Ref;
  readonly state?: RunState | readonly RunState[];
  readonly keyPrefix?: string;
  /** Default 1000. */
  readonly limit?: number;
}

const COLUMNS = {
  id: 'id',
  key: 'key',
  forRef: 'for_ref',
  action: 'action',
  trigger: 'trigger',
  state: 'state',
  createdAt: 'created_at',
  startedAt: 'started_at',
  endedAt: 'ended_at',
  exitCode: 'exit_code',
  attempt: 'attempt',
  reason: 'reason',
  progress: 'progress',
  leaseUntil: 'lease_until',
  deadlineAt: 'deadline_at',
  process: 'process',
  input: 'input',
  output: 'output',
} as const satisfies Record<keyof StoredRun, string>;
const NAMES = Object.keys(COLUMNS) as (keyof StoredRun)[];
const JSON_COLUMNS: ReadonlySet<keyof StoredRun> = new Set(['progress', 'process', 'input', 'output']);

export class RunTable {
  readonly #database: Database;
  constructor(database: Database) {
    this.#database = database;
  }

  get(id: string): StoredRun | undefined {
    const row = this.#database.get('SELECT * FROM runs WHERE id = ?', id);
    return row && decode(row);
  }

  byKey(key: string): StoredRun | undefined {
    const row = this.#database.get('SELECT * FROM runs WHERE key = ?', key);
    return row && decode(row);
  }

  /** Newest first. */
  list(query: RunQuery = {}): StoredRun[] {
    const states = query.state === undefined ? [] : [query.state].flat();
    const where: string[] = [];
    const values: (string | number)[] = [];
    if (query.ref !== undefined) {
      where.push('for_ref = ?');
      values.push(query.ref);
    }
    if (query.state !== undefined) {
      where.push(`state IN (${states.map(() => '?').join(', ')})`);
      values.push(...states);
    }
    if (query.keyPrefix !== undefined) {
      where.push('substr(key, 1, ?) = ?');
      values.push(lengthInSql(query.keyPrefix), query.keyPrefix);
    }
    const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
    const sql = `SELECT * FROM runs ${condition} ORDER BY number DESC LIMIT ?`;
    return this.#database.all(sql, ...values, query.limit ?? 1000).map(decode);
  }

  /** False, and nothing is written, when there is a run with this key (or id) already. */
  insert(run: StoredRun): boolean {
    const sql = `INSERT INTO runs (${NAMES.map((name) => COLUMNS[name]).join(', ')})
      VALUES (${NAMES.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;
    return this.#database.run(sql, ...NAMES.map((name) => encode(name, run[name]))) > 0;
  }

  /** Sets the given columns. False: no such run. */
  update(id: string, columns: Partial<Omit<StoredRun, 'id' | 'key'>>): boolean {
    const names = Object.keys(columns) as (keyof typeof columns)[];
    if (names.length === 0) return this.get(id) !== undefined;
    const sets = names.map((name) => `${COLUMNS[name]} = ?`).join(', ');
    const values = names.map((name) => encode(name, columns[name]));
    return this.#database.run(`UPDATE runs SET ${sets} WHERE id = ?`, ...values, id) > 0;
  }

  /** Deletes runs that ended before `before`, but never the newest `keep` of them. Answers how many. */
  prune(before: number, keep: number): number {
    const sql = `DELETE FROM runs WHERE ended_at < ? AND number NOT IN
      (SELECT number FROM runs WHERE ended_at IS NOT NULL ORDER BY number DESC LIMIT ?)`;
    return this.#database.run(sql, before, keep);
  }
}

function encode(name: keyof StoredRun, value: unknown): string | number | null {
  return JSON_COLUMNS.has(name)
    ? (toJson(value) ?? (name === 'input' ? 'null' : null))
    : (value as string | number | null);
}

function decode(row: Record<string, unknown>): StoredRun {
  const entries = NAMES.map((name) => {
    const value = row[COLUMNS[name]];
    return [name, JSON_COLUMNS.has(name) ? fromJson(value) : value];
  });
  return Object.fromEntries(entries) as StoredRun;
}
