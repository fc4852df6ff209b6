// `realm blockers`: what keeps services from ending, process by process.
import { type Action, type Context, type Resource, s } from 'realm-runner/plugin';
import { observe } from '../observe.ts';
import type { ServiceSpec } from '../spec.ts';
import { carriersOf, commandOf, descendantsOf, type Member, processTree } from '../tree.ts';

interface BlockerRow {
  readonly ref: string;
  readonly pid: number;
  readonly command: string;
  /** Since the first signal. */
  readonly forMs: number;
  /** Signals, in their order. */
  readonly got: string;
  readonly why: string;
}

export const blockersVerb: Action<object, { readonly version: 1; readonly blockers: readonly BlockerRow[] }> = {
  name: 'services.blockers',
  summary: 'List the processes that were told to end and have not ended.',
  input: s.object({}),
  effect: 'read',
  cli: { verb: 'blockers' },
  run: async (_input, ctx) => {
    const tree = processTree();
    return { version: 1, blockers: ctx.resources<ServiceSpec>('service').flatMap((want) => rowsOf(want, tree, ctx)) };
  },
};

function rowsOf(want: Resource<ServiceSpec>, tree: ReadonlyMap<number, Member>, ctx: Context): readonly BlockerRow[] {
  const facts = observe(want, ctx);
  if (facts === null || facts.stopping === null || facts.life === null) return [];
  if (facts.is !== 'running' && facts.left === 0) return []; // else what it started has the rest of its grace
  const { since, because, killedAt } = facts.stopping;
  const got = killedAt === null ? want.spec.stop.signal : `${want.spec.stop.signal}, KILL`;
  const said = { forMs: Math.max(0, ctx.now() - since), got, why: because };
  return membersOf(facts.pid, facts.life.token, tree).map((pid) => ({
    ref: want.ref,
    pid,
    command: commandOf(pid),
    ...said,
  }));
}

/** The command, all it started, and what went its own way but carries the token; never the shim. */
function membersOf(pid: number | null, token: string, tree: ReadonlyMap<number, Member>): readonly number[] {
  const shim = pid === null ? undefined : tree.get(pid)?.parent;
  const own = pid === null ? [] : [pid, ...descendantsOf(pid, tree).map((one) => one.pid)];
  const strays = carriersOf(token, tree).map((one) => one.pid);
  return [...new Set([...own, ...strays])].filter((one) => one !== shim && one !== process.pid);
}
