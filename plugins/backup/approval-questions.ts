// Keeps the open questions to people in line with the snapshots: one for each change that nobody has agreed to.
import type { Context } from 'realm-runner/plugin';
import { openChanges, questionText } from './approval.ts';
import { canBeRead } from './engine.ts';
import { lookAtTargets } from './observe.ts';
import type { Backup } from './policies.ts';
import type { BackupSpec } from './spec.ts';

export const questionPrefix = (policy: string): string => `${policy} `;

/** Asks what is not asked yet, and takes back what needs no answer any more. */
export async function keepQuestions(want: Backup, ctx: Context): Promise<void> {
  const asked = ctx.questions.list(questionPrefix(want.name));
  if (want.spec.watch === undefined && asked.length === 0) return;
  const targets = await lookAtTargets(want, ctx);
  const open = openChanges(targets.flatMap(({ snapshots }) => snapshots));
  for (const [key, snapshot] of open) ctx.questions.ask({ key, ref: want.ref, what: questionText(snapshot) });
  // What cannot be seen may be open still.
  if (targets.some(({ is }) => !canBeRead(is))) return;
  for (const { key, state } of asked)
    if (state === 'waiting' && !open.has(key)) ctx.questions.close(key, 'answered otherwise, or no longer kept');
}

/** After a start or an edit: also those of policies that are no longer declared. */
export async function keepAllQuestions(ctx: Context): Promise<void> {
  const wanted = ctx.resources<BackupSpec>('backup');
  for (const { key } of ctx.questions.list())
    if (!wanted.some(({ name }) => key.startsWith(questionPrefix(name))))
      ctx.questions.close(key, 'the backup is no longer declared');
  for (const want of wanted) await keepQuestions(want, ctx);
}
