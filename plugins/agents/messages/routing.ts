// Decides where each waiting message goes, and puts it there; what has to wait keeps its turn among those of its reference.
import { join } from 'node:path';
import type { Context } from 'realm-runner/plugin';
import { type Entry, isPending } from './book.ts';
import { identityOf, makeSharedFolder } from './folder.ts';
import { inboxName, messageText, putIn } from './inbox.ts';
import type { Move } from './post.ts';
import { type MessageRecord, PENDING } from './records.ts';
import { decide, type Facts, slaOf, type Verdict } from './rules.ts';
import { agentsOf, factsOf } from './world.ts';
import type { TurnParts } from './turn-parts.ts';

/** Unacknowledged ones in one inbox; more wait in the log. */
export const MOST_IN_INBOX = 1_000;
/** A death before these are on record has them delivered again. */
const FLUSH = 50;
const BEHIND = 'behind';
const FULL = 'inbox full';

interface Inbox {
  readonly path: string;
  readonly identity: string;
}

const waits = (reason: string, by: string): Verdict => ({ decision: 'hold', reason, by, isUrgent: false });

/** One look at everything that waits. */
export class Routing {
  readonly #parts: TurnParts;
  /** As of the last flush: a gate must not stand open for as long as much is put. */
  #facts: Facts;
  /** Of this look, not in the book yet. */
  readonly #put = new Map<string, number>();
  /** Whose turn is not there yet. */
  readonly #blocked = new Set<string>();
  readonly #inboxes = new Map<string, Inbox | Verdict>();
  #moves = new Map<string, Move & { entries: Entry[] }>();
  #count = 0;
  /** Why, by the agent they are for. */
  readonly held = new Map<string, { id: string; reason: string; count: number }>();

  constructor(parts: TurnParts) {
    this.#parts = parts;
    this.#facts = this.#factsNow();
  }

  #factsNow(): Facts {
    const facts = factsOf(this.#parts.post.book, this.#parts.ctx, this.#parts.isAlive);
    return { ...facts, waiting: (agent) => facts.waiting(agent) + (this.#put.get(agent) ?? 0) };
  }

  async run(): Promise<void> {
    const { post, ctx, pause } = this.#parts;
    for (const entry of post.book.pending()) {
      if (ctx.signal.aborted) break;
      if (!isPending(entry)) continue; // somebody dropped it meanwhile
      await this.#one(entry);
      if (this.#count >= FLUSH) await this.#flush();
      await pause();
    }
    await this.#flush();
  }

  async #one(entry: Entry): Promise<void> {
    const { settings, news } = this.#parts;
    if (entry.expiresAt <= this.#facts.now) {
      const reason = `not delivered in time: ${entry.reason || 'nobody was there to route it'}`;
      news.gather('dead', { agent: entry.to, id: entry.id, reason, by: 'expired' });
      return this.#move(entry, { state: 'dead', decision: entry.decision, reason, by: 'expired' });
    }
    const lane = entry.reference === null ? undefined : JSON.stringify([entry.to, entry.reference]);
    const isBehind = lane !== undefined && this.#blocked.has(lane);
    let verdict = isBehind
      ? waits(`an earlier message of its reference waits: ${entry.reference}`, BEHIND)
      : decide(entry, settings.rules, this.#facts);
    let inbox = '';
    if (verdict.decision === 'route') {
      const put = await this.#deliver(entry);
      if (put === undefined) return;
      if (typeof put === 'string') inbox = put;
      else verdict = put;
    }
    const { decision, reason, by } = verdict;
    if (decision === 'route') return this.#move(entry, { state: 'routed', decision, reason, by, inbox });
    if (decision === 'drop') return this.#move(entry, { state: 'dropped', decision, reason, by });
    if (decision === 'escalate') {
      news.gather('escalated', { agent: this.#whose(entry), id: entry.id, reason, by });
      return this.#move(entry, { state: 'dead', decision, reason, by });
    }
    if (lane !== undefined) this.#blocked.add(lane);
    this.#hold(entry, verdict);
  }

  #hold(entry: Entry, { decision, reason, by, isUrgent }: Verdict): void {
    const { to, id, priority, isTold } = entry;
    const before = this.held.get(to);
    // An agent that reads slowly is nobody's news, and of those of one reference the first is.
    if (by !== FULL && by !== BEHIND)
      this.held.set(to, { id: before?.id ?? id, reason: before?.reason ?? reason, count: (before?.count ?? 0) + 1 });
    const isLate = this.#facts.now - entry.at > slaOf(priority);
    const isNews = !isTold && (isUrgent || isLate);
    if (isNews) {
      const why = isUrgent
        ? `${priority}, and held: ${reason}`
        : `held for longer than ${priority} messages may be: ${reason}`;
      this.#parts.news.gather('escalated', { agent: to, id, reason: why, by: isUrgent ? 'urgent' : 'late' });
    }
    if (entry.state === 'held' && entry.by === by && !isNews) return;
    this.#move(entry, { state: 'held', decision, reason, by, ...(isNews ? { isTold: true } : {}) });
  }

  /** Where nobody has the name that it is for, whoever sent it. */
  #whose({ to, from }: Entry): string | null {
    const { agents } = this.#facts;
    return agents.includes(to) ? to : agents.includes(from) ? from : null;
  }

  /** Which inbox it is in now, or why it waits; undefined: somebody let it go meanwhile. */
  async #deliver(entry: Entry): Promise<string | Verdict | undefined> {
    const { post, crash } = this.#parts;
    const inbox = this.#inboxOf(entry.to);
    if ('decision' in inbox) return inbox;
    if (this.#facts.waiting(entry.to) >= MOST_IN_INBOX)
      return waits(`${MOST_IN_INBOX} messages lie in the inbox of ${entry.to}, not acknowledged`, FULL);
    let message: MessageRecord | undefined;
    try {
      message = await post.read(entry);
    } catch (error) {
      return waits(`what it says cannot be read now: ${(error as Error).message}`, 'log');
    }
    if (message === undefined)
      return { decision: 'escalate', reason: 'what it says cannot be read any more', by: 'damaged', isUrgent: false };
    if (!isPending(entry)) return undefined;
    try {
      crash('messages.put:before');
      putIn(inbox.path, inboxName(message), messageText(message));
      crash('messages.put:after');
    } catch (error) {
      const verdict = waits(`it cannot be put into the inbox of ${entry.to}: ${(error as Error).message}`, 'inbox');
      this.#inboxes.set(entry.to, verdict);
      return verdict;
    }
    this.#put.set(entry.to, (this.#put.get(entry.to) ?? 0) + 1);
    return inbox.identity;
  }

  #inboxOf(name: string): Inbox | Verdict {
    const known = this.#inboxes.get(name);
    if (known !== undefined) return known;
    const found = inboxOf(name, this.#parts.ctx);
    this.#inboxes.set(name, found);
    return found;
  }

  #move(entry: Entry, how: Omit<Move, 'entries' | 'from'>): void {
    const key = JSON.stringify(how);
    const move = this.#moves.get(key) ?? { ...how, from: PENDING, entries: [] };
    move.entries.push(entry);
    this.#moves.set(key, move);
    this.#count += 1;
  }

  async #flush(): Promise<void> {
    const moves = [...this.#moves.values()];
    this.#moves = new Map();
    this.#count = 0;
    await this.#parts.post.move(moves);
    this.#put.clear();
    this.#facts = this.#factsNow();
  }
}

function inboxOf(name: string, ctx: Context): Inbox | Verdict {
  const home = agentsOf(ctx).find((one) => one.name === name)?.spec.home;
  if (home === undefined) return waits(`${name} is not declared`, 'inbox');
  try {
    const path = join(home, 'inbox');
    if (!makeSharedFolder(home, 'inbox')) return waits(`the home of ${name} is not there: ${home}`, 'inbox');
    return { path, identity: identityOf(path)! };
  } catch (error) {
    return waits((error as Error).message, 'inbox');
  }
}
