// `realm agents`: all of them, how they are and why, and how their last recovery went.
import { type Action, type Context, s, table } from 'realm-runner/plugin';
import { LINKED } from '../conditions.ts';
import { serviceOf } from '../derive.ts';
import type { State } from '../facts.ts';
import { type Agent, agentNamed, agentsOf, type Pulse } from '../pulse.ts';
import type { Recovery } from '../recovery/row.ts';
import { standingOf } from '../standing.ts';
import { ago, instant } from '../words.ts';

/** The shape that `realm agents --json` prints. */
export interface AgentRow {
  readonly id: string;
  readonly ref: string;
  readonly state: State;
  readonly why: string;
  readonly alive: boolean;
  readonly critical: boolean;
  readonly home: string;
  readonly service: string;
  /** UTC; null: never. */
  readonly lastHeartbeat: string | null;
  readonly recovery: RecoveryView | null;
  /** The backups that save its home, and what each says of itself. */
  readonly backups: readonly { readonly policy: string; readonly whole: boolean; readonly proven: string | null }[];
}

export interface RecoveryView {
  readonly id: string;
  readonly phase: Recovery['phase'];
  readonly why: string;
  readonly by: string;
  readonly attempts: number;
  readonly began: string;
  readonly ended: string | null;
  readonly tookMs: number | null;
  readonly bundle: string | null;
  readonly tries: readonly {
    readonly at: string;
    readonly restored: string | null;
    readonly snapshots: readonly string[];
    readonly outcome: string;
    readonly why: string | null;
    readonly remarks: readonly string[];
  }[];
}

export const agentsVerb = (pulse: Pulse): Action<{ readonly names?: readonly string[] | undefined }> => ({
  name: 'agents.list',
  summary: 'List the agents: how they are, and why; what their last recovery did.',
  input: s.object({ names: s.list(s.string()).optional().about('Only these.') }),
  effect: 'read',
  cli: { verb: 'agents', positionals: ['names'] },
  async run({ names = [] }, ctx) {
    const wanted = new Set(names.map((typed) => agentNamed(typed, ctx).ref));
    const agents = agentsOf(ctx)
      .filter(({ ref }) => wanted.size === 0 || wanted.has(ref))
      .map((agent) => rowOf(agent, pulse, ctx));
    return { version: 1, agents, text: tableOf(agents, ctx.now()) };
  },
});

function rowOf(agent: Agent, pulse: Pulse, ctx: Context): AgentRow {
  const { name, ref, spec } = agent;
  const { state, why, isAlive, facts } = standingOf(agent, pulse, ctx);
  return {
    id: name,
    ref,
    state,
    why: facts.isLink ? `${why}; ${LINKED}` : why,
    alive: isAlive,
    critical: spec.critical,
    home: spec.home,
    service: serviceOf(name),
    lastHeartbeat: facts.beat === null || spec.heartbeat === undefined ? null : instant(facts.beat.at),
    recovery: facts.recovery === null ? null : viewOf(facts.recovery),
    backups: facts.isLink ? [] : backupsOf(agent, ctx),
  };
}

const viewOf = (one: Recovery): RecoveryView => ({
  id: one.id,
  phase: one.phase,
  why: one.why,
  by: one.by,
  attempts: one.attempts,
  began: instant(one.beganAt),
  ended: one.endedAt === null ? null : instant(one.endedAt),
  tookMs: one.endedAt === null ? null : Math.max(0, one.endedAt - one.beganAt),
  bundle: one.bundle,
  tries: one.tries.map(({ at, restoredAt, snapshots, outcome, why, remarks }) => ({
    at: instant(at),
    restored: restoredAt === null ? null : instant(restoredAt),
    snapshots,
    outcome,
    why,
    remarks,
  })),
});

/** The headline is the last proven restore; where none is scheduled, the last good snapshot. */
function backupsOf({ spec }: Agent, ctx: Context): AgentRow['backups'] {
  const saved = ctx.find('backup')?.savedBy(spec.home, ctx) ?? [];
  return saved.map(({ policy, isWhole }) => {
    const conditions = ctx.conditions(`backup/${policy}`);
    const said = ['Drilled', 'Fresh'].map((type) => conditions.find((one) => one.type === type)?.message);
    return { policy, whole: isWhole, proven: said.find(Boolean) ?? null };
  });
}

const HEAD = ['AGENT', 'STATE', 'HEARD', 'RECOVERY', 'BACKUPS', 'WHY'];

function tableOf(agents: readonly AgentRow[], now: number): string {
  if (agents.length === 0) return 'No agent is declared.\n';
  const rows = agents.map(({ id, state, lastHeartbeat, recovery, backups, why }) => [
    id,
    state,
    lastHeartbeat === null ? '-' : ago(now - Date.parse(lastHeartbeat)),
    recovery === null ? '-' : recoveryWord(recovery),
    backups.map(({ policy }) => policy).join(' ') || 'none',
    why,
  ]);
  return table(HEAD, rows);
}

function recoveryWord({ phase, attempts, tookMs }: RecoveryView): string {
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  return tookMs === null ? `${phase}, ${tries}` : `${phase} in ${ago(tookMs)}, ${tries}`;
}
