// Notices what agents have acknowledged: a message that was in their inbox and is there no more.
import { join } from 'node:path';
import type { Context } from 'realm-runner/plugin';
import { type Entry, isFinished } from './book.ts';
import { identityOf } from './folder.ts';
import { inboxName, isDone, messageText, namesIn, putIn, takeOut } from './inbox.ts';
import type { Move, Post } from './post.ts';
import type { News } from './tell.ts';
import { agentsOf } from './world.ts';

export interface AcknowledgedParts {
  readonly post: Post;
  readonly news: News;
  readonly ctx: Context;
  readonly pause: () => Promise<void> | undefined;
}

const ACKNOWLEDGED = {
  from: ['routed'],
  state: 'acknowledged',
  decision: 'route',
  reason: 'it was taken out of the inbox',
  by: 'acknowledged',
} as const satisfies Omit<Move, 'entries'>;

export async function lookForAcknowledged(parts: AcknowledgedParts): Promise<void> {
  const { post, news, ctx } = parts;
  await expireOfNobody(parts);
  for (const { name, spec } of agentsOf(ctx)) {
    const routed = [...post.book.routed(name).values()];
    if (routed.length === 0) continue;
    try {
      await lookInto(join(spec.home, 'inbox'), routed, parts);
    } catch (error) {
      news.stuck(name, `what it has acknowledged cannot be seen: ${(error as Error).message}`, ctx);
    }
  }
}

/** Where the inbox is of one that is not declared any more nobody knows: its messages only run out of time. */
async function expireOfNobody({ post, news, ctx }: AcknowledgedParts): Promise<void> {
  const declared = new Set(agentsOf(ctx).map(({ name }) => name));
  const moves: Move[] = [];
  for (const name of post.book.readers.filter((one) => !declared.has(one))) {
    const entries = [...post.book.routed(name).values()].filter(({ expiresAt }) => expiresAt <= ctx.now());
    if (entries.length === 0) continue;
    const reason = `${name} is declared no more, and did not acknowledge it in time`;
    news.gather('dead', { agent: null, id: entries[0]!.id, reason, by: 'unread' }, entries.length);
    moves.push({ entries, from: ['routed'], state: 'dead', decision: 'route', reason, by: 'expired' });
  }
  await post.move(moves);
}

async function lookInto(
  inbox: string,
  routed: readonly Entry[],
  { post, news, ctx, pause }: AcknowledgedParts,
): Promise<void> {
  const before = identityOf(inbox);
  const names = await namesIn(inbox);
  const identity = identityOf(inbox);
  // Without an inbox, or with another one in its place just now, nothing can be known of what lay in it.
  if (names === undefined || identity === undefined || identity !== before) return;
  const moves: Move[] = [];
  const [gone, again]: [Entry[], Entry[]] = [[], []];
  for (const entry of routed) {
    if (entry.state !== 'routed') continue; // it was acknowledged or dropped over the socket meanwhile
    const file = inboxName(entry);
    const isThere = names.has(file);
    if (!isThere && (entry.inbox === identity || isDone(inbox, file))) gone.push(entry);
    else if (entry.expiresAt <= ctx.now()) {
      takeOut(inbox, file);
      const reason = 'it lay in the inbox, and was not acknowledged in time';
      news.gather('dead', { agent: entry.to, id: entry.id, reason, by: 'unread' });
      moves.push({ entries: [entry], from: ['routed'], state: 'dead', decision: 'route', reason, by: 'expired' });
    } else if (entry.inbox !== identity) {
      const message = await post.read(entry);
      if (message !== undefined && entry.state === 'routed') putIn(inbox, file, messageText(message));
      again.push(entry);
    }
    await pause();
  }
  if (gone.length > 0) moves.push({ entries: gone, ...ACKNOWLEDGED });
  if (again.length > 0)
    moves.push({
      entries: again,
      from: ['routed'],
      state: 'routed',
      decision: 'route',
      reason: 'its inbox is another one',
      by: 'again',
      inbox: identity,
    });
  await post.move(moves);
}

/** As if the agent had: of a message that it got over the socket. */
export const acknowledge = (entries: readonly Entry[], post: Post, ctx: Context): Promise<void> =>
  finish({ entries, ...ACKNOWLEDGED }, post, ctx);

/** On record first: nobody puts them into an inbox from then on, and what was put there before is taken out. */
export async function finish(move: Move, post: Post, ctx: Context): Promise<void> {
  await post.move([move]);
  for (const entry of move.entries.filter(isFinished)) {
    const home = agentsOf(ctx).find(({ name }) => name === entry.to)?.spec.home;
    if (home !== undefined) takeOut(join(home, 'inbox'), inboxName(entry));
  }
}
