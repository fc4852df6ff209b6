// Runs over a real store in a folder of their own, in as many lives as a test wants.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../core/clock.ts';
import { systemRandom } from '../../../core/random.ts';
import type { Executor, RunHooks } from '../../../core/runs/executor.ts';
import { createRuns, type Runs, type RunsParts } from '../../../core/runs/runs.ts';
import type { StoredRun } from '../../../core/store/runs.ts';
import { openStore, type Store } from '../../../core/store/store.ts';
import { MEMORY } from '../../memory.ts';

export interface Life {
  readonly store: Store;
  readonly runs: Runs;
  /** Ids of runs in the order in which their resources were woken. */
  readonly woken: readonly string[];
  /** As kill -9 leaves it: nothing is told to anybody. */
  die(): void;
}

export const newFolder = (): string => {
  const folder = mkdtempSync(join(MEMORY, 'realm-runs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export function live(
  folder: string,
  executor: Executor,
  more: Partial<RunsParts> & { readonly clock?: Clock } = {},
): Life {
  const clock = more.clock ?? systemClock;
  const store = openStore({ dir: join(folder, '.realm'), clock, random: systemRandom, mode: 'write' });
  const woken: string[] = [];
  const runs = createRuns({
    store,
    clock,
    random: systemRandom,
    executor,
    ended: (run) => woken.push(run.id),
    ...more,
  });
  const die = (): void => store.close();
  onTestFinished(die);
  return { store, runs, woken, die };
}

/** An executor that does what the test says, and remembers what it was asked. */
export class Puppet implements Executor {
  readonly hooks = new Map<string, RunHooks>();
  readonly begun: string[] = [];
  readonly cancelled: string[] = [];
  found: (run: StoredRun) => ReturnType<Executor['find']> = () => ({ state: 'lost', reason: 'gone' });

  note(run: StoredRun): object {
    return { mark: `${run.id}/${run.attempt}` };
  }
  begin(run: StoredRun, hooks: RunHooks): void {
    this.begun.push(run.key);
    this.hooks.set(run.id, hooks);
  }
  cancel(run: StoredRun, why: string): void {
    this.cancelled.push(`${run.key}: ${why}`);
  }
  find(run: StoredRun, hooks: RunHooks): ReturnType<Executor['find']> {
    this.hooks.set(run.id, hooks);
    return this.found(run);
  }
  isAlive(run: StoredRun): boolean {
    return this.hooks.has(run.id);
  }
  async close(): Promise<void> {}
  end(id: string, end: Parameters<RunHooks['ended']>[0] = { state: 'succeeded', output: null }): void {
    this.hooks.get(id)!.ended(end);
  }
}

export const request = (key: string, more: object = {}): Parameters<Runs['start']>[0] => ({
  action: 'demo.work',
  key,
  input: { key },
  actor: 'user:test',
  ...more,
});
