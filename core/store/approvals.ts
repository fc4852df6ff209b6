// The table of approvals: what was shown to a person, and what the person said.
import type { Ref } from '../model/ref.ts';
import type { Mask } from '../mask.ts';
import type { Database } from './database.ts';

export interface ApprovalRow {
  readonly id: string;
  readonly what: string;
  readonly ref: Ref;
  readonly actor: string | null;
  readonly reason: string | null;
  /** Over exactly what was shown: an approval counts for that alone. */
  readonly hash: string;
  /** Milliseconds since the epoch, as is `expiresAt`. */
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly state: 'waiting' | 'approved' | 'denied' | 'expired';
}

export class ApprovalTable {
  readonly #database: Database;
  readonly #mask: Mask;
  constructor(database: Database, mask: Mask) {
    this.#database = database;
    this.#mask = mask;
  }

  get(id: string): ApprovalRow | undefined {
    const row = this.#database.get('SELECT * FROM approvals WHERE id = ?', id);
    return row && decode(row);
  }

  /** The newest for exactly this. */
  find(ref: Ref, hash: string): ApprovalRow | undefined {
    const row = this.#database.get(
      'SELECT * FROM approvals WHERE ref = ? AND hash = ? ORDER BY created_at DESC, id DESC LIMIT 1',
      ref,
      hash,
    );
    return row && decode(row);
  }

  /** Newest first. */
  all(): ApprovalRow[] {
    return this.#database.all('SELECT * FROM approvals ORDER BY created_at DESC, id DESC').map(decode);
  }

  put(row: ApprovalRow): void {
    this.#database.run(
      'INSERT OR REPLACE INTO approvals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
      row.id,
      this.#mask.text(row.what),
      row.ref,
      row.actor,
      row.reason === null ? null : this.#mask.text(row.reason),
      row.hash,
      row.createdAt,
      row.expiresAt,
      row.state,
    );
  }

  delete(id: string): void {
    this.#database.run('DELETE FROM approvals WHERE id = ?', id);
  }
}

function decode(row: Record<string, unknown>): ApprovalRow {
  const { created_at: createdAt, expires_at: expiresAt, ...same } = row;
  return { ...same, createdAt, expiresAt } as unknown as ApprovalRow;
}
