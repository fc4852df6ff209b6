// `realm backup recover`: one folder put together from all backups that hold it, in place, so that it can be taken back.
import { relative } from 'node:path';
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { fromText } from '../byte-text.ts';
import { howSaved } from '../lend.ts';
import { journals, settled } from '../interrupted.ts';
import { type Backup, backupNamed, placeOf, policyOf } from '../policies.ts';
import type { Policy } from '../policy.ts';
import { foundIn, type Layers, newestState, type Source } from '../restore/folder.ts';
import { isDamage, ListDamaged } from '../restore/list-damaged.ts';
import { planRestore, type RestorePlan } from '../restore/plan.ts';
import { purgeRestores, toldRecovered } from '../restore/recover.ts';
import { type Restored, restore } from '../restore/restore.ts';
import { enginesOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';
import { bytesText, linesOf, messageOf } from '../words.ts';
import { toldOdd, toldPlan } from './tell-restore.ts';

interface RecoverInput {
  readonly folder: string;
  readonly from?: readonly string[] | undefined;
  readonly avoid?: readonly string[] | undefined;
  readonly keep?: readonly string[] | undefined;
  readonly dryRun?: boolean | undefined;
}

/** Another process writes a snapshot of the same policy; it takes minutes, not hours. */
const BUSY_AGAIN_MS = 2_000;
const MOST_BUSY = 150;

export const recoverVerb: Action<RecoverInput> = {
  name: 'backup.recover',
  summary: 'Bring one folder back, from the newest backup of all of it and the newer ones of parts of it.',
  input: s.object({
    folder: s.path().about('What is brought back, to where it is. What is there now is saved first.'),
    from: s.list(s.string()).optional().about('Only from these backups. Default: from all that save it.'),
    avoid: s.list(s.string()).optional().about('Not from these snapshots, by id: an older state is taken.'),
    keep: s
      .list(s.string({ minLength: 1 }))
      .optional()
      .about('Globs in the folder: files that are only added to, and stay as they are.'),
    dryRun: s.boolean().optional().about('Say which file would come from where, and do nothing.'),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup recover', positionals: ['folder'] },
  run,
};

async function run(input: RecoverInput, ctx: Context): Promise<object> {
  const tools = toolsOf(ctx);
  const remarks: string[] = [];
  if (input.dryRun !== true) {
    remarks.push(...toldRecovered(await settled(ctx, tools)));
    purgeRestores(journals(ctx), ctx.now(), tools);
  }
  const wants = savers(input, ctx);
  const sources = await Promise.all(wants.map((want) => sourceOf(want, input.folder, ctx)));
  const place = placeOf(input.folder, ctx.paths.root);
  const policies = await Promise.all(wants.map((want) => policyOf(want, ctx)));
  let found = await foundIn(sources, remarks);
  const avoid = [...(input.avoid ?? [])];
  let damage: RealmError | undefined;
  for (;;) {
    const state = await newestState(found, avoid, fromText(place), remarks);
    if (state === undefined && damage !== undefined) throw damage;
    if (state === undefined) return nothing(input, remarks);
    try {
      return await broughtBack(state, input, policies, remarks, ctx);
    } catch (error) {
      if (!isDamage(error)) throw error;
      damage = error;
      // Without its list it is good for nothing; of one that lacks a file, older states may be built all the same.
      if (error instanceof ListDamaged) found = found.filter(({ id }) => id !== error.candidate.snapshot.id);
      else avoid.push(state.top.id);
      remarks.push(`${messageOf(error)}: an older state is taken`);
    }
  }
}

/** Throws BACKUP_DAMAGED when something of it can be had nowhere; then nothing was changed. */
async function broughtBack(
  state: Layers,
  input: RecoverInput,
  policies: readonly Policy[],
  remarks: readonly string[],
  ctx: Context,
): Promise<object> {
  const place = placeOf(input.folder, ctx.paths.root);
  const plan = await planned(state, place, input, policies, ctx);
  const all = { ...plan, remarks: [...new Set([...remarks, ...plan.remarks])] };
  const ids = idsOf(state);
  if (input.dryRun === true) return { version: 1, dryRun: true, ids, ...(await toldPlan(all)) };
  const done = await restored(plan, state, policies, ctx);
  const { uid, files, bytes, tookMs } = done;
  const said = toldOdd(all, done);
  return {
    version: 1,
    policy: ids[0]!.split('/')[0],
    text: `${files} files, ${bytesText(bytes)} from ${ids.join(' and ')} in ${tookMs} ms\n${linesOf(said)}`,
    ids,
    top: state.top.id,
    // Nothing to take back where nothing differed.
    uid: done.undoUntil === undefined ? null : uid,
    remarks: said,
    files,
    bytes,
    to: relative(ctx.paths.root, input.folder),
    tookMs,
  };
}

const idsOf = ({ base, over }: Layers): readonly string[] =>
  [...(base === undefined ? [] : [base]), ...over].map(({ id }) => id);

function nothing({ folder, avoid = [] }: RecoverInput, remarks: readonly string[]): object {
  const rest = avoid.length === 0 ? '' : ` but ${avoid.join(', ')}`;
  const why = `no good snapshot holds ${folder}${rest}`;
  return { version: 1, text: `${why}\n`, ids: [], top: null, uid: null, remarks: [why, ...remarks] };
}

/** Throws BACKUP_POLICY_UNKNOWN, and BACKUP_RESTORE_REFUSED for one that was named and saves nothing of it. */
function savers({ folder, from }: RecoverInput, ctx: Context): readonly Backup[] {
  const isSaver = (want: Backup): boolean => howSaved(want, folder, ctx.paths.root) !== undefined;
  if (from === undefined) return ctx.resources<Backup['spec']>('backup').filter(isSaver);
  const named = from.map((name) => backupNamed(name, ctx));
  const other = named.find((want) => !isSaver(want));
  if (other === undefined) return named;
  throw new RealmError('BACKUP_RESTORE_REFUSED', `${other.ref} saves nothing of ${folder}`, {
    hint: 'see its `sources:`',
  });
}

const sourceOf = async (want: Backup, folder: string, ctx: Context): Promise<Source> => ({
  policy: want.name,
  isWhole: howSaved(want, folder, ctx.paths.root) === 'whole',
  engines: await enginesOf(want, ctx),
});

function planned(
  { base, over }: Layers,
  place: string,
  { folder, keep = [] }: RecoverInput,
  policies: readonly Policy[],
  ctx: Context,
): Promise<RestorePlan> {
  const layers = [...(base === undefined ? [] : [base]), ...over];
  return planRestore({
    layers: layers.map(({ id, source: { policy, engines } }) => ({ policy, engines, id })),
    paths: [folder],
    configFolder: ctx.paths.root,
    never: policies.flatMap(({ never }) => never),
    roots: policies.flatMap(({ roots }) => roots),
    declared: policies.flatMap(({ roots }) => roots),
    // Parts say nothing of what else was there.
    extra: base === undefined ? 'keep' : 'aside',
    appendOnly: keep.map((glob) => `${place}/${glob}`),
  });
}

async function restored(
  plan: RestorePlan,
  { base, top }: Layers,
  policies: readonly Policy[],
  ctx: Context,
): Promise<Restored> {
  const { source } = base ?? top;
  const policy = policies.find(({ name }) => name === source.policy)!;
  const safety = { engines: source.engines, policy };
  for (let busy = 0; ; busy++) {
    try {
      return await restore(plan, { stateDir: journals(ctx), safety }, toolsOf(ctx));
    } catch (error) {
      const { code, message } = error as { readonly code?: unknown; readonly message: string };
      if (code !== 'BACKUP_BUSY' || busy === MOST_BUSY) throw error;
      ctx.progress({ phase: 'wait', why: message });
      await ctx.sleep(BUSY_AGAIN_MS);
    }
  }
}
