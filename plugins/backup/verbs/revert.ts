// `realm backup revert`: what a watched change replaced comes back; the present state is saved first, and the way back stays open.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { announce, forgetAnnounced } from '../announced.ts';
import { lstatSync } from 'node:fs';
import { type ByteText, fromText, shown, toPath } from '../byte-text.ts';
import { type Difference, differences } from '../difference.ts';
import { find, type Kept } from '../find.ts';
import { journals, settled } from '../interrupted.ts';
import { type Backup, backupNamed, policyOf } from '../policies.ts';
import type { Policy } from '../policy.ts';
import { outermost, placeOf } from '../restore/place.ts';
import { planRestore, type RestorePlan } from '../restore/plan.ts';
import { toldRecovered } from '../restore/recover.ts';
import { restore } from '../restore/restore.ts';
import type { Snapshot } from '../snapshot.ts';
import { enginesOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';
import { linesOf, messageOf } from '../words.ts';
import { toldOdd, toldPlan } from './tell-restore.ts';
import { makeSnapshots } from './run.ts';

interface RevertInput {
  readonly id: string;
  readonly why?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export const revertVerb: Action<RevertInput> = {
  name: 'backup.revert',
  summary: 'Take a change that was saved back: the files it touched become what they were before it.',
  input: s.object({
    id: s.string({ minLength: 1 }).about('Of the snapshot that saved the change, as on-change/2026-11-21-070312.'),
    why: s.string({ minLength: 1 }).optional(),
    dryRun: s.boolean().optional().about('Say what would be done, and do nothing.'),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup revert', positionals: ['id'] },
  run: revert,
};

interface Reverted {
  readonly want: Backup;
  readonly copies: readonly Kept[];
  readonly after: Kept;
  readonly before: Snapshot;
}

async function revert({ id, why, dryRun }: RevertInput, ctx: Context): Promise<object> {
  const tools = toolsOf(ctx);
  const recovered = dryRun === true ? [] : await settled(ctx, tools);
  const change = await changeNamed(id, ctx);
  const { want, copies, after, before } = change;
  const policy = await policyOf(want, ctx);
  const plan = await planOf(change, policy, ctx);
  if (dryRun === true)
    return { version: 1, policy: want.name, dryRun: true, before: before.id, ...(await toldPlan(plan)) };
  const said = `revert of ${after.snapshot.id}${why === undefined ? '' : `: ${why}`}`;
  // Before anything moves, so that whoever saves the new state knows that somebody agreed to it.
  announce(want.name, { by: ctx.actor, why: said, at: ctx.now() }, ctx.paths.data);
  const safety = { engines: await enginesOf(want, ctx), policy };
  const done = await restore(plan, { stateDir: journals(ctx), safety }, tools).catch((error: unknown) => {
    forgetAnnounced(want.name, ctx.paths.data);
    throw error;
  });
  const answer = { is: 'reverted' as const, by: ctx.actor, why: why ?? said, at: ctx.now() };
  for (const { engine, snapshot } of copies) await engine.answer(snapshot, answer);
  const saved = await makeSnapshots({ name: want.name }, want, policy, ctx).then(
    (made) => ({ made, told: '' }),
    // It is taken back all the same, and whoever watches saves it: perhaps just now, which is why this one could not.
    (error: unknown) => ({
      made: { version: 1, policy: want.name },
      told: `not saved by this run: ${messageOf(error)}\n`,
    }),
  );
  const { uid, files, bytes, undoUntil } = done;
  const way = undoUntil === undefined ? 'It was so already.\n' : `realm backup undo ${uid}   takes it back\n`;
  return {
    ...saved.made,
    text: `${linesOf(toldRecovered(recovered))}what ${after.snapshot.id} changed is as it was in ${before.id}: ${files} files\n${linesOf(toldOdd(plan, done))}${way}${saved.told}`,
    ids: [before.id],
    reverted: after.snapshot.id,
    uid,
    files,
    bytes,
    safety: done.safety ?? null,
    to: 'in place',
  };
}

/** Throws BACKUP_POLICY_UNKNOWN, BACKUP_UNKNOWN and, when there is nothing to go back to, BACKUP_RESTORE_REFUSED. */
async function changeNamed(id: string, ctx: Context): Promise<Reverted> {
  const [name = ''] = id.split('/');
  const want = backupNamed(name, ctx);
  const copies = await find(want, id, ctx);
  const after = copies.find(({ snapshot }) => snapshot.change?.phase === 'after');
  if (after === undefined)
    throw new RealmError('BACKUP_RESTORE_REFUSED', `${id} saved no change, so nothing was before it`, {
      hint: `realm backup restore ${name} --id ${id.slice(name.length + 1)} --in-place`,
    });
  const { other } = after.snapshot.change!;
  const { snapshots } = await after.engine.list(want.name);
  const before = snapshots.find((one) => one.id === other);
  if (before !== undefined) return { want, copies, after, before };
  const what =
    other === undefined
      ? 'no good snapshot was made before it'
      : `${other}, the state before it, is no longer kept (\`realm backup undelete ${name} ${other}\`)`;
  throw new RealmError('BACKUP_RESTORE_REFUSED', `${id} cannot be taken back: ${what}`, {
    hint: `realm backup list ${name}`,
  });
}

/** A folder that is there stays with what came into it since; what was added and is gone again needs nothing. */
function isTouched({ path, from, to }: Difference, base: ByteText): boolean {
  const isHere = lstatSync(toPath(placeOf({ base, isInPlace: true }, path)), { throwIfNoEntry: false }) !== undefined;
  if (from === undefined) return to?.type !== 'folder' && isHere;
  return from.type !== 'folder' || !isHere || (to !== undefined && to.type !== 'folder');
}

/** Of the two states only what differs between them: what was changed since elsewhere stays. */
async function planOf({ want, after, before }: Reverted, { never, roots }: Policy, ctx: Context): Promise<RestorePlan> {
  const { engine } = after;
  const paths: ByteText[] = [];
  for await (const difference of differences(engine.entries(before), engine.entries(after.snapshot)))
    if (isTouched(difference, fromText(ctx.paths.root))) paths.push(difference.path);
  const odd = paths.find((path) => shown(path).includes('\\x'));
  if (odd !== undefined)
    throw new RealmError('BACKUP_RESTORE_REFUSED', `${shown(odd)} cannot be named in a text`, {
      hint: `realm backup restore ${want.name} --id ${before.label} --in-place`,
    });
  return planRestore({
    layers: [{ policy: want.name, engines: [engine], id: before.uid }],
    paths: outermost(paths).map(shown),
    configFolder: ctx.paths.root,
    never,
    declared: roots,
    ...(before.roots === undefined ? {} : { roots: before.roots }),
  });
}
