// Where the store's tests keep their files, and how they open a store on them.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../../core/clock.ts';
import { seededRandom } from '../../../core/random.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import type { Store, StoreOptions } from '../../../core/store/store.ts';
import { openStore } from '../../../core/store/store.ts';
import { MEMORY } from '../../memory.ts';

export const START = Date.UTC(2026, 0, 1);

/** A new folder, gone after the test. */
export function folder(): string {
  const path = mkdtempSync(join(MEMORY, 'realm-store-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Place {
  readonly dir: string;
  readonly clock: Clock;
  /** What went wrong beside the operations. */
  readonly troubles: string[];
  open(options?: Partial<StoreOptions>): Store;
}

export function place(clock: Clock = virtualClock(START)): Place {
  const dir = join(folder(), '.realm');
  const troubles: string[] = [];
  return {
    dir,
    clock,
    troubles,
    open(options = {}) {
      const trouble = (where: string, error: unknown): void => void troubles.push(`${where}: ${String(error)}`);
      const store = openStore({ dir, clock, random: seededRandom(1), mode: 'write', trouble, ...options });
      onTestFinished(() => store.close());
      return store;
    },
  };
}

/** States a fact that says which one it is. */
export function say(store: Store, what: string | number): number {
  return store.journal.append({ type: 'plugin.recovered', actor: 'kernel', data: { plugin: String(what) } });
}

export function said(events: readonly { readonly type: string; readonly data: unknown }[]): string[] {
  return events.map((event) =>
    event.type === 'plugin.recovered' ? (event.data as { plugin: string }).plugin : event.type,
  );
}

/** Every line of a JSONL file, or none when it is absent. */
export function lines(path: string): Record<string, unknown>[] {
  const text = readFileSync(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** All files below, sorted, with their content: equal means that nothing was written. */
export function snapshot(dir: string): Record<string, string> {
  const names = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = names.map((entry) => join(entry.parentPath, entry.name)).toSorted();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'base64')]));
}

/** A realm that was used: rows, events, two copies, and a holder that died. */
export function used(): Place {
  const at = place();
  for (const round of [1, 2, 3]) {
    const store = at.open();
    for (let index = 0; index < 300; index += 1) store.rows.set('test', `${round}/${index}`, 'v'.repeat(100));
    store.transaction(() => say(store, round));
    store.close({ clean: round < 3 });
  }
  return at;
}
export const databaseOf = (at: Place): string => join(at.dir, 'realm.db');
export const overwrite = (at: Place, bytes: Uint8Array): void => {
  for (const suffix of ['-wal', '-shm']) rmSync(`${databaseOf(at)}${suffix}`, { force: true });
  writeFileSync(databaseOf(at), bytes);
};
