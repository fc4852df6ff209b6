// `realm backup verify`: reads snapshots again, names what is not as it was saved, and heals it from another copy.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { factsOfThose } from '../each-target.ts';
import type { Engine } from '../engine.ts';
import { allKept, find, type Kept, newestMade } from '../find.ts';
import { type Backup, backupNamed } from '../policies.ts';
import { scrub } from '../scrub.ts';
import type { Verification } from '../snapshot.ts';
import { enginesOf } from '../targets.ts';
import { toolsOf } from '../tools.ts';
import { meant } from '../undeclared.ts';
import { besideSources } from './verify-source.ts';

interface VerifyInput {
  readonly name: string;
  readonly id?: string | undefined;
  readonly deep?: boolean | undefined;
  readonly quick?: boolean | undefined;
  readonly due?: boolean | undefined;
  readonly level?: 'presence' | 'structure' | 'content' | 'source' | undefined;
}

export const verifyVerb: Action<VerifyInput> = {
  name: 'backup.verify',
  summary: 'Look whether snapshots are as they were saved, and heal what is damaged from another copy.',
  input: s.object({
    name: s.string(),
    id: s.string().optional().about('Default: the newest, also when it is known to be damaged.'),
    deep: s.boolean().optional().about('All snapshots, not only the newest.'),
    due: s.boolean().optional().about('Only what is to be read again by now, slice by slice, as `scrubWithin` says.'),
    quick: s.boolean().optional().about('The same as `--level structure`.'),
    level: s
      .oneOf('presence', 'structure', 'content', 'source')
      .optional()
      .about(
        'How closely. presence: that it is there; structure: each path, its type and size; content (the default): each byte; source: also whether files that nobody changed since still hold what was saved of them.',
      ),
  }),
  effect: 'write',
  long: true,
  cli: { verb: 'backup verify', positionals: ['name'] },
  run: verify,
};

interface Result {
  readonly id: string;
  readonly target: string;
  readonly verification: Verification;
  /** Paths that were put right from another copy. */
  readonly healed: readonly string[];
}

/** What is damaged is healed from any other copy there is, and looked at again. */
async function verifyOne(
  { engine, snapshot }: Kept,
  engines: readonly Engine[],
  level: 'presence' | 'structure' | 'content',
  ctx: Context,
): Promise<Result> {
  const tools = toolsOf(ctx);
  const result = { id: snapshot.id, target: engine.name };
  const first = await engine.verify(snapshot, level, tools);
  if (first.isGood || engine.heal === undefined) return { ...result, verification: first, healed: [] };
  const { healed } = await engine.heal(snapshot, engines, tools);
  if (healed.length === 0) return { ...result, verification: first, healed: [] };
  const verification = await engine.verify(snapshot, level, tools);
  return { ...result, verification, healed: healed.map(({ path }) => path) };
}

/** What is due in each target that can be read; what is found damaged there is read as a whole, and healed. */
async function scrubAll(want: Backup, ctx: Context): Promise<{ results: Result[]; engines: readonly Engine[] }> {
  const engines = await enginesOf(want, ctx);
  const results: Result[] = [];
  const read: Engine[] = [];
  for (const engine of engines) {
    const { is, why } = await engine.look();
    if (is !== 'ready' && is !== 'full') {
      ctx.log.info(`${engine.name} is not read: ${why}`);
      continue;
    }
    read.push(engine);
    const { found } = await scrub(engine, want.name, want.spec.verify.scrubWithin, toolsOf(ctx));
    for (const { snapshot, verification } of found) {
      const isGood = verification.isGood;
      const result = { id: snapshot.id, target: engine.name, verification, healed: [] };
      results.push(isGood ? result : await verifyOne({ engine, snapshot }, engines, 'content', ctx));
    }
  }
  return { results, engines: read };
}

async function verify(input: VerifyInput, ctx: Context): Promise<object> {
  const level = levelOf(input);
  const typed = await meant(input.name, ctx);
  const { want } = typed;
  const id = input.id ?? typed.id;
  if (level === 'source') return besideSources(backupNamed(want.name, ctx), id, ctx);
  if (input.due === true) {
    const { results, engines } = await scrubAll(want, ctx);
    return answer(want.name, results, engines, ctx);
  }
  const isAll = input.deep === true && id === undefined;
  const wanted = isAll ? (await allKept(want, ctx, false)).kept : await find(want, id, ctx, false, newestMade);
  const results: Result[] = [];
  for (const one of wanted) results.push(await verifyOne(one, await enginesOf(want, ctx), level, ctx));
  return answer(want.name, results, [...new Set(wanted.map(({ engine }) => engine))], ctx);
}

/** Throws BACKUP_UNKNOWN where two things are asked for that exclude each other. */
function levelOf({ name, level, quick, due, deep }: VerifyInput): NonNullable<VerifyInput['level']> {
  const isTwice =
    (quick === true && level !== undefined && level !== 'structure') || (due === true && level !== undefined);
  if (isTwice)
    throw new RealmError(
      'BACKUP_UNKNOWN',
      `--level ${level} or ${due === true ? '--due' : '--quick'}: one of the two`,
      {
        hint: `realm backup verify ${name} --level ${level}`,
      },
    );
  if (level === 'source' && deep === true)
    throw new RealmError('BACKUP_UNKNOWN', 'the sources are as one snapshot has them, not as all do: no --deep', {
      hint: `realm backup verify ${name} --level source, or with --id`,
    });
  return level ?? (quick === true ? 'structure' : 'content');
}

/** Throws BACKUP_UNPROVEN when something is damaged that could not be healed. */
async function answer(
  name: string,
  results: readonly Result[],
  engines: readonly Engine[],
  { signal }: Context,
): Promise<object> {
  const bad = results.filter(({ verification }) => !verification.isGood);
  const targets = await factsOfThose(engines, name, signal);
  if (bad.length > 0)
    throw new RealmError(
      'BACKUP_UNPROVEN',
      bad.map((one) => `${one.id} in ${one.target}: ${one.verification.damaged.join(', ')}`).join('; '),
      { hint: `realm backup list ${name}`, output: { version: 1, policy: name, results, targets } },
    );
  const text = results.length === 0 ? 'nothing is due to be read again\n' : results.map(told).join('');
  return { version: 1, policy: name, text, results, targets };
}

function told({ id, target, verification, healed }: Result): string {
  const isRead = verification.level === 'content';
  const read = isRead ? `${Math.round(verification.coverage * 100)} % of the bytes read` : 'nothing is missing';
  const mended = healed.length === 0 ? '' : `; healed from other copies: ${healed.join(', ')}`;
  return `${id} in ${target}: good, ${read}${mended}\n`;
}
