// `realm ps`: all services, what they do, and why.
import { type Action, type Context, type Resource, s, type StandingCondition } from 'realm-runner/plugin';
import type { Decision } from '../decide.ts';
import type { Facts, Life } from '../facts.ts';
import { judge } from '../judge.ts';
import { nothing, observe } from '../observe.ts';
import type { ServiceSpec } from '../spec.ts';
import { descendantsOf, type Member, processTree } from '../tree.ts';
import { serviceOf } from './restart.ts';

type State = 'running' | 'starting' | 'waiting' | 'stopped' | 'crashlooping' | 'completed' | 'elsewhere';

/** The shape that `realm ps --json` prints, in which `pid` and `reason` have their names for ever. */
export interface ServiceRow {
  readonly ref: string;
  readonly state: State;
  readonly ready: boolean | null;
  /** Since it was declared. */
  readonly restarts: number;
  /** UTC; null unless it runs. */
  readonly startedAt: string | null;
  /** Of one core, of it and all it started; since it was last asked for, the first time since its start. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  readonly port: number | null;
  readonly pid: number | null;
  readonly reason: string;
}

type Tree = ReadonlyMap<number, Member>;

/** `stopping` still runs; what failed for good is down. */
const STATES: Readonly<Record<Decision['phase'], State>> = {
  running: 'running',
  starting: 'starting',
  stopping: 'running',
  waiting: 'waiting',
  stopped: 'stopped',
  completed: 'completed',
  failed: 'stopped',
  crashlooping: 'crashlooping',
};

export function psVerb(): Action<{ readonly names?: readonly string[] | undefined }> {
  const usage = usageMeter();
  return {
    name: 'services.ps',
    summary: 'List the services: what they do, and why.',
    input: s.object({ names: s.list(s.string()).optional().about('Only these.') }),
    effect: 'read',
    cli: { verb: 'ps', positionals: ['names'] },
    run: async ({ names = [] }, ctx) => {
      const tree = processTree();
      const self = await ctx.find('hosts')?.self(ctx);
      const wanted = new Set(names.map((typed) => serviceOf(typed, ctx).ref));
      const services = ctx
        .resources<ServiceSpec>('service')
        .filter(({ ref }) => wanted.size === 0 || wanted.has(ref))
        .map((want) => rowOf(want, { tree, usage, self: self?.id }, ctx));
      return { version: 1, services };
    },
  };
}

interface Seen {
  readonly tree: Tree;
  readonly usage: Meter;
  /** The host that this machine is; null: none that is declared; undefined: no plugin in use knows hosts. */
  readonly self: string | null | undefined;
}

function rowOf(want: Resource<ServiceSpec>, { tree, usage, self }: Seen, ctx: Context): ServiceRow {
  const { ref, spec, host } = want;
  const conditions = ctx.conditions(ref);
  const isHere = host === undefined || self === undefined || host === self;
  const facts = (isHere ? observe(want, ctx) : null) ?? nothing(spec);
  const { life } = facts;
  const decision = judge(want, facts, ctx.now());
  const { state, reason } = saidOf(decision, life, conditions);
  const isRunning = facts.is === 'running' && life !== null;
  return {
    ref,
    state: isHere ? state : 'elsewhere',
    ready: isHere ? decision.phase === (spec.type === 'once' ? 'completed' : 'running') : null,
    restarts: life?.restarts ?? 0,
    startedAt: isRunning ? new Date(life.startedAt).toISOString() : null,
    ...usage(facts, tree, ctx.now()),
    port: spec.port ?? null,
    pid: facts.pid,
    reason: isHere ? reason : `lives on ${host}`,
  };
}

function saidOf(
  decision: Decision,
  life: Life | null,
  conditions: readonly StandingCondition[],
): { readonly state: State; readonly reason: string } {
  const { phase, step, why } = decision;
  const [state, said] = step === 'start' ? whyNotStarted(decision, life, conditions) : [STATES[phase], why];
  const reason = said.split('\n')[0]!; // the last words of its log follow
  return { state, reason: phase === 'stopping' ? `stopping: ${reason}` : reason };
}

/** What the kernel alone knows of something that should be started: it waits for others, is left alone, or it failed. */
const OF_KERNEL = /^(Waiting|Disabled|[A-Z]+(_[A-Z]+)+)$/;

/** It should run: something keeps it from being started, or nobody watches. */
function whyNotStarted(
  { reason, why }: Decision,
  life: Life | null,
  conditions: readonly StandingCondition[],
): [State, string] {
  const stalled = conditions.find(({ type, status }) => type === 'Stalled' && status === 'True');
  const unready = conditions.find(({ type, reason: word }) => type === 'Ready' && OF_KERNEL.test(word));
  const kept = stalled ?? unready;
  if (kept !== undefined) return ['waiting', kept.message];
  if (reason === 'CrashLoop') return ['crashlooping', why];
  return [life === null ? 'waiting' : 'stopped', why];
}

type Meter = (
  facts: Facts,
  tree: Tree,
  now: number,
) => { readonly cpuPercent: number | null; readonly memoryBytes: number | null };

/** Remembers what was counted, so that the next answer is about the time in between. */
function usageMeter(): Meter {
  const before = new Map<string, { readonly at: number; readonly cpuMs: number }>();
  return ({ life, pid }, tree, now) => {
    const own = pid === null ? undefined : tree.get(pid);
    if (life === null || own === undefined) return { cpuPercent: null, memoryBytes: null };
    const all = [own, ...descendantsOf(own.pid, tree)];
    const cpuMs = all.reduce((sum, one) => sum + one.cpuMs, 0);
    const since = before.get(life.token) ?? { at: life.startedAt, cpuMs: 0 };
    before.set(life.token, { at: now, cpuMs });
    const percent = ((cpuMs - since.cpuMs) / Math.max(1, now - since.at)) * 100;
    const memoryBytes = all.reduce((sum, one) => sum + one.memoryBytes, 0);
    return { cpuPercent: Math.max(0, Math.round(percent)), memoryBytes };
  };
}
