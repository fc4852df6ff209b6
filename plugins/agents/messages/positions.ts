// Keeps the offset files true to what agents have read, and replays to an agent whose file somebody has put back.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'realm-runner/plugin';
import { expiryOf } from './draft.ts';
import { readOffset } from './offsets.ts';
import { offsetFolder } from './post.ts';
import { agentRef } from './rules.ts';
import type { TurnParts } from './turn-parts.ts';
import { agentsOf } from './world.ts';

/** Each writing waits for the disk, and everybody's messages for the writing. */
const PAUSE_MS = 5_000;
/** On a slow disk no more than this part of the time. */
const SHARE = 20;

interface Kept {
  readonly position: number;
  readonly print: string;
  readonly at: number;
}

type PositionsParts = Pick<TurnParts, 'post' | 'settings' | 'news'>;

export class Positions {
  readonly #parts: PositionsParts;
  readonly #folder: string;
  readonly #kept = new Map<string, Kept>();
  #pauseMs = PAUSE_MS;

  constructor(parts: PositionsParts) {
    this.#parts = parts;
    this.#folder = offsetFolder(parts.settings.folder);
  }

  /** `isLast`: whatever there is to write is written now. true: somebody gets something again. */
  async look(ctx: Context, isLast = false): Promise<boolean> {
    let isReplayed = false;
    for (const { name } of agentsOf(ctx)) {
      try {
        if (this.#kept.get(name)?.print !== this.#printOf(name))
          isReplayed = (await this.#replayOlder(name, ctx)) || isReplayed;
        await this.#keep(name, ctx, isLast);
      } catch (error) {
        // Messages go on: the log knows how far they were read too.
        this.#parts.news.stuck(null, `how far agents have read cannot be kept: ${(error as Error).message}`, ctx);
      }
    }
    return isReplayed;
  }

  async #keep(name: string, ctx: Context, isLast: boolean): Promise<void> {
    const { post } = this.#parts;
    const kept = this.#kept.get(name)!;
    const isDue = isLast || ctx.now() - kept.at >= this.#pauseMs || ctx.now() < kept.at;
    const position = isDue ? post.book.position(name) : kept.position;
    if (position === kept.position) return;
    const beganAt = ctx.now();
    // What somebody puts back in this moment is not to be written over unseen.
    if (!(await post.keepOffset(name, () => this.#printOf(name) === kept.print))) return;
    this.#pauseMs = Math.max(PAUSE_MS, SHARE * (ctx.now() - beganAt));
    this.#kept.set(name, { position, print: this.#printOf(name), at: ctx.now() });
  }

  async #replayOlder(agent: string, ctx: Context): Promise<boolean> {
    const { post, settings } = this.#parts;
    const { book } = post;
    const print = this.#printOf(agent);
    const found = await readOffset(this.#folder, agent);
    const known = book.serials.get(agent) ?? 0;
    const position = found?.position ?? 0;
    this.#kept.set(agent, { position, print, at: -Infinity });
    if (found === undefined) return false;
    if (found.serial >= known) {
      book.serials.set(agent, found.serial);
      return false;
    }
    const count = await post.replay(agent, found.position, expiryOf(ctx.now(), settings.ttl));
    const said = { ref: agentRef(agent), after: found.position, count };
    ctx.emit('messages.replayed', said, { ref: said.ref });
    await post.keepOffset(agent);
    this.#kept.set(agent, { position: book.position(agent), print: this.#printOf(agent), at: ctx.now() });
    return true;
  }

  #printOf(agent: string): string {
    const found = statSync(join(this.#folder, `${agent}.json`), { throwIfNoEntry: false });
    return found === undefined ? '' : `${found.ino} ${found.mtimeMs} ${found.size}`;
  }
}
