// Before a realm is kept true for the first time, a person sees what that will do and is asked.
import type { Door } from '../api/door.ts';
import { RealmError } from '../errors.ts';
import { isYes } from './ask.ts';
import { planText, totals } from './render/plan.ts';
import type { Call } from './shell.ts';

/** Asks on a terminal only, and only while nothing was ever applied. Throws APPLY_UNCONFIRMED after a no. */
export async function askAtFirstStart({ globals, out, shell }: Call, door: Door): Promise<void> {
  if (globals.yes || globals.json || !out.isTTY) return;
  const { resources } = await door.status();
  if (resources.some(({ observedGeneration }) => observedGeneration > 0)) return;
  const plan = await door.plan({});
  if (plan.changes.length === 0) return;
  out.write(planText(plan, out, 'Plan'));
  const answer = await shell.terminal.ask('Do this now, and keep it so? [y/N] ');
  if (answer === undefined || isYes(answer)) return;
  throw new RealmError('APPLY_UNCONFIRMED', `nothing was changed: ${totals(plan.changes)}, and the answer was no`, {
    hint: 'realm plan shows it again; --yes does not ask',
  });
}
