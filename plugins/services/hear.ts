// Hears how services end, and finds again what an earlier life of the daemon started.
import { basename } from 'node:path';
import type { Context, ProcessHandle, Ref, Resource } from 'realm-runner/plugin';
import { ended } from './adopted.ts';
import { endOf } from './end.ts';
import type { Life } from './facts.ts';
import { forgetFollowed, readLife, readStopping } from './life.ts';
import { folderOf } from './places.ts';
import type { ServiceSpec } from './spec.ts';
import { tellEnded } from './tell.ts';

/** What cannot be read may be mended by a person. */
const AGAIN_MS = 5_000;

/** Ends when the plugin set does; processes do not notice. */
export async function hear(ctx: Context): Promise<void> {
  ctx.processes.exits((handle) => {
    const name = basename(handle.dir);
    const ref: Ref = `service/${name}`;
    ctx.wake(ref); // first of all: a restart waits for it, and it tells of the end that it follows
    const telling = (): void => tell(ref, name, handle, ctx);
    ctx
      .sleep(0)
      .then(telling, telling) // also when this plugin set is over: nobody else has heard it
      .catch((error: unknown) => ctx.log.error(`the end of ${ref} was not told`, { error }));
  });
  let unknown = ctx.resources('service');
  for await (const _ of ctx.every(AGAIN_MS)) {
    const found = await Promise.all(unknown.map((one) => isFound(one, ctx))); // one search for all
    unknown = unknown.filter((_one, index) => !found[index]);
    if (unknown.length === 0) break;
  }
  if (ctx.signal.aborted) return;
  await new Promise<void>((over) => ctx.signal.addEventListener('abort', () => over(), { once: true }));
}

/** False: nobody can read what was started last, which its pass says; the others need not wait for it. */
async function isFound({ name, ref }: Resource, ctx: Context): Promise<boolean> {
  const folder = folderOf(name, ctx);
  try {
    const life = readLife(folder);
    if (life === null) return true;
    const sight = ctx.processes.look(folder, life.token);
    // Only what runs: of a start that may be on its way the pass decides, which alone knows whether it is.
    if (sight.state !== 'running') return life.follows === undefined || sight.state === 'ended' || !sight.mayStart;
    if (ctx.processes.adopt(folder, life.token).exit !== undefined) ctx.wake(ref);
    else if (life.follows !== undefined) await searchFor(life.follows, life, folder, ctx);
    return true;
  } catch {
    return false;
  }
}

/** The daemon that started this life died before it knew that nothing was left of the one before. */
async function searchFor(follows: string, { token }: Life, folder: string, ctx: Context): Promise<void> {
  await ctx.processes.sweep(ended(folder, follows));
  forgetFollowed(folder, token);
}

/** Of a process that is not the last one started, nothing is said: its end was told before the next start. */
function tell(ref: Ref, name: string, { token, exit }: ProcessHandle, ctx: Context): void {
  const want = ctx.resources<ServiceSpec>('service').find((one) => one.ref === ref);
  const life = want && readLife(folderOf(name, ctx));
  if (exit === undefined || want === undefined || life?.token !== token) return;
  const stopping = readStopping(folderOf(name, ctx), token);
  tellEnded(want, { life, stopping, end: endOf(exit, want, life, ctx) }, ctx);
}
