// The table of overrides: an operator's word on a resource, kept until its opposite or its expiry.
import type { Ref } from '../model/ref.ts';
import type { Mask } from '../mask.ts';
import type { Database } from './database.ts';

export interface OverrideRow {
  readonly ref: Ref;
  readonly effect: 'stop' | 'pause' | 'hold' | 'maintenance';
  readonly why: string;
  readonly actor: string;
  /** Milliseconds since the epoch, as is `until`. */
  readonly since: number;
  /** null: until someone clears it. */
  readonly until: number | null;
}

export class OverrideTable {
  readonly #database: Database;
  readonly #mask: Mask;
  constructor(database: Database, mask: Mask) {
    this.#database = database;
    this.#mask = mask;
  }

  /** Of one resource, or all; expired ones too: who clears them tells it. */
  all(ref?: Ref): OverrideRow[] {
    const rows =
      ref === undefined
        ? this.#database.all('SELECT * FROM overrides ORDER BY ref, effect')
        : this.#database.all('SELECT * FROM overrides WHERE ref = ? ORDER BY effect', ref);
    return rows.map((row) => ({ ...row }) as unknown as OverrideRow);
  }

  get(ref: Ref, effect: OverrideRow['effect']): OverrideRow | undefined {
    return this.all(ref).find((row) => row.effect === effect);
  }

  /** A newer word on the same effect takes the older one's place. */
  put(row: OverrideRow): void {
    this.#database.run(
      'INSERT OR REPLACE INTO overrides VALUES (?, ?, ?, ?, ?, ?)',
      row.ref,
      row.effect,
      this.#mask.text(row.why),
      row.actor,
      row.since,
      row.until,
    );
  }

  /** False: there was none. */
  delete(ref: Ref, effect: OverrideRow['effect']): boolean {
    return this.#database.run('DELETE FROM overrides WHERE ref = ? AND effect = ?', ref, effect) > 0;
  }
}
