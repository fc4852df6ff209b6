// Carries messages from outboxes to inboxes for as long as the plugin set lives: one turn after the other.
import { type FSWatcher, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'realm-runner/plugin';
import { lookForAcknowledged } from './acknowledged.ts';
import { breath } from './breath.ts';
import { Intake } from './intake.ts';
import { Positions } from './positions.ts';
import type { Post } from './post.ts';
import { Routing } from './routing.ts';
import type { MessagesSettings } from './settings.ts';
import { News } from './tell.ts';
import { agentsOf, type IsAlive, strangerIn } from './world.ts';
import type { TurnParts } from './turn-parts.ts';

/** Whether the system told of a change or not. */
const LOOK_MS = 1_000;
/** While much is taken in, what came first need not wait for the last. */
const ROUTE_MS = 200;

export interface Carrying {
  readonly post: Post;
  readonly settings: MessagesSettings;
  readonly ctx: Context;
  readonly isAlive: IsAlive;
  /** Resolves when something may have changed, or after so many ms. */
  readonly wait: (ms: number) => Promise<void>;
  readonly ring: () => void;
  readonly crash: (name: string) => void;
}

/** Until the signal aborts; what was begun is brought to an end first. */
export async function carry({ post, settings, ctx, isAlive, wait, ring, crash }: Carrying): Promise<void> {
  const news = new News();
  const parts = { post, settings, news, ctx, isAlive, pause: breath(ctx), crash };
  const intake = new Intake(parts);
  const positions = new Positions({ post, settings, news });
  const ears = new Ears(ring);
  let held = new Set<string>();
  for (const { state, to } of post.book.pending()) if (state === 'held') held.add(to); // told in an earlier life
  tellDamages(post, ctx);
  try {
    await positions.look(ctx);
    while (!ctx.signal.aborted) {
      ears.listen(agentsOf(ctx).flatMap(({ spec: { home } }) => [join(home, 'outbox'), join(home, 'inbox')]));
      const isTorn = await turn(intake, parts, (seen) => (held = tellHeld(seen, held, news)));
      if (await positions.look(ctx)) ring();
      const stranger = strangerIn(settings.rules, ctx);
      if (stranger !== undefined) news.stuck(null, stranger, ctx);
      if (post.trouble !== null) news.stuck(null, `what becomes of messages cannot be kept: ${post.trouble}`, ctx);
      news.tell(ctx);
      await wait(isTorn ? LOOK_MS / 5 : LOOK_MS);
    }
    await positions.look(ctx, true);
    news.tell(ctx, true);
  } finally {
    ears.close();
  }
}

async function turn(intake: Intake, parts: TurnParts, tell: (seen: Routing) => void): Promise<boolean> {
  const { post, settings, news, ctx } = parts;
  let routedAt = ctx.now();
  let isTorn = false;
  const route = async (): Promise<void> => {
    const routing = new Routing(parts);
    await routing.run();
    tell(routing);
    routedAt = ctx.now();
  };
  const between = async (): Promise<void> => {
    if (Math.abs(ctx.now() - routedAt) >= ROUTE_MS) await route();
  };
  await lookForAcknowledged(parts);
  for (const agent of agentsOf(ctx)) isTorn = (await intake.look(agent, between)) || isTorn;
  if (post.book.hasPending && !ctx.signal.aborted) await route();
  else if (!post.book.hasPending) tell(new Routing(parts));
  await post
    .tidy(settings.keep)
    .catch((error: Error) => news.stuck(null, `old messages cannot be let go: ${error.message}`, ctx));
  return isTorn;
}

/** Once when an agent's messages begin to be held. */
function tellHeld({ held }: Routing, before: ReadonlySet<string>, news: News): Set<string> {
  for (const [agent, { id, reason, count }] of held)
    if (!before.has(agent)) news.gather('held', { agent, id, reason, by: 'held' }, count);
  return new Set(held.keys());
}

function tellDamages({ log }: Post, ctx: Context): void {
  for (const { segment, bytes, kept, lines } of log.damages)
    ctx.emit('messages.damaged', { segment, bytes, kept, lines });
  log.damages.length = 0;
}

/** Hears changes in folders, where the system tells of them; whoever listens looks by itself too. */
class Ears {
  readonly #ring: () => void;
  readonly #watchers = new Map<string, { readonly watcher: FSWatcher; readonly inode: number }>();

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Of a folder that is another one than before, the new one is heard. */
  listen(folders: readonly string[]): void {
    for (const known of this.#watchers.keys()) if (!folders.includes(known)) this.#leave(known);
    for (const folder of folders) {
      const inode = inodeOf(folder);
      if (this.#watchers.get(folder)?.inode === inode) continue;
      this.#leave(folder);
      if (inode !== undefined) this.#hear(folder, inode);
    }
  }

  close(): void {
    this.listen([]);
  }

  #hear(folder: string, inode: number): void {
    try {
      const watcher = watch(folder, { persistent: false }, this.#ring);
      watcher.once('error', () => this.#leave(folder));
      this.#watchers.set(folder, { watcher, inode });
    } catch {
      // no more watches, or it went away: it is looked at each second all the same
    }
  }

  #leave(folder: string): void {
    this.#watchers.get(folder)?.watcher.close();
    this.#watchers.delete(folder);
  }
}

/** undefined: it cannot be heard now, whatever it is; whoever looks into it says why. */
function inodeOf(folder: string): number | undefined {
  try {
    return statSync(folder, { throwIfNoEntry: false })?.ino;
  } catch {
    return undefined;
  }
}
