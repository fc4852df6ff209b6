// realm plan: what would change; changes nothing.
import { lstatSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PlanView } from '../../api/door.ts';
import { messageOf, RealmError } from '../../errors.ts';
import { EXIT } from '../exit-codes.ts';
import { isPlan } from '../plan-file.ts';
import { writeJson } from '../render/json.ts';
import { planText } from '../render/plan.ts';
import { say } from '../render/say.ts';
import type { Call } from '../shell.ts';

export interface Scope {
  readonly target?: readonly string[];
  readonly exclude?: readonly string[];
}

export async function run(call: Call<Scope & { readonly out?: string }>): Promise<number> {
  const { flags, globals, out, cwd } = call;
  if (flags.out !== undefined) requireRoom(resolve(cwd, flags.out), flags.out); // before anything is looked at
  const plan = await (await call.door('look')).plan(scopeOf(flags));
  if (flags.out !== undefined) keep(plan, resolve(cwd, flags.out), flags.out);
  if (globals.json) writeJson(out, plan);
  else out.write(planText(plan, out, 'Plan'));
  if (flags.out !== undefined && !globals.json) say(out, `Kept in ${flags.out}; \`realm apply ${flags.out}\` does it.`);
  return exitOfLook(plan, EXIT.changes);
}

export const scopeOf = ({ target, exclude }: Scope): Scope => ({
  ...(target === undefined ? {} : { target }),
  ...(exclude === undefined ? {} : { exclude }),
});

/** Something that could not be looked at is never "nothing to do". */
export function exitOfLook({ changes, unseen }: PlanView, whenChanged: number): number {
  if (unseen.some(({ elsewhere }) => !elsewhere)) return EXIT.failed;
  return changes.length > 0 ? whenChanged : EXIT.done;
}

/** A slip of the hand must not cost a config, nor a device: only a plan is replaced by a plan. */
function requireRoom(path: string, typed: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || (there.isFile() && (there.size === 0 || isPlan(path)))) return;
  throw new RealmError('OUTPUT_UNWRITABLE', `${typed} is there already and is no plan, so it is not replaced.`, {
    hint: 'Name another file, as in `realm plan --out plan.json`.',
  });
}

/** Whole or not at all. The two names are the only ones that the launcher lets a plan write. */
function keep(plan: PlanView, path: string, typed: string): void {
  const temporary = `${path}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(plan, null, 2)}\n`);
    renameSync(temporary, path);
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw new RealmError('OUTPUT_UNWRITABLE', `The plan could not be kept in ${typed}: ${messageOf(cause)}`, {
      hint: 'Name a file in a folder that exists and is yours.',
      cause,
    });
  }
}
