// What the daemon learns from runs of this plugin when they end: a run has a process of its own, and cannot state facts.
import type { Context, RealmEvent, Ref, RunView } from 'realm-runner/plugin';
import { keepAllQuestions, keepQuestions } from './approval-questions.ts';
import { settleIfNeeded } from './interrupted.ts';
import type { BackupSpec } from './spec.ts';
import { messageOf } from './words.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const listOf = (output: unknown, key: string): readonly Fields[] => {
  const found = isFields(output) ? output[key] : undefined;
  return Array.isArray(found) ? found.filter(isFields) : [];
};
const text = (fields: Fields, key: string): string => {
  const value = fields[key];
  return typeof value === 'string' ? value : '';
};
const count = (fields: Fields, key: string): number => Number(fields[key] ?? 0);

/** Told from a stored position, so that no end is missed between two lives of the daemon. */
export async function hear(
  event: RealmEvent<'run.ended' | 'realm.started' | 'realm.reloaded'>,
  ctx: Context,
): Promise<void> {
  if (event.type !== 'run.ended') return keepAllQuestions(ctx);
  const { key, action, state, reason } = event.data as RealmEvent<'run.ended'>['data'];
  if (!action.startsWith('backup.')) return;
  // A journal that cannot be read is told by the loop that looks for them; what else is heard goes on.
  if (state !== 'succeeded') await settleIfNeeded(ctx).catch((error: unknown) => ctx.log.warn(messageOf(error)));
  const run = ctx.runs(key, 1)[0];
  const ref = refOf(key, run);
  if (ref === undefined) return;
  if (state === 'failed' || state === 'lost') ctx.emit('backup.failed', { ref, why: reason }, { ref, status: state });
  if (run !== undefined && run.output !== null) tell(ref, run, ctx); // of one that failed: what it did all the same
  const want = ctx.resources<BackupSpec>('backup').find((one) => one.ref === ref);
  if (want !== undefined) await keepQuestions(want, ctx);
}

/** By hand the key names no policy: the answer does. */
function refOf(key: string, run: RunView | undefined): Ref | undefined {
  const [, name] = /^backup\/(\S+) /.exec(key) ?? [];
  const typed = name ?? (isFields(run?.output) ? run.output['policy'] : undefined);
  return typeof typed === 'string' ? (`backup/${typed}` as Ref) : undefined;
}

function tell(ref: Ref, { action, output }: RunView, ctx: Context): void {
  if (action === 'backup.run' || action === 'backup.revert')
    for (const one of listOf(output, 'snapshots')) {
      const [id, target] = [text(one, 'id'), text(one, 'target')];
      if (text(one, 'status') !== 'complete') continue;
      const trigger = isFields(output) ? text(output, 'trigger') : '';
      const counts = { files: count(one, 'files'), bytes: count(one, 'bytes'), copiedBytes: count(one, 'copiedBytes') };
      ctx.emit(
        'backup.completed',
        { ref, id, target, ...counts, trigger },
        { ref, durationMs: count(one, 'tookMs'), status: text(one, 'status') },
      );
      pruned(ref, target, one['removed'], ctx);
    }
  if (action === 'backup.prune')
    for (const one of listOf(output, 'plans')) pruned(ref, text(one, 'target'), one['removed'], ctx);
  if (action === 'backup.verify')
    for (const one of listOf(output, 'results').filter(isGood))
      ctx.emit('backup.verified', { ref, id: text(one, 'id'), target: text(one, 'target') }, { ref });
  if (action === 'backup.drill' && isFields(output))
    ctx.emit(
      'backup.drilled',
      { ref, id: text(output, 'id'), seconds: count(output, 'seconds'), bytes: count(output, 'bytes') },
      { ref },
    );
  if ((action === 'backup.restore' || action === 'backup.revert') && isFields(output) && output['dryRun'] !== true)
    ctx.emit(
      'backup.restored',
      { ref, ids: (output['ids'] as readonly string[] | undefined) ?? [], to: text(output, 'to') },
      { ref },
    );
}

/** Of a verification that failed too, those that are well. */
const isGood = ({ verification }: Fields): boolean => isFields(verification) && verification['isGood'] === true;

function pruned(ref: Ref, target: string, removed: unknown, ctx: Context): void {
  const ids = Array.isArray(removed) ? removed.map(String) : [];
  if (ids.length > 0) ctx.emit('backup.pruned', { ref, target, ids }, { ref });
}
