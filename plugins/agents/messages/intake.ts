// Takes up what agents wrote: read, onto the disk in batches, and only then out of the outbox.
import { join } from 'node:path';
import type { Context, Resource } from 'realm-runner/plugin';
import type { AgentSpec } from '../spec.ts';
import { type Draft, draftOf } from './draft.ts';
import { Refused } from './envelope.ts';
import { makeSharedFolder, NotAFolder } from './folder.ts';
import { type Found, lyingIn, type Read, readMessage, setAside, takeAway } from './outbox.ts';
import type { MessagesSettings } from './settings.ts';
import { addressee, agentsOf } from './world.ts';
import type { TurnParts } from './turn-parts.ts';

/** Each batch waits for the disk once. */
const BATCH = 1_000;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Left where it is, until its file is another one or there is room for it. */
interface Left {
  readonly changedAt: number;
  /** null: it was taken, or refused, and cannot be moved. */
  readonly to: string | null;
}

export class Intake {
  readonly #parts: TurnParts;
  /** By agent, then by name. */
  readonly #left = new Map<string, Map<string, Left>>();

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** One look into this agent's outbox; `between` is called after each batch. true: something was only half there. */
  async look(agent: Resource<AgentSpec>, between: () => Promise<void>): Promise<boolean> {
    const { news, ctx, pause } = this.#parts;
    try {
      if (isAlive(agent, ctx)) makeSharedFolder(agent.spec.home, 'outbox');
      const lying = await lyingIn(join(agent.spec.home, 'outbox'), pause);
      const before = this.#left.get(agent.name);
      const left = new Map<string, Left>();
      this.#left.set(agent.name, left);
      const full = new Set<string>();
      let isTorn = false;
      let batch: Batch | undefined;
      for (const found of lying) {
        if (ctx.signal.aborted) break;
        batch ??= new Batch(this.#parts, agent, before ?? new Map(), left, full);
        isTorn = batch.read(found) || isTorn;
        await pause();
        if (!batch.isFull) continue;
        await batch.take();
        batch = undefined;
        await between();
      }
      await batch?.take();
      for (const to of full) news.stuck(agent.name, fullText(to, this.#parts.settings), ctx);
      return isTorn;
    } catch (error) {
      news.stuck(agent.name, whyOf(error), ctx);
      return false;
    }
  }
}

/** While it is not, somebody may be at work on its home. */
const isAlive = ({ ref }: Resource, ctx: Context): boolean =>
  ctx.conditions(ref).some(({ type, status }) => type === 'Ready' && status === 'True');

const fullText = (to: string, { most }: MessagesSettings): string =>
  `${most} messages for ${to} are unfinished; more stay in the outbox until there is room`;

function whyOf(error: unknown): string {
  if (error instanceof NotAFolder) return `nothing of it is taken: ${error.message}`;
  return `nothing of its outbox can be taken now: ${error instanceof Error ? error.message : String(error)}`;
}

class Batch {
  readonly #parts: TurnParts;
  readonly #agent: Resource<AgentSpec>;
  readonly #before: ReadonlyMap<string, Left>;
  readonly #left: Map<string, Left>;
  /** Agents for whom nothing more is taken in this look, so that nothing overtakes. */
  readonly #full: Set<string>;
  readonly #read: Read[] = [];
  readonly #drafts: Draft[] = [];
  #bytes = 0;
  /** By the agent they are for. */
  readonly #coming = new Map<string, number>();
  readonly #agents: readonly string[];

  constructor(
    parts: TurnParts,
    agent: Resource<AgentSpec>,
    before: ReadonlyMap<string, Left>,
    left: Map<string, Left>,
    full: Set<string>,
  ) {
    this.#parts = parts;
    this.#agent = agent;
    this.#before = before;
    this.#left = left;
    this.#full = full;
    this.#agents = agentsOf(parts.ctx).map(({ name }) => name);
  }

  get isFull(): boolean {
    return this.#read.length >= BATCH || this.#bytes >= BATCH_BYTES;
  }

  /** true: it may only be half written yet. */
  read(found: Found): boolean {
    const { settings, ctx } = this.#parts;
    const known = this.#before.get(found.name);
    if (
      known !== undefined &&
      known.changedAt === found.changedAt &&
      (known.to === null || this.#hasNoRoom(known.to))
    ) {
      this.#left.set(found.name, known);
      return false;
    }
    const { name: from, spec } = this.#agent;
    try {
      const said = readMessage(join(spec.home, 'outbox'), found, settings.largest, ctx.now());
      if (said === null) return true;
      const envelope = { ...said.envelope, to: addressee(said.envelope.to, this.#agents) };
      if (this.#hasNoRoom(envelope.to)) this.#left.set(found.name, { changedAt: found.changedAt, to: envelope.to });
      else {
        this.#drafts.push(draftOf(from, envelope, `${said.name} ${said.changedAt}`, settings.ttl));
        this.#read.push(said);
        this.#bytes += found.bytes;
        this.#coming.set(envelope.to, (this.#coming.get(envelope.to) ?? 0) + 1);
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#refuse(found, error.message);
    }
    return false;
  }

  async take(): Promise<void> {
    const { post, news, ctx, crash, pause } = this.#parts;
    if (this.#drafts.length === 0) return;
    crash('messages.take:before');
    await post.take(this.#drafts);
    crash('messages.take:after');
    for (const read of this.#read) {
      try {
        takeAway(join(this.#agent.spec.home, 'outbox'), read);
      } catch (error) {
        this.#left.set(read.name, { changedAt: read.changedAt, to: null });
        const why = `what was taken cannot be removed from its outbox: ${(error as NodeJS.ErrnoException).code}`;
        news.stuck(this.#agent.name, why, ctx);
      }
      await pause();
    }
    crash('messages.take:gone');
  }

  #hasNoRoom(to: string): boolean {
    if (this.#full.has(to)) return true;
    const { post, settings } = this.#parts;
    if (post.book.unfinished(to) + (this.#coming.get(to) ?? 0) < settings.most) return false;
    this.#full.add(to);
    return true;
  }

  #refuse(found: Found, why: string): void {
    const { news, ctx } = this.#parts;
    const { name: agent, spec } = this.#agent;
    const said = Buffer.from(found.name, 'latin1').toString();
    try {
      setAside(spec.home, found, why);
      news.gather('refused', { agent, id: said, reason: why, by: 'refused' });
    } catch (error) {
      this.#left.set(found.name, { changedAt: found.changedAt, to: null });
      news.stuck(agent, `${said} is refused (${why}) and cannot be set aside: ${(error as Error).message}`, ctx);
    }
  }
}
