// Has each life of a service watched that needs it, from its start or from when it is found, until it ends.
import { basename } from 'node:path';
import type { Context, Resource } from 'realm-runner/plugin';
import type { Life } from './facts.ts';
import { readLife } from './life.ts';
import { folderOf } from './places.ts';
import type { ServiceSpec } from './spec.ts';
import { isWatched, watchLife } from './watched-life.ts';

type Want = Resource<ServiceSpec>;

/** Starts are heard of; this finds what was missed, and what was edited. */
const LOOK_MS = 5_000;

interface Watched {
  readonly want: Want;
  readonly token: string;
  readonly over: AbortController;
}

export class Prober {
  readonly #lives = new Map<string, Watched>();
  #ctx: Context | undefined;

  /** The background of one plugin set. */
  async run(ctx: Context): Promise<void> {
    this.#ctx = ctx;
    const stopHearing = ctx.processes.exits(({ dir, token }) => {
      const name = basename(dir);
      if (this.#lives.get(name)?.token === token) this.#end(name);
    });
    for await (const _ of ctx.every(LOOK_MS)) this.look();
    stopHearing();
    for (const name of this.#lives.keys()) this.#end(name);
  }

  /** At all services, or at the one that was just started. */
  look(ref?: string): void {
    const ctx = this.#ctx;
    if (ctx === undefined || ctx.signal.aborted) return;
    const all = ctx.resources<ServiceSpec>('service');
    for (const want of all) if (ref === undefined || want.ref === ref) this.#lookAt(want, ctx);
    const names = new Set(all.map(({ name }) => name));
    for (const name of this.#lives.keys()) if (!names.has(name)) this.#end(name);
  }

  #lookAt(want: Want, ctx: Context): void {
    const { name } = want;
    const watched = this.#lives.get(name);
    const life = isWatched(want) ? running(name, ctx) : undefined;
    const isSame = watched !== undefined && watched.token === life?.token && isSameWish(watched.want, want);
    if (isSame) return;
    this.#end(name);
    if (life !== undefined) this.#begin(want, life, ctx);
  }

  #begin(want: Want, life: Life, ctx: Context): void {
    const { name, ref } = want;
    const over = new AbortController();
    this.#lives.set(name, { want, token: life.token, over });
    watchLife(want, life, ctx, over.signal).catch((error: unknown) => {
      if (over.signal.aborted) return;
      ctx.log.error(`${ref} is not watched, and will be again in ${LOOK_MS / 1000} s`, { error });
      this.#end(name);
    });
  }

  #end(name: string): void {
    this.#lives.get(name)?.over.abort();
    this.#lives.delete(name);
  }
}

/** Declared anew by every edit of the config: what counts is whether anything about it is different. */
const isSameWish = (one: Want, other: Want): boolean =>
  one.spec === other.spec ||
  JSON.stringify([one.generation, one.awaited]) === JSON.stringify([other.generation, other.awaited]);

/** The present life; undefined when it does not run. A file that cannot be read is for the pass to complain about. */
function running(name: string, ctx: Context): Life | undefined {
  try {
    const folder = folderOf(name, ctx);
    const life = readLife(folder);
    if (life === null) return undefined;
    if (life.adopted !== undefined) return life;
    return ctx.processes.look(folder, life.token).state === 'running' ? life : undefined;
  } catch {
    return undefined;
  }
}
