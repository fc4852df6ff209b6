// `realm backup prune`: what stays, what goes and why; what goes lies in the trash for three days.
import { type Action, type Context, s } from 'realm-runner/plugin';
import { answerOf, factsOfThose, inEach } from '../each-target.ts';
import { backupNamed, policyOf } from '../policies.ts';
import { prune } from '../prune.ts';
import { enginesOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';

interface PruneInput {
  readonly name: string;
  readonly plan?: boolean | undefined;
  readonly now?: boolean | undefined;
  readonly allowDeletions?: boolean | undefined;
}

export const pruneVerb: Action<PruneInput> = {
  name: 'backup.prune',
  summary: 'Let go of what no rule keeps: into the trash, for three days.',
  input: s.object({
    name: s.string(),
    plan: s.boolean().optional().about('Only say what would go, and why the others stay.'),
    now: s.boolean().optional().about('Make room at once: what lies in the trash goes for good too.'),
    allowDeletions: s.boolean().optional().about('However many they are.'),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup prune', positionals: ['name'] },
  run: pruneAll,
};

async function pruneAll({ name, plan: isPlan, now: isNow, allowDeletions }: PruneInput, ctx: Context): Promise<object> {
  const want = backupNamed(name, ctx);
  const policy = await policyOf(want, ctx);
  const engines = await enginesOf(want, ctx);
  const tools = toolsOf(ctx);
  const { done, failed } = await inEach(engines, ctx.signal, async (engine) => {
    const pruned = await prune(engine, policy, tools, { allowDeletions, isPlan, data: ctx.paths.data });
    const purged = isNow === true && isPlan !== true ? await engine.emptyTrash(policy.name, tools, Infinity) : 0;
    return { ...pruned, purged };
  });
  const plans = done.map(({ engine, result: { plan, removed, purged } }) => ({
    target: engine.name,
    purged,
    frozen: plan?.frozen ?? null,
    refused: plan?.refused ?? null,
    snapshots: (plan?.verdicts ?? []).map(({ snapshot, keep, reasons }) => ({ id: snapshot.id, keep, reasons })),
    removed: removed.map(({ id }) => id),
  }));
  const targets = isPlan === true ? [] : await factsOfThose(engines, want.name, ctx.signal);
  return answerOf({ version: 1, policy: name, text: plans.map(told).join(''), plans, targets }, failed);
}

interface Told {
  readonly target: string;
  readonly purged: number;
  readonly frozen: string | null;
  readonly refused: string | null;
  readonly snapshots: readonly { readonly id: string; readonly keep: boolean; readonly reasons: readonly string[] }[];
}

function told({ target, purged, frozen, refused, snapshots }: Told): string {
  const lines = snapshots.map(({ id, keep, reasons }) => `  ${keep ? 'keep' : 'go  '}  ${id}  ${reasons.join(', ')}\n`);
  const held = refused ?? frozen;
  const gone = purged === 0 ? '' : `  ${purged} in the trash are gone for good\n`;
  return `${target}${held === null ? '' : `: nothing is removed, ${held}`}\n${lines.join('') || '  no snapshot\n'}${gone}`;
}
