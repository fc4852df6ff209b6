// realm apply: shows what would change, asks, and changes it.
import { resolve } from 'node:path';
import type { ApplyQuery, ApplyReport, Door, PlanView } from '../../api/door.ts';
import { SHAPE_VERSION } from '../../api/door.ts';
import { RealmError } from '../../errors.ts';
import { durationFlag } from '../arguments.ts';
import { isYes } from '../ask.ts';
import { EXIT } from '../exit-codes.ts';
import { readPlan } from '../plan-file.ts';
import { writeJson } from '../render/json.ts';
import { planText, totals } from '../render/plan.ts';
import { progress, reportText } from '../render/progress.ts';
import type { Call } from '../shell.ts';
import { exitOfLook, scopeOf } from './plan.ts';
import type { Scope } from './plan.ts';

interface ApplyFlags extends Scope {
  readonly allowDeletions?: boolean;
  readonly timeout?: string;
}

export async function run(call: Call<ApplyFlags>): Promise<number> {
  const { flags, globals, out } = call;
  if (flags.timeout !== undefined) durationFlag('--timeout', flags.timeout); // before anything is looked at
  const given = givenPlan(call);
  const door = await call.door('act');
  const plan = given ?? (await door.plan(scopeOf(flags)));
  if (!globals.json) out.write(planText(flags.allowDeletions === true ? allowed(plan) : plan, out, 'Plan'));
  if (plan.changes.length === 0) {
    if (globals.json)
      writeJson(out, { steps: [], watched: await isWatched(door) } satisfies Omit<ApplyReport, 'version'>);
    return exitOfLook(plan, EXIT.done);
  }
  if (!globals.yes) await confirm(call, plan);
  const report = await carryOut(call, door, plan);
  if (globals.json) writeJson(out, report);
  else out.write(reportText(report, out));
  const look = exitOfLook({ ...plan, changes: [] }, EXIT.done); // what could not be looked at is not known to be fine
  return look === EXIT.done ? exitOfReport(report) : look;
}

/** As it counts with `--allow-deletions`: what waits for that word alone waits no longer. */
const allowed = (plan: PlanView): PlanView => ({
  ...plan,
  changes: plan.changes.map(({ held, ...change }) =>
    held === undefined || held.includes('--allow-deletions') ? change : { ...change, held },
  ),
});

/** What was shown is what happens: a world that moved since then is refused. */
async function carryOut(
  { args, flags, globals, out, shell }: Call<ApplyFlags>,
  door: Door,
  plan: PlanView,
): Promise<ApplyReport> {
  const timeoutMs = flags.timeout === undefined ? undefined : durationFlag('--timeout', flags.timeout);
  const refs = plan.changes.map(({ ref }) => ref);
  const shown = globals.json ? undefined : progress(out, refs);
  const query: ApplyQuery = {
    plan,
    allowDeletions: flags.allowDeletions === true,
    confirmed: true,
    actor: shell.actor,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const stop = (): void => shown?.interrupted();
  shell.signal.addEventListener('abort', stop);
  try {
    return await door.apply(query, shown?.tell);
  } catch (error) {
    if (!(error instanceof RealmError) || error.code !== 'PLAN_STALE' || args.length > 0) throw error;
    const now = await door.plan(scopeOf(flags));
    // A daemon that saw the same edit may have been faster.
    if (now.changes.length === 0 && exitOfLook(now, EXIT.done) === EXIT.done)
      return { version: SHAPE_VERSION, steps: [], watched: await isWatched(door) };
    throw new RealmError('PLAN_STALE', error.message, {
      hint: 'run it again: it shows what is to be done now',
      cause: error,
    });
  } finally {
    shell.signal.removeEventListener('abort', stop);
    shown?.end();
  }
}

/** The plan in the file that was named. It brings its own scope. */
function givenPlan({ args, flags, cwd }: Call<ApplyFlags>): PlanView | undefined {
  const [file] = args;
  if (file === undefined) return undefined;
  if (flags.target !== undefined || flags.exclude !== undefined)
    throw new RealmError(
      'USAGE',
      'A plan file already says what it is about, so `--target` and `--exclude` do not go with it.',
      {
        hint: 'Give them to `realm plan --out` instead.',
      },
    );
  return readPlan(resolve(cwd, file), file);
}

const isWatched = async (door: Door): Promise<boolean> => (await door.status()).daemon !== null;

async function confirm({ shell, globals }: Call<ApplyFlags>, plan: PlanView): Promise<void> {
  const answer = globals.json ? undefined : await shell.terminal.ask('Apply this? [y/N] ');
  if (answer !== undefined && isYes(answer)) return;
  const said = answer === undefined ? 'nobody is here to say yes' : 'the answer was no';
  throw new RealmError('APPLY_UNCONFIRMED', `Nothing was changed: ${totals(plan.changes)}, and ${said}.`, {
    hint: 'realm apply --yes',
  });
}

export function exitOfReport({ steps }: ApplyReport): number {
  const ends = new Set(steps.map(({ end }) => end));
  if (ends.has('failed') || ends.has('unknown') || ends.has('blocked')) return EXIT.failed;
  return ends.has('held') ? EXIT.held : EXIT.done;
}
