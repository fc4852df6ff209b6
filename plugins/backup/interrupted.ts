// Settles what interrupted restores left: by itself while a daemon lives, and before anything else is saved or restored.
import { join } from 'node:path';
import { type Context, RealmError } from 'realm-runner/plugin';
import type { Tools } from './engine.ts';
import { isUnsettled, type Recovered, recoverSwaps, tornBy } from './restore/recover.ts';

const LOOK_MS = 60_000;
/** When it could not be settled. */
const AGAIN_MS = 3_600_000;
const KEY = 'backup-settle ';

/** Journals of restores: what an interrupted one has to be finished or undone by. */
export const journals = (ctx: Context): string => join(ctx.paths.data, 'restore');

export async function settleInterrupted(ctx: Context): Promise<void> {
  for await (const _ of ctx.every(LOOK_MS)) await settleIfNeeded(ctx);
}

export async function settleIfNeeded(ctx: Context): Promise<void> {
  if (!isUnsettled(journals(ctx), ctx.now())) return;
  const last = ctx.runs(KEY, 1)[0];
  if (last !== undefined && last.endedAt === null) return;
  if (last !== undefined && last.state !== 'succeeded' && ctx.now() - last.endedAt! < AGAIN_MS) return;
  await ctx.start({ action: 'backup.settle', key: `${KEY}${new Date(ctx.now()).toISOString()}`, input: {} });
}

const WAIT_MS = 500;
const MOST_WAITS = 120;

/** To be called before anything is saved or restored. Waits while another process swaps; throws BACKUP_BUSY after a minute. */
export async function settled(ctx: Context, tools: Tools): Promise<readonly Recovered[]> {
  const found: Recovered[] = [];
  for (let waits = 0; ; waits += 1) {
    found.push(...recoverSwaps(journals(ctx), tools));
    const torn = tornBy(journals(ctx));
    if (torn === undefined) return found;
    const why = `another process is putting ${torn.snapshots.join(' and ')} in place`;
    if (waits === MOST_WAITS) throw new RealmError('BACKUP_BUSY', why, { hint: 'try again when that has ended' });
    ctx.progress({ phase: 'wait', why });
    await ctx.sleep(WAIT_MS);
  }
}
