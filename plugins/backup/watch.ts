// Hears changes deep in the folders of `watch:`, and asks for a look once nothing has changed for a while.
import type { FSWatcher } from 'chokidar';
import picomatch from 'picomatch';
import type { Context, Ref } from 'realm-runner/plugin';
import { splitGlob, stateFolder, watchedPaths } from './policies.ts';
import type { BackupSpec } from './spec.ts';

/** How soon a policy that was added is listened to. */
const LOOK_MS = 1_000;

interface Heard {
  readonly what: string;
  readonly watcher: FSWatcher;
}

export async function watchSources(ctx: Context): Promise<void> {
  const heard = new Map<Ref, Heard>();
  const close = (ref: Ref): void => {
    void heard.get(ref)?.watcher.close();
    heard.delete(ref);
  };
  try {
    for await (const _ of ctx.every(LOOK_MS)) {
      const wanted = new Map(ctx.resources<BackupSpec>('backup').map((one) => [one.ref, one.spec]));
      for (const ref of heard.keys()) if (wanted.get(ref)?.watch === undefined) close(ref);
      for (const [ref, spec] of wanted) {
        const what = JSON.stringify([spec.watch, spec.settle]);
        if (spec.watch === undefined || heard.get(ref)?.what === what) continue;
        close(ref);
        heard.set(ref, { what, watcher: await listen(ref, spec, ctx) });
      }
    }
  } finally {
    for (const ref of heard.keys()) close(ref);
  }
}

async function listen(ref: Ref, spec: BackupSpec, ctx: Context): Promise<FSWatcher> {
  const { watch } = await import('chokidar'); // only a daemon listens
  const ours = stateFolder(ctx);
  const watcher = watch([...watchedPaths(spec)], {
    ignoreInitial: true,
    ignored: (path) => path === ours || path.startsWith(`${ours}/`),
  });
  const settled = whenSettled(spec.settle, ctx, () => ctx.wake(ref));
  const isMeant = meant(spec.watch ?? []);
  // What nobody watches, such as a heartbeat beside it, would keep it from ever settling.
  watcher.on('all', (event, path) => {
    if (event === 'addDir' || event === 'unlinkDir' || isMeant(path)) settled();
  });
  watcher.on('ready', settled); // what changed before it listened
  watcher.on('error', (error) => ctx.log.warn(`${ref}: a watched folder cannot be listened to`, { error }));
  return watcher;
}

/** Whether one of these names a path, or a folder above it. All absolute. */
export function meant(globs: readonly string[]): (path: string) => boolean {
  const tests = globs.map((glob) => {
    const { base, rest } = splitGlob(glob);
    const isNamed = rest === '' ? undefined : picomatch([glob, `${glob}/**`], { dot: true });
    return (path: string): boolean => isNamed?.(path) ?? (path === base || path.startsWith(`${base}/`));
  });
  return (path) => tests.some((isNamed) => isNamed(path));
}

/** A burst that goes on for so many times `settle` is saved in the middle. */
const LONGEST_BURST = 10;

/** Calls `then` once after each burst: when nothing came for `settleMs`, or it has gone on for too long. */
export function whenSettled(settleMs: number, ctx: Pick<Context, 'now' | 'sleep'>, then: () => void): () => void {
  let last = 0;
  let isWaiting = false;
  const wait = async (): Promise<void> => {
    const end = ctx.now() + LONGEST_BURST * settleMs;
    for (let left = settleMs; left > 0; left = Math.min(last + settleMs, end) - ctx.now()) await ctx.sleep(left);
    isWaiting = false;
    then();
  };
  return () => {
    last = ctx.now();
    if (isWaiting) return;
    isWaiting = true;
    wait().catch(() => {}); // the plugin set ends: its follower listens for itself
  };
}
