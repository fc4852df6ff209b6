// Rows that can be written later: while the state has no room they stay as they are, and nobody is kept from his turn.
import { type Context, RealmError } from 'realm-runner/plugin';

export function setIfRoom(key: string, value: unknown, { rows }: Pick<Context, 'rows'>): void {
  try {
    rows.set(key, value);
  } catch (error) {
    if (!(error instanceof RealmError) || error.code !== 'STORE_FULL') throw error;
  }
}
