// `realm backup approve`: who agreed to a saved change, or did not, written beside its snapshots; an answered question ends here too.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { approvalOf } from '../approval.ts';
import { allKept, type Kept } from '../find.ts';
import { factsOf } from '../observe.ts';
import { type Backup, backupNamed } from '../policies.ts';
import { enginesOf } from '../targets.ts';

interface ApproveInput {
  readonly name: string;
  readonly id?: string | undefined;
  readonly why: string;
  readonly deny?: boolean | undefined;
  readonly question?: string | undefined;
  readonly by?: string | undefined;
}

export const approveVerb: Action<ApproveInput> = {
  name: 'backup.approve',
  summary: 'Agree to a change that was saved, or deny it; who and why stay with the snapshot.',
  input: s.object({
    name: s.string(),
    id: s.string().optional().about('Of the snapshot that saved the change.'),
    why: s.string({ minLength: 1 }),
    deny: s.boolean().optional().about('You do not agree; `realm backup revert` puts back what was before.'),
    question: s.string().optional().about('Of the change, in place of the id.'),
    by: s.string().optional().about('Who answered the question; counts only when Realm itself asks for it.'),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup approve', positionals: ['name', 'id'] },
  run: approve,
};

async function approve({ name, id, why, deny, question, by }: ApproveInput, ctx: Context): Promise<object> {
  const want = backupNamed(name, ctx);
  const copies = await changesOf(want, id, question, ctx);
  const is = deny === true ? ('denied' as const) : ('approved' as const);
  const who = by !== undefined && ctx.actor.startsWith('plugin:') ? by : ctx.actor;
  const answer = { is, by: who, why, at: ctx.now() };
  for (const { engine, snapshot } of copies) await engine.answer(snapshot, answer);
  const engines = await enginesOf(want, ctx);
  const targets = await Promise.all(engines.map((engine) => factsOf(engine, want.name)));
  const ids = [...new Set(copies.map(({ snapshot }) => snapshot.id))];
  return {
    version: 1,
    policy: want.name,
    text: `${ids.join(', ')}: ${is} by ${who}\n`,
    ids,
    is,
    by: who,
    why,
    targets,
  };
}

/** All copies of the one change, in all targets. Throws BACKUP_UNKNOWN. */
async function changesOf(
  want: Backup,
  id: string | undefined,
  question: string | undefined,
  ctx: Context,
): Promise<readonly Kept[]> {
  const { kept } = await allKept(want, ctx, false);
  const isMeant = ({ snapshot }: Kept): boolean =>
    [snapshot.id, snapshot.label, snapshot.uid].includes(id ?? '') ||
    (question !== undefined && snapshot.change?.question === question);
  const meant = kept.filter(isMeant);
  const keys = new Set(meant.flatMap(({ snapshot }) => snapshot.change?.question ?? []));
  const all = kept.filter((one) => isMeant(one) || keys.has(one.snapshot.change?.question ?? ''));
  const changes = all.filter(({ snapshot }) => snapshot.change?.phase === 'after');
  if (changes.length > 0) return changes;
  const known = kept.filter(({ snapshot }) => approvalOf(snapshot) !== undefined).map(({ snapshot }) => snapshot.id);
  throw new RealmError('BACKUP_UNKNOWN', `there is no saved change ${id ?? question ?? ''} of ${want.name}`, {
    hint: known.length === 0 ? 'only policies with `watch:` save changes' : `one of: ${known.join(', ')}`,
  });
}
