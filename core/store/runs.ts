// The table of runs: one row for each execution, found by its key, which never runs twice.
import type { Progress, RunView } from '../contract/context.ts';
import type { Ref } from '../model/ref.ts';
import { fromJson, lengthInSql, toJson } from './column.ts';
import type { Mask } from '../mask.ts';
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
  /** Only those that are older than the run with this id; none when there is no such run. */
  readonly after?: string;
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
/** What plugins and people say of a run; the others are ours, and a process is found again by them. */
const SPOKEN: ReadonlySet<keyof StoredRun> = new Set(['key', 'reason', 'progress', 'input', 'output']);

export class RunTable {
  readonly #database: Database;
  readonly #mask: Mask;
  constructor(database: Database, mask: Mask) {
    this.#database = database;
    this.#mask = mask;
  }

  get(id: string): StoredRun | undefined {
    const row = this.#database.get('SELECT * FROM runs WHERE id = ?', id);
    return row && decode(row);
  }

  byKey(key: string): StoredRun | undefined {
    const row = this.#database.get('SELECT * FROM runs WHERE key = ?', this.#mask.text(key));
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
      const prefix = this.#mask.text(query.keyPrefix);
      values.push(lengthInSql(prefix), prefix);
    }
    if (query.after !== undefined) {
      where.push('number < (SELECT number FROM runs WHERE id = ?)');
      values.push(query.after);
    }
    const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
    const sql = `SELECT * FROM runs ${condition} ORDER BY number DESC LIMIT ?`;
    return this.#database.all(sql, ...values, query.limit ?? 1000).map(decode);
  }

  /** False, and nothing is written, when there is a run with this key (or id) already. */
  insert(run: StoredRun): boolean {
    const sql = `INSERT INTO runs (${NAMES.map((name) => COLUMNS[name]).join(', ')})
      VALUES (${NAMES.map(() => '?').join(', ')}) ON CONFLICT DO NOTHING`;
    return this.#database.run(sql, ...NAMES.map((name) => this.#encode(name, run[name]))) > 0;
  }

  /** Sets the given columns. False: no such run. */
  update(id: string, columns: Partial<Omit<StoredRun, 'id' | 'key'>>): boolean {
    const names = Object.keys(columns) as (keyof typeof columns)[];
    if (names.length === 0) return this.get(id) !== undefined;
    const sets = names.map((name) => `${COLUMNS[name]} = ?`).join(', ');
    const values = names.map((name) => this.#encode(name, columns[name]));
    return this.#database.run(`UPDATE runs SET ${sets} WHERE id = ?`, ...values, id) > 0;
  }

  /** Deletes runs that ended before `before`, but of each action and resource never the newest `keep`. Answers how many. */
  prune(before: number, keep: number): number {
    const database = this.#database;
    const groups = database.all('SELECT DISTINCT action, for_ref FROM runs WHERE ended_at < ?', before);
    return groups.reduce((gone, { action, for_ref: forRef }) => {
      const sql = `DELETE FROM runs WHERE action = ?1 AND for_ref IS ?2 AND ended_at < ?3 AND number <=
        (SELECT number FROM runs WHERE action = ?1 AND for_ref IS ?2 AND ended_at IS NOT NULL
         ORDER BY number DESC LIMIT 1 OFFSET ?4)`;
      return gone + database.run(sql, action as string, forRef as string | null, before, keep);
    }, 0);
  }

  #encode(name: keyof StoredRun, given: unknown): string | number | null {
    const value = SPOKEN.has(name) ? this.#mask.value(given) : given;
    return JSON_COLUMNS.has(name)
      ? (toJson(value) ?? (name === 'input' ? 'null' : null))
      : (value as string | number | null);
  }
}

function decode(row: Record<string, unknown>): StoredRun {
  const entries = NAMES.map((name) => {
    const value = row[COLUMNS[name]];
    return [name, JSON_COLUMNS.has(name) ? fromJson(value) : value];
  });
  return Object.fromEntries(entries) as StoredRun;
}
