// `realm backup run`: makes a snapshot in each target, reads it back, and lets go of what nothing keeps.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { announce, announced, forgetAnnounced } from '../announced.ts';
import { type Agreement, namedPaths } from '../approval.ts';
import { questionPrefix } from '../approval-questions.ts';
import { runSteps } from '../commands.ts';
import type { Tools } from '../engine.ts';
import type { TargetFacts } from '../facts.ts';
import { failedInto, intoTarget, type RunJob, type TargetAnswer } from '../into-target.ts';
import { settled } from '../interrupted.ts';
import { factsOf } from '../observe.ts';
import { type Backup, backupNamed, policyOf } from '../policies.ts';
import type { Policy } from '../policy.ts';
import type { Trigger } from '../snapshot.ts';
import { written } from '../spec.ts';
import { engineOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';
import { ago, bytesText, messageOf } from '../words.ts';
import { dryRun } from './dry-run.ts';

export interface RunInput {
  readonly name: string;
  readonly slot?: string | undefined;
  readonly trigger?: Trigger | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly why?: string | undefined;
  readonly allowShrink?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

export const runVerb: Action<RunInput> = {
  name: 'backup.run',
  summary: 'Make a snapshot now, read it back, and let go of what nothing keeps.',
  input: s.object({
    name: s.string({ minLength: 1 }).about('Of the backup.'),
    slot: s.string().optional().about('The instant it is due for, UTC.'),
    trigger: s.oneOf('schedule', 'catch-up', 'watch', 'manual', 'safety').optional(),
    tag: s
      .list(s.string({ minLength: 1 }))
      .optional()
      .about('A word that the snapshot carries.'),
    why: s
      .string({ minLength: 1 })
      .optional()
      .about(
        'You agree to the change of what is watched, and why; when nothing has changed yet, to the next within an hour.',
      ),
    allowShrink: s
      .boolean()
      .optional()
      .about('You have seen that there is far less than before, and it is right: the next are measured by this one.'),
    dryRun: s.boolean().optional().about('Say what would be saved, and save nothing.'),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup run', positionals: ['name'] },
  run,
};

async function run(input: RunInput, ctx: Context): Promise<object> {
  const want = backupNamed(input.name, ctx);
  const policy = await policyOf(want, ctx);
  return input.dryRun === true
    ? dryRun(want, policy, input.trigger ?? 'manual', ctx)
    : makeSnapshots(input, want, policy, ctx);
}

/** In each target. Throws BACKUP_FAILED and BACKUP_PARTIAL. */
export async function makeSnapshots(input: RunInput, want: Backup, policy: Policy, ctx: Context): Promise<object> {
  const tools = toolsOf(ctx);
  await settled(ctx, tools);
  const dumps = await runSteps(policy.before, 'before', policy, ctx);
  const job = jobOf(input, want, policy, dumps.folder, ctx);
  try {
    const { answers, targets } = await intoTargets(want, job, tools, ctx);
    const isAnnounced = useUpAgreement(input, job, answers, ctx);
    const said = [...tools.said, ...(isAnnounced ? [ANNOUNCED] : [])];
    const text = [...answers.map(told), ...said.map((one) => `${one}\n`)].join('');
    const { name, trigger } = { trigger: 'manual', ...input };
    const output = { version: 1, policy: name, trigger, text, snapshots: answers, said, targets };
    const afterwards = await runSteps(policy.after, 'after', policy, ctx).then(() => [], whyOf);
    ctx.signal.throwIfAborted();
    return judged(name, answers, afterwards, output);
  } finally {
    dumps.clear();
  }
}

const whyOf = (error: unknown): readonly string[] => [messageOf(error)];

async function intoTargets(
  want: Backup,
  job: RunJob,
  tools: Tools,
  ctx: Context,
): Promise<{ readonly answers: readonly TargetAnswer[]; readonly targets: readonly TargetFacts[] }> {
  const answers: TargetAnswer[] = [];
  const targets: TargetFacts[] = [];
  for (const target of want.spec.to) {
    const began = ctx.now();
    try {
      const engine = await engineOf(target, ctx);
      const one = await intoTarget(engine, job, tools, ctx);
      answers.push({ ...one, tookMs: ctx.now() - began });
      targets.push(await factsOf(engine, want.name));
    } catch (error) {
      if (ctx.signal.aborted) throw error;
      answers.push(failedInto(written(target), messageOf(error), ctx.now() - began));
    }
  }
  return { answers, targets };
}

const ANNOUNCED = 'nothing has changed yet: the next change within an hour is approved with these words';

function jobOf(
  { slot, trigger = 'manual', tag = [], why, allowShrink }: RunInput,
  { name, spec }: Backup,
  policy: Policy,
  dumps: string | undefined,
  ctx: Context,
): RunJob {
  const agreed: Agreement | undefined =
    why === undefined ? announced(name, ctx.now(), ctx.paths.data) : { by: ctx.actor, why };
  const startedAt = ctx.now();
  const key = `${questionPrefix(name)}${new Date(startedAt).toISOString()} ${ctx.random().toString(36).slice(2, 8)}`;
  return {
    policy,
    trigger,
    slot: slot === undefined ? null : Date.parse(slot),
    tags: tag,
    startedAt,
    acceptsLess: allowShrink === true,
    dumps,
    isWatched: spec.watch !== undefined,
    agreed,
    question: spec.approval === 'required' && agreed === undefined ? key : undefined,
  };
}

/** An agreement is for one change: it waits for that, and goes with it. True: it was announced just now. */
function useUpAgreement(
  { name, why }: RunInput,
  { agreed, isWatched }: RunJob,
  answers: readonly TargetAnswer[],
  ctx: Context,
): boolean {
  if (agreed === undefined || !isWatched) return false;
  if (answers.some(({ change }) => change !== null)) {
    forgetAnnounced(name, ctx.paths.data);
    return false;
  }
  if (why === undefined) return false;
  announce(name, { ...agreed, at: ctx.now() }, ctx.paths.data);
  return true;
}

/**
 * Good when each target has a complete one. Throws BACKUP_FAILED and BACKUP_PARTIAL, so that a script sees it too; what was
 * done in the other targets goes with the error.
 */
function judged(name: string, answers: readonly TargetAnswer[], afterwards: readonly string[], output: object): object {
  const bad = answers.filter(({ status }) => status === 'failed');
  const whys = [...bad.map(({ target, why }) => namedOnce(target, why ?? '')), ...afterwards];
  if (whys.length > 0)
    throw new RealmError('BACKUP_FAILED', whys.join('; '), { hint: `realm why backup/${name}`, output });
  const partial = answers.find(({ status }) => status === 'partial');
  if (partial !== undefined) throw partialError(name, partial, output);
  return output;
}

/** Most say themselves which target they speak of. */
const namedOnce = (target: string, why: string): string => (why.includes(target) ? why : `${target}: ${why}`);

function partialError(name: string, { id, target, troubles }: TargetAnswer, output: object): RealmError {
  const named = troubles.slice(0, 3).map(({ path, why }) => `${path}: ${why}`);
  const more = troubles.length > 3 ? `, and ${troubles.length - 3} more` : '';
  return new RealmError('BACKUP_PARTIAL', `${id} in ${target} lacks ${named.join('; ')}${more}`, {
    hint: `realm backup show ${name} --id ${id}`,
    output,
  });
}

function told(answer: TargetAnswer): string {
  const { target, id, status, files, bytes, copiedBytes, removed, why, tookMs } = answer;
  if (status === 'covered') return `${target}: ${why}\n`;
  if (id === null) return `${target}: nothing was saved; ${why}\n`;
  const gone = removed.length === 0 ? '' : `, ${removed.length} older into the trash`;
  const took = tookMs < 2_000 ? `${tookMs} ms` : ago(tookMs);
  const copied = copiedBytes === bytes ? '' : `, ${bytesText(copiedBytes)} of it new`;
  return `${id} in ${target}: ${status}, ${files} files, ${bytesText(bytes)}${copied}, read back, in ${took}${gone}${why === null ? '' : `; ${why}`}\n${toldChange(answer)}`;
}

function toldChange({ change }: TargetAnswer): string {
  if (change === null) return '';
  const { paths, approvedBy, why, question } = change;
  const who = approvedBy === undefined ? '' : `, approved by ${approvedBy}: ${why ?? ''}`;
  const open = question === undefined ? '' : ', unapproved: `realm approvals` asks who agrees';
  return `  changed: ${namedPaths(paths)}${who}${open}\n`;
}
