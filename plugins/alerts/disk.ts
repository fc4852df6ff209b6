// Looks how full the disks are that Realm needs, and states when one passes a limit or has room again.
import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Context } from 'realm-runner/plugin';

const EVERY_MS = 30_000;
/** Per cent used, the worst first. */
const LIMITS = [98, 90] as const;
/** A disk that hovers at a limit must not be told about for ever. */
const SLACK_PERCENT = 2;

export interface Space {
  readonly usedPercent: number;
  readonly freeBytes: number;
}
export type LookAtDisk = (path: string) => Space;

/** As df counts: what only root may use is not there for others. */
export const spaceOf: LookAtDisk = (path) => {
  const { blocks, bfree, bavail, bsize } = statfsSync(path);
  const usable = blocks - bfree + bavail;
  const usedPercent = usable === 0 ? 0 : Math.round(((blocks - bfree) / usable) * 1000) / 10;
  return { usedPercent, freeBytes: bavail * bsize };
};

/** The limit that counts now, or 0: a limit that was passed counts until there is some room again. */
export const limitAt = (usedPercent: number, before: number): number =>
  LIMITS.find((limit) => usedPercent >= (limit <= before ? limit - SLACK_PERCENT : limit)) ?? 0;

export async function watchDisks(ctx: Context, look: LookAtDisk = spaceOf): Promise<void> {
  const passed = new Map<string, number>();
  for await (const _ of ctx.every(EVERY_MS)) {
    for (const path of [ctx.paths.root, dirname(dirname(ctx.paths.data))]) {
      try {
        lookAt(path, look(path), passed, ctx);
      } catch (error) {
        ctx.log.warn(
          `how full the disk of ${path} is cannot be seen: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }
}

/** The row is what was told last; memory stands in for it while no row can be written. */
function lookAt(path: string, space: Space, passed: Map<string, number>, ctx: Context): void {
  const key = `disk/${path}`;
  const before = passed.get(path) ?? (ctx.rows.get(key) as number | undefined) ?? 0;
  const limit = limitAt(space.usedPercent, before);
  if (limit === before) return;
  passed.set(path, limit);
  if (limit === 0) ctx.emit('disk.freed', { path, ...space });
  else ctx.emit('disk.filling', { path, ...space, limitPercent: limit });
  ctx.rows.set(key, limit);
}
