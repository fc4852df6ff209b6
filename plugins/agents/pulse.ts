// Listens to all agents as long as a plugin set lasts: files, asked ports, and what they say with their tokens.
import { type Context, RealmError, type Resource } from 'realm-runner/plugin';
import { beatFile, beatOf, readSign, type Sign } from './beat.ts';
import { isWell, STABLE_MS, suspectAfter } from './decide.ts';
import type { Beat, State } from './facts.ts';
import { askBeat } from './ask-beat.ts';
import { serviceOf } from './derive.ts';
import { setIfRoom } from './room.ts';
import type { AgentSpec } from './spec.ts';
import { spokenOf, wordOf } from './word.ts';

export type Agent = Resource<AgentSpec>;
type Look = Pick<Context, 'rows' | 'now' | 'paths'>;

const FASTEST_MS = 250;
const SLOWEST_MS = 5_000;
/** A tick that comes so late means that the machine slept, or its clock was set. */
const GAP_MS = 10_000;
const WRITE_MOST_MS = 60_000;

const keyOf = (name: string): string => `beat/${name}`;
export const stateIn = (conditions: ReturnType<Context['conditions']>): State | null => {
  const reason = conditions.find(({ type }) => type === 'Alive')?.reason.toLowerCase();
  return (reason as State | undefined) ?? null;
};

export class Pulse {
  /** By name; what is in the rows may be older. */
  readonly #beats = new Map<string, Beat>();
  readonly #asking = new Map<string, number>();
  readonly #said = new Map<string, string>();
  /** Of these it is known what they said when listening began: what differs from that is new. */
  readonly #looked = new Set<string>();
  /** The first start after a beat, by that beat's stamp. */
  readonly #unheard = new Map<string, { readonly stamp: string; readonly at: number }>();
  /** When it was last seen that an operator has it left alone. */
  readonly #leftAloneUntil = new Map<string, number>();
  #listeningSince: number | null = null;
  #tickedAt = 0;

  /** ms; null: nobody listens. Who has not done so for long slept, and begins anew. */
  listeningSince(now: number): number | null {
    return this.#listeningSince !== null && this.#isGap(now) ? now : this.#listeningSince;
  }

  /** ms; null: nobody has said anything about it since listening began. */
  leftAloneUntil(name: string): number | null {
    return this.#leftAloneUntil.get(name) ?? null;
  }

  unheardSince(name: string): number | null {
    return this.#unheard.get(name)?.at ?? null;
  }

  /** The last beat that is known, and why the present one cannot be read. Touches nothing. */
  look({ name, spec }: Agent, ctx: Look): { readonly beat: Beat | null; readonly mute: string | null } {
    const stored = (ctx.rows.get(keyOf(name)) as Beat | undefined) ?? null;
    const known = this.#beats.get(name) ?? stored;
    const file = beatFile(spec, ctx.paths.root);
    if (file === undefined) return { beat: known, mute: null };
    const sign = readSign(file);
    if ('why' in sign) return { beat: known, mute: sign.why };
    return { beat: beatOf(sign, known, ctx.now(), suspectAfter(spec)), mute: null };
  }

  /** It was heard: remembered, and stored often enough that a later life knows. */
  hear({ name, spec }: Agent, sign: Sign, ctx: Look): Beat {
    const stored = (ctx.rows.get(keyOf(name)) as Beat | undefined) ?? null;
    const before = this.#beats.get(name) ?? stored;
    const beat = beatOf(sign, before, ctx.now(), suspectAfter(spec), this.#looked.has(name));
    this.#beats.set(name, beat);
    const pause = Math.min(WRITE_MOST_MS, (spec.heartbeat?.deadAfter ?? WRITE_MOST_MS) / 10);
    if (stored === null || Math.abs(beat.at - stored.at) >= pause) setIfRoom(keyOf(name), beat, ctx);
    return beat;
  }

  /** The loop. A beat is worth a look only where it makes a difference. */
  async listen(ctx: Context): Promise<void> {
    this.#looked.clear();
    this.#listeningSince = ctx.now();
    this.#tickedAt = ctx.now();
    for (const { ref } of agentsOf(ctx)) ctx.wake(ref);
    try {
      while (!ctx.signal.aborted) {
        this.#listeningSince = this.listeningSince(ctx.now());
        this.#tickedAt = ctx.now();
        const agents = agentsOf(ctx);
        const services = spokenOf(ctx);
        for (const agent of agents) {
          if (wordOf(agent, services) !== null) this.#leftAloneUntil.set(agent.name, ctx.now());
          this.#tick(agent, ctx);
        }
        await ctx.sleep(tickMs(agents)).catch(() => {}); // only its own end wakes it early
      }
    } finally {
      this.#listeningSince = null;
    }
  }

  #isGap(now: number): boolean {
    const passed = now - this.#tickedAt;
    return passed < 0 || passed > GAP_MS + SLOWEST_MS;
  }

  #tick(agent: Agent, ctx: Context): void {
    const { name, spec, ref } = agent;
    const { heartbeat } = spec;
    if (heartbeat === undefined) return this.#hearService(agent, ctx);
    const file = beatFile(spec, ctx.paths.root);
    if (file !== undefined) {
      const sign = readSign(file);
      const before = this.#beats.get(name)?.stamp;
      if (!('why' in sign) && sign.stamp !== before) this.#told(agent, this.hear(agent, sign, ctx), ctx);
    }
    this.#looked.add(name);
    this.#countStarts(agent, ctx);
    if (heartbeat.http === undefined || ctx.now() < (this.#asking.get(name) ?? 0)) return;
    this.#asking.set(name, Infinity);
    const began = ctx.now();
    void askBeat(agent, ctx)
      .then((says) => {
        if (says === undefined || ctx.signal.aborted) return;
        this.#told(agent, this.hear(agent, { stamp: `asked ${ctx.now()}`, at: ctx.now(), says }, ctx), ctx);
      })
      .catch((error: unknown) => ctx.log.debug(`${ref} was not heard`, { error }))
      .finally(() => this.#asking.set(name, began + heartbeat.every));
  }

  /** What ends each time before it is heard must not begin anew with each start. */
  #countStarts({ name, overrides }: Agent, ctx: Context): void {
    const { stamp, at } = this.#beats.get(name) ?? { stamp: '', at: 0 };
    const started = ctx.conditions(serviceOf(name)).find(({ type }) => type === 'Started');
    const known = this.#unheard.get(name);
    if (overrides.length > 0 || (known !== undefined && known.stamp !== stamp)) this.#unheard.delete(name);
    else if (known === undefined && started?.status === 'True' && started.since > at)
      this.#unheard.set(name, { stamp, at: started.since });
  }

  #told({ ref, name }: Agent, { says }: Beat, ctx: Context): void {
    const state = stateIn(ctx.conditions(ref));
    const isNews = this.#said.get(name) !== (says ?? '');
    this.#said.set(name, says ?? '');
    if (isNews || state === null || !isWell(state)) ctx.wake(ref);
  }

  /** Ready for a while is as good as a beat, once: so that a later death is one. */
  #hearService(agent: Agent, ctx: Context): void {
    if (this.#beats.has(agent.name)) return;
    const ready = ctx.conditions(serviceOf(agent.name)).find(({ type }) => type === 'Ready');
    const now = ctx.now();
    if (ready?.status === 'True' && now - ready.since >= STABLE_MS)
      this.hear(agent, { stamp: `ready ${ready.since}`, at: now, says: null }, ctx);
  }

  /** Said with its token, or by a person in a test of the alarm. */
  say(agent: Agent, says: Beat['says'], ctx: Context): void {
    const at = ctx.now();
    this.#told(agent, this.hear(agent, { stamp: `said ${at} ${ctx.random()}`, at, says }, ctx), ctx);
  }
}

export const agentsOf = (ctx: Pick<Context, 'resources'>): readonly Agent[] => ctx.resources<AgentSpec>('agent');

/** By name or ref. Throws AGENT_UNKNOWN. */
export function agentNamed(typed: string, ctx: Pick<Context, 'resources'>): Agent {
  const all = agentsOf(ctx);
  const found = all.find(({ name, ref }) => typed === name || typed === ref);
  if (found !== undefined) return found;
  throw new RealmError('AGENT_UNKNOWN', `there is no agent ${typed}`, {
    hint: all.length === 0 ? 'none is declared under `agents:`' : `one of: ${all.map(({ name }) => name).join(', ')}`,
  });
}

/** Often enough to hear each beat within a quarter of the time between two. */
function tickMs(agents: readonly Agent[]): number {
  const every = agents.map(({ spec }) => spec.heartbeat?.every ?? 4 * SLOWEST_MS);
  return Math.max(FASTEST_MS, Math.min(SLOWEST_MS, ...every.map((one) => one / 4)));
}
