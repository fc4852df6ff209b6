// The kind `service`: a process that runs whoever watches, as `decide` says it should.
import {
  again,
  type Change,
  type Context,
  done,
  type Kind,
  type Outcome,
  type Resource,
  s,
  type SchemaOf,
} from 'realm-runner/plugin';
import { checkServices } from './check.ts';
import { conditionsOf } from './conditions.ts';
import { gripOn } from './adopted.ts';
import type { Decision } from './decide.ts';
import { environmentOf } from './environment.ts';
import type { Facts } from './facts.ts';
import { judge } from './judge.ts';
import { meaningOf } from './meaning.ts';
import { nothing, observe, unstarted } from './observe.ts';
import { remove } from './remove.ts';
import { replicasOf } from './replicas.ts';
import { serviceSpec, type ServiceSpec } from './spec.ts';
import { start, SWEEP_AGAIN_MS } from './start.ts';
import { stop } from './stop.ts';

type Want = Resource<ServiceSpec>;

/** A taken port says nothing when it is free again. */
const PORT_AGAIN_MS = 5_000;
/** Nor does a process that somebody else started when it ends. */
const STRANGER_AGAIN_MS = 1_000;

/** Found on the machine: nobody writes it, and no field of the spec is compared with it. */
const seen: SchemaOf<Facts> = s.object({
  life: s.any(),
  is: s.oneOf('none', 'pending', 'running', 'ended'),
  pid: s.any(),
  end: s.any(),
  left: s.integer(),
  stopping: s.any(),
  ready: s.any(),
  live: s.any(),
  heard: s.list(s.string()),
  lost: s.list(s.any()),
  asked: s.any(),
  logTrouble: s.any(),
  changedPaths: s.list(s.string()),
  envFiles: s.map(s.any()),
}) as SchemaOf<Facts>;

export const service: Kind<ServiceSpec, Facts> = {
  name: 'service',
  section: 'services',
  summary: 'A process that is kept running, in order, whatever dies.',
  spec: serviceSpec,
  state: seen,
  removal: 'delete',
  overrides: ['stop'],
  derive: replicasOf,
  hostCan: ({ hostCan = [] }) => hostCan,
  check: checkServices,
  watch: ({ envFile, watch }) => [...envFile, ...watch],
  mindsSecrets: ({ restartOn }) => restartOn.includes('secrets'),
  observe: async (want, ctx) => observe(want, ctx),
  diff: (spec, facts, _last, now, want) => changesOf(spec, facts, judge(want, facts ?? nothing(spec), now)),
  conditions: (spec, facts, now, want) =>
    conditionsOf(want, facts ?? nothing(spec), judge(want, facts ?? nothing(spec), now), now),
  next: (spec, facts, now) => nextOf(spec, facts ?? nothing(spec), now),
  apply,
  remove,
};

/**
 * Running is what changes; or the fields that make it run anew. What only ends it is a `remove`: that waits for nothing
 * that it comes after.
 */
function changesOf(spec: ServiceSpec, facts: Facts | null, decision: Decision): readonly Change[] {
  const { step, fields = [], reason, isForGood = false } = decision;
  if (step === 'none') return [];
  // Each life is another promise: one that ends at once is no start that failed.
  const slot = facts?.life?.token ?? 'first';
  if (facts === null || facts.life === null) return [{ action: 'create', path: '', to: spec, because: reason, slot }];
  if (fields.length > 0) {
    const after = meaningOf(spec, facts.envFiles, facts.life.meaning);
    return fields.map((path) => ({
      action: 'replace',
      path,
      from: facts.life!.meaning[path] ?? null,
      to: after[path] ?? null,
      because: reason,
      slot,
    }));
  }
  if (step === 'start') return [{ action: 'update', path: 'running', from: false, to: true, because: reason, slot }];
  if (step === 'sweep') return [{ action: 'remove', path: 'running', from: 'left behind', because: reason, slot }];
  const isEnding = isForGood || step === 'await' || step === 'kill' || facts.stopping !== null;
  return isEnding
    ? [{ action: 'remove', path: 'running', from: true, because: reason, slot }]
    : [{ action: 'replace', path: 'running', from: true, to: 'anew', because: reason, slot }];
}

function nextOf(spec: ServiceSpec, facts: Facts, now: number): number | undefined {
  const { at, step } = judge({ spec, overrides: [] }, facts, now);
  if (facts.is === 'running' && facts.life?.adopted !== undefined)
    return Math.min(at ?? Infinity, now + STRANGER_AGAIN_MS);
  const hasPorts = spec.port !== undefined || spec.ports.length > 0;
  return at ?? (step === 'start' && hasPorts ? now + PORT_AGAIN_MS : undefined);
}

/** One step, decided from what is seen now: what the changes were made from may be old. */
async function apply(want: Want, changes: readonly Change[], ctx: Context): Promise<Outcome> {
  const { name, spec } = want;
  const facts = observe(want, ctx) ?? unstarted(want, ctx);
  const secrets = changes.filter(({ because }) => because === 'SecretChanged').map(({ path }) => path);
  const decision = judge(want, facts, ctx.now(), secrets);
  if (decision.step === 'none') return done;
  if (decision.step === 'await' && facts.is !== 'running')
    return again((decision.at ?? ctx.now()) - ctx.now(), decision.why);
  if (decision.step === 'sweep') {
    await gripOn(name, facts.life!, ctx).sweep();
    return again(SWEEP_AGAIN_MS, decision.why);
  }
  if (decision.step === 'start')
    return start(want, facts, decision, meaningOf(spec, facts.envFiles, facts.life?.meaning), ctx);
  // What could not be started again is not ended: a slip in an edit takes nothing down.
  if (decision.step === 'stop' && decision.isForGood !== true && facts.stopping === null)
    environmentOf(name, spec, ctx);
  const isForGood = decision.isForGood === true ? { isForGood: true } : {};
  const target = { ref: want.ref, name, spec, life: facts.life!, stopping: facts.stopping, ...isForGood };
  const isFailure = decision.reason === 'NotLive';
  return stop(isFailure ? { ...target, isFailure } : target, decision.step, decision.why, ctx);
}
