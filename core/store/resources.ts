// The table of resources: what was declared, what was last applied, and how it stands.
import type { Condition } from '../contract/kind.ts';
import type { Ref } from '../model/ref.ts';
import { fromJson, toJson } from './column.ts';
import type { Database } from './database.ts';

export interface StoredCondition extends Condition {
  /** Milliseconds since the epoch: when `status` last changed. */
  readonly since: number;
}

/** Written before the world is touched; still there after a crash, it says what may be half-done. */
export interface Intent {
  readonly what: 'apply' | 'remove' | 'replace';
  readonly at: number;
  /** What is being applied, with its common keys; what exists after a crash may be this. */
  readonly spec?: unknown;
  /** Something was there before it was first tried, so what exists after a crash may be a stranger's. */
  readonly existed?: boolean;
  /** Other things of this ref that are still to be taken away: the old halves of replacements. */
  readonly left?: readonly { readonly spec: string; readonly sure: boolean }[];
}

export interface ResourceRow {
  readonly ref: Ref;
  readonly kind: string;
  readonly generation: number;
  readonly observedGeneration: number;
  readonly specHash: string;
  /** The decoded spec that was last applied; null: never. The only place in which it exists. */
  readonly lastSpec: unknown;
  readonly lastHash: string | null;
  readonly lastAppliedAt: number | null;
  readonly conditions: readonly StoredCondition[];
  readonly attempts: number;
  readonly intent: Intent | null;
  /** Why it waits for a person. */
  readonly held: string | null;
  readonly owner: Ref | null;
  readonly nextLookAt: number | null;
}
export type ResourceColumns = Omit<ResourceRow, 'ref'>;

/** What is known of a resource at first. */
export const FRESH_ROW: ResourceColumns = {
  kind: '',
  generation: 1,
  observedGeneration: 0,
  specHash: '',
  lastSpec: null,
  lastHash: null,
  lastAppliedAt: null,
  conditions: [],
  attempts: 0,
  intent: null,
  held: null,
  owner: null,
  nextLookAt: null,
};

type ResourceMark = Pick<ResourceRow, 'generation' | 'specHash' | 'owner'>;

export class ResourceTable {
  readonly #database: Database;
  constructor(database: Database) {
    this.#database = database;
  }

  get(ref: Ref): ResourceRow | undefined {
    const row = this.#database.get('SELECT * FROM resources WHERE ref = ?', ref);
    return row && decode(row);
  }

  /** In the order of their refs. */
  all(): ResourceRow[] {
    return this.#database.all('SELECT * FROM resources ORDER BY ref').map(decode);
  }

  /** Of every ref what tells a changed declaration; a tenth of the work of whole rows. */
  marks(): ReadonlyMap<Ref, ResourceMark> {
    const rows = this.#database.all('SELECT ref, generation, spec_hash, owner FROM resources');
    return new Map(rows.map((row) => [row['ref'] as Ref, markOf(row)]));
  }

  /** Every ref that is remembered. */
  refs(): Ref[] {
    return this.#database.all('SELECT ref FROM resources ORDER BY ref').map((row) => row['ref'] as Ref);
  }

  /** Sets the given columns; of a new row, the others start empty, and `kind` is read off the ref. */
  put(ref: Ref, columns: Partial<ResourceColumns>): void {
    const row = { ...FRESH_ROW, kind: ref.slice(0, ref.indexOf('/')), ...this.get(ref), ...columns };
    this.#database.run(
      'INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ref,
      row.kind,
      row.generation,
      row.observedGeneration,
      row.specHash,
      toJson(row.lastSpec),
      row.lastHash,
      row.lastAppliedAt,
      JSON.stringify(row.conditions),
      row.attempts,
      toJson(row.intent),
      row.held,
      row.owner,
      row.nextLookAt,
    );
  }

  delete(ref: Ref): void {
    this.#database.run('DELETE FROM resources WHERE ref = ?', ref);
  }

  /** Moves the row, its overrides and what it owns to a new name. Nothing happens when the old one is unknown. */
  rename(was: Ref, now: Ref): void {
    this.#database.transaction(() => {
      if (this.#database.run('UPDATE OR REPLACE resources SET ref = ? WHERE ref = ?', now, was) === 0) return;
      this.#database.run('UPDATE resources SET owner = ? WHERE owner = ?', now, was);
      this.#database.run('UPDATE OR REPLACE overrides SET ref = ? WHERE ref = ?', now, was);
    });
  }
}

const markOf = (row: Record<string, unknown>): ResourceMark => ({
  generation: row['generation'] as number,
  specHash: row['spec_hash'] as string,
  owner: row['owner'] as Ref | null,
});

function decode(row: Record<string, unknown>): ResourceRow {
  return {
    ref: row['ref'] as Ref,
    kind: row['kind'] as string,
    generation: row['generation'] as number,
    observedGeneration: row['observed_generation'] as number,
    specHash: row['spec_hash'] as string,
    lastSpec: fromJson(row['last_spec']),
    lastHash: row['last_hash'] as string | null,
    lastAppliedAt: row['last_applied_at'] as number | null,
    conditions: fromJson(row['conditions']) as readonly StoredCondition[],
    attempts: row['attempts'] as number,
    intent: fromJson(row['intent']) as Intent | null,
    held: row['held'] as string | null,
    owner: row['owner'] as Ref | null,
    nextLookAt: row['next_look_at'] as number | null,
  };
}
