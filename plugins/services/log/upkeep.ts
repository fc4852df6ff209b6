// Keeps the logs of services from growing without end, and notices when somebody else made one shorter.
import { statSync } from 'node:fs';
import type { Context, Resource } from 'realm-runner/plugin';
import { logOf } from '../places.ts';
import { forgetTrouble, readTrouble, writeTrouble } from '../rows.ts';
import type { ServiceSpec } from '../spec.ts';
import { tellDeleted } from './deleted.ts';
import { dayOf, logNow, writePieces } from './pieces.ts';
import { addMark, MARK_MS } from './times.ts';
import { finishRotation, isDue, rotate, tryPunching } from './rotate.ts';

const LOOK_MS = 1_000;
/** Of logs that did not grow at the last look, only each fifth turn asks. */
const FULL_TURNS = 5;
/** Of less, the pieces would cost more than they hold. */
const LEAST_BYTES = 4096;
/** After a rotation that failed: a full disk stays full for a while. */
const AGAIN_MS = 30_000;

interface Length {
  readonly size: number;
  readonly inode: number;
}
interface Seen extends Length {
  readonly day: string;
  /** When its length was last noted; 0: never. */
  readonly markedAt: number;
  readonly failedAt: number;
}

/** While no daemon lives nothing is rotated. */
export async function keepLogs(ctx: Context): Promise<void> {
  const seen = new Map<string, Seen>();
  const rotator = checkedRotate();
  const busy = new Set<string>();
  let turn = 0;
  for await (const _ of ctx.every(LOOK_MS)) {
    const isFull = turn++ % FULL_TURNS === 0;
    for (const want of ctx.resources<ServiceSpec>('service')) {
      if (ctx.signal.aborted) return;
      const { name } = want;
      if (!isFull && !busy.has(name)) continue;
      if (isNotItself(want, seen.get(name), ctx)) seen.delete(name);
      else if (isUnchanged(want, seen.get(name), ctx)) busy.delete(name);
      else {
        busy.add(name);
        await keepLog(want, seen, ctx, rotator);
        await ctx.sleep(0).catch(() => {}); // when many grow at once, everybody else gets a turn in between
      }
    }
  }
}

/** Gone, or another file than before: maybe a new start made it, maybe its writer still has the old one. */
function isNotItself(want: Resource, seen: Seen | undefined, ctx: Context): boolean {
  const found = statSync(logOf(want.name, ctx), { throwIfNoEntry: false });
  if (found !== undefined && seen?.inode === found.ino) return false;
  return tellDeleted(want, ctx);
}

/** Most logs at most times: one question to the system is enough. */
function isUnchanged({ name }: Resource, seen: Seen | undefined, ctx: Context): boolean {
  const found = statSync(logOf(name, ctx), { throwIfNoEntry: false });
  if (found === undefined) return true;
  const isSame = seen?.size === found.size && seen.inode === found.ino && seen.day === dayOf(ctx.now());
  return isSame && seen.failedAt === -Infinity;
}

/** Asks whether it can be done here at all, before anything is copied in vain; once it could, never again. */
export function checkedRotate(check = tryPunching): typeof rotate {
  let isPossible = false;
  return async (log, options) => {
    const now = logNow(log);
    if (now === undefined || !isDue(now, options)) return rotate(log, options);
    if (!isPossible) await check(log);
    isPossible = true;
    return rotate(log, options);
  };
}

export async function keepLog(
  want: Resource<ServiceSpec>,
  seen: Map<string, Seen>,
  ctx: Context,
  turn = rotate,
): Promise<void> {
  const { name, ref, spec } = want;
  const log = logOf(name, ctx);
  const before = seen.get(name);
  try {
    const found = tellCutBack(want, log, before, ctx);
    if (before !== undefined && before.failedAt + AGAIN_MS > ctx.now() && before.failedAt <= ctx.now()) return;
    if (before === undefined) await finishRotation(log);
    await turn(log, { sizeBytes: Math.max(LEAST_BYTES, spec.log.size), keep: spec.log.keep, today: dayOf(ctx.now()) });
    const { size = 0, inode = 0 } = tellCutBack(want, log, found, ctx) ?? {};
    const markedAt = marked(log, { size, inode }, before?.markedAt ?? 0, ctx.now());
    seen.set(name, { size, inode, day: dayOf(ctx.now()), markedAt, failedAt: -Infinity });
    if (readTrouble(name, ctx) === undefined) return;
    forgetTrouble(name, ctx);
    ctx.wake(ref);
  } catch (error) {
    const { size = 0, inode = 0, markedAt = 0 } = before ?? {};
    seen.set(name, { size, inode, day: '', markedAt, failedAt: ctx.now() });
    const why = troubleOf(error);
    if (readTrouble(name, ctx) === why) return;
    ctx.log.warn(`the log of ${ref} is not rotated: ${why}`);
    writeTrouble(name, why, ctx);
    ctx.wake(ref);
  }
}

function marked(log: string, { size, inode }: Length, before: number, now: number): number {
  if (inode === 0 || (now >= before && now < before + MARK_MS)) return before;
  addMark(log, { inode, offset: size, at: now });
  return now;
}

/** Answers how long it is now. */
function tellCutBack({ ref }: Resource, file: string, before: Length | undefined, ctx: Context): Length | undefined {
  const now = logNow(file);
  if (now === undefined || before?.inode !== now.inode || now.size >= before.size) return now;
  writePieces(file, now.known);
  ctx.emit('service.logTruncated', { ref, file }, { ref });
  return now;
}

/** What a person can do something about, in one clause. */
function troubleOf(error: unknown): string {
  const { code, stderr } = error as { readonly code?: unknown; readonly stderr?: unknown };
  if (code === 'ENOSPC' || code === 'EDQUOT') return `the disk is full (${code}); nothing of it is lost`;
  if (code === 'ENOENT') return 'fallocate(1) of util-linux is not on the PATH';
  const said = typeof stderr === 'string' && stderr.trim() !== '' ? stderr : (error as Error).message;
  return said.trim().split('\n').at(-1)!;
}
