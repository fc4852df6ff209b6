// `realm backup undo`: a restore in place is taken back; what is there now is saved first.
import { type Action, type Context, s } from 'realm-runner/plugin';
import { journals, settled } from '../interrupted.ts';
import { policyOf } from '../policies.ts';
import { toldRecovered } from '../restore/recover.ts';
import { restoreNamed, type Undone, undo, type UndoOptions } from '../restore/undo.ts';
import type { BackupSpec } from '../spec.ts';
import { enginesOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';
import { linesOf } from '../words.ts';

export const undoVerb: Action<{ readonly uid?: string | undefined }> = {
  name: 'backup.undo',
  summary: 'Take a restore in place back: what was there before comes again; what is there now is saved first.',
  input: s.object({ uid: s.string().optional().about('Of the restore. Default: the newest.') }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup undo', positionals: ['uid'] },
  async run({ uid }, ctx) {
    const tools = toolsOf(ctx);
    const recovered = await settled(ctx, tools);
    const found = restoreNamed(journals(ctx), uid);
    const safety = found.isInPlace ? await safetyOf(found.policies, ctx) : undefined;
    const undone = await undo({ stateDir: journals(ctx), uid: found.uid, safety }, tools);
    return { version: 1, text: `${linesOf(toldRecovered(recovered))}${told(undone)}`, ...undone, recovered };
  },
};

/** Where what is there now goes to: the first policy that it came from and that is still declared. */
async function safetyOf(names: readonly string[], ctx: Context): Promise<UndoOptions['safety']> {
  const wants = ctx.resources<BackupSpec>('backup').filter(({ name }) => names.includes(name));
  const policies = await Promise.all(wants.map((want) => policyOf(want, ctx)));
  const [policy] = policies;
  if (policy === undefined) return undefined;
  return { engines: await enginesOf(wants[0]!, ctx), policy, roots: policies.flatMap(({ roots }) => roots) };
}

function told({ snapshots, at, safety, unsaved, aside, keptUntil }: Undone): string {
  const iso = (ms: number): string => new Date(ms).toISOString();
  return linesOf([
    `the restore of ${snapshots.join(' and ')} at ${iso(at)} is taken back`,
    ...(safety === undefined ? [] : [`what was there until now is saved as ${safety}`]),
    ...(unsaved === undefined ? [] : [unsaved]),
    ...aside.map((folder) => `what was there until now lies in ${folder} until ${iso(keptUntil)}`),
  ]);
}
