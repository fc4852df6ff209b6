// `realm backup restore`: what would come back and from where, then that, and the way back for a day.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { instantOf } from '../instant.ts';
import { journals, settled } from '../interrupted.ts';
import { policyOf } from '../policies.ts';
import type { Policy } from '../policy.ts';
import { planRestore, type RestorePlan } from '../restore/plan.ts';
import { purgeRestores, toldRecovered } from '../restore/recover.ts';
import { restore } from '../restore/restore.ts';
import { enginesOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';
import { type Meant, meant } from '../undeclared.ts';
import { bytesText, linesOf } from '../words.ts';
import { toldOdd, toldPlan } from './tell-restore.ts';

interface RestoreInput {
  readonly name: string;
  readonly over?: readonly string[] | undefined;
  readonly id?: string | undefined;
  readonly at?: string | undefined;
  readonly to?: string | undefined;
  readonly inPlace?: boolean | undefined;
  readonly path?: readonly string[] | undefined;
  readonly extra?: 'keep' | 'aside' | undefined;
  readonly undeclared?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export const restoreVerb: Action<RestoreInput> = {
  name: 'backup.restore',
  summary: 'Bring files back: to another folder, or with --in-place to where they were.',
  input: s.object({
    name: s.string(),
    id: s.string().optional().about('Of the snapshot. Default: the newest good one.'),
    at: s
      .string()
      .optional()
      .about(
        'The newest that was begun no later: 2026-11-21 is the end of that day in the zone of the backup; also 2026-11-21 07:00, 2026-W47 and 2026-11-21T07:00:00Z.',
      ),
    over: s.list(s.string()).optional().about('A backup laid over this one, such as daily over weekly.'),
    to: s.path().optional().about('A folder that gets what lies below `data/`.'),
    inPlace: s
      .boolean()
      .optional()
      .about(
        'To where the files were; what is there now is saved first, and can be had back with `realm backup undo`.',
      ),
    path: s
      .list(s.string({ minLength: 1 }))
      .optional()
      .about('Only these files and folders.'),
    extra: s
      .oneOf('keep', 'aside')
      .optional()
      .about('What is there and not in the snapshot. Default: aside in place, else keep.'),
    undeclared: s.boolean().optional().about('In place also what was saved then, and no source names now.'),
    dryRun: s.boolean().optional().about('Say what would be done, and do nothing.'),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup restore', positionals: ['name'] },
  run,
};

async function run(input: RestoreInput, ctx: Context): Promise<object> {
  refuseUnclear(input);
  const isDry = input.dryRun === true;
  const tools = toolsOf(ctx);
  const recovered = isDry ? [] : await settled(ctx, tools);
  if (!isDry) purgeRestores(journals(ctx), ctx.now(), tools);
  const typed = await Promise.all([input.name, ...(input.over ?? [])].map((name) => meant(name, ctx)));
  const wants = typed.map(({ want }) => want);
  const policies = await Promise.all(wants.map((want) => policyOf(want, ctx)));
  const plan = await planned({ ...input, id: input.id ?? typed[0]!.id }, typed, policies, ctx);
  if (isDry) return { version: 1, policy: wants[0]!.name, dryRun: true, ...(await toldPlan(plan)) };
  const isInPlace = input.to === undefined;
  const safety = isInPlace ? { engines: await enginesOf(wants[0]!, ctx), policy: policies[0]! } : undefined;
  const done = await restore(plan, { stateDir: journals(ctx), safety }, tools);
  const { uid, snapshots: ids, files, bytes, substitutes, tookMs, undoUntil } = done;
  const text = linesOf([
    ...toldRecovered(recovered),
    `${files} files, ${bytesText(bytes)} from ${ids.join(' and ')} in ${tookMs} ms`,
    ...toldOdd(plan, done),
    ...(undoUntil === undefined ? [] : [`realm backup undo ${uid}   takes it back`]),
  ]);
  return {
    version: 1,
    policy: wants[0]!.name,
    text,
    uid,
    ids,
    files,
    bytes,
    substitutes,
    remarks: plan.remarks,
    tookMs,
    recovered,
    to: input.to ?? 'in place',
    safety: done.safety ?? null,
  };
}

function refuseUnclear({ name, to, inPlace = false, dryRun = false }: RestoreInput): void {
  if (to !== undefined && inPlace)
    throw new RealmError('BACKUP_RESTORE_REFUSED', 'it is said twice where to, and not the same', {
      hint: '--to DIR, or --in-place',
    });
  if (to !== undefined || inPlace || dryRun) return;
  throw new RealmError('BACKUP_RESTORE_REFUSED', 'it is not said where to', {
    hint: `realm backup restore ${name} --to DIR, or --in-place`,
  });
}

async function planned(
  { id, at, to, path, extra, undeclared = false }: RestoreInput,
  typed: readonly Meant[],
  policies: readonly Policy[],
  ctx: Context,
): Promise<RestorePlan> {
  const until = at === undefined ? undefined : instantOf(at, policies[0]!.zone);
  const layers = await Promise.all(
    typed.map(async ({ want, id: named }, index) => ({
      policy: want.name,
      engines: await enginesOf(want, ctx),
      id: index === 0 ? id : named,
      at: until,
      now: ctx.now(),
    })),
  );
  const roots = policies.flatMap((one) => one.roots);
  return planRestore({
    layers,
    paths: path,
    to,
    configFolder: ctx.paths.root,
    never: policies.flatMap(({ never }) => never),
    roots,
    declared: undeclared ? undefined : roots,
    ...(extra === undefined ? {} : { extra }),
  });
}
