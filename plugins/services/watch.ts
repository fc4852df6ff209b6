// `watch:` of a service: which of its files look different from when it was started.
import { statSync } from 'node:fs';
import type { Context } from 'realm-runner/plugin';
import { printing, type Prints, rememberOnly } from './prints.ts';
import type { ServiceSpec } from './spec.ts';

const LOOK_MS = 1_000;

/** Of those that were there then and are there now: one that is just being replaced is gone for a moment. */
export const changedPaths = (before: Prints, now: Prints): readonly string[] =>
  Object.keys(now).filter((path) => {
    const was = before[path] ?? null;
    return was !== null && now[path] !== null && was !== now[path];
  });

/** The kernel hears what happens beside a path; what happens deep in a folder is found here. */
export async function watchFolders(ctx: Context): Promise<void> {
  let known = new Map<string, string>();
  for await (const _ of ctx.every(LOOK_MS)) {
    const found = new Map<string, string>();
    const services = ctx.resources<ServiceSpec>('service');
    for (const { name, ref, spec } of services) {
      const folders = spec.watch.filter(isFolder);
      if (folders.length === 0) continue;
      const print = await lookedAt(folders, ctx);
      if (ctx.signal.aborted) return;
      found.set(name, print);
      if (known.get(name) !== print) ctx.wake(ref);
    }
    known = found;
    rememberOnly(new Set(services.flatMap(({ spec }) => spec.watch)));
  }
}

/** Everybody else gets a turn in between, however much there is to look at. */
async function lookedAt(folders: readonly string[], ctx: Context): Promise<string> {
  const prints: (string | null)[] = [];
  for (const folder of folders) {
    const steps = printing(folder);
    let step = steps.next();
    while (step.done !== true && !ctx.signal.aborted) {
      await ctx.sleep(0).catch(() => {}); // over: the loop ends
      step = steps.next();
    }
    prints.push(step.done === true ? step.value : null);
  }
  return JSON.stringify([folders, prints]);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // nothing there, or nothing that can be seen
  }
}
