// JSON inside a column: null stays SQL's NULL, and text that is no JSON means a damaged database.
import { RealmError } from '../errors.ts';

export function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : (JSON.stringify(value) ?? null);
}

export function fromJson(text: unknown): unknown {
  if (typeof text !== 'string') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new RealmError('STORE_CORRUPT', `a value in the database is no JSON: ${text.slice(0, 60)}`, {
      hint: 'realm state recover',
      cause,
    });
  }
}

/** SQL counts characters where JavaScript counts UTF-16 units; for `substr(column, 1, n) = prefix`. */
export const lengthInSql = (text: string): number => Array.from(text).length;
