// Lets a daemon go first when everything that it watches wants the processor: it is what helps them all.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOf } from '../os/linux.ts';

/** Its share against one other session is then 28 to 1; asleep as it is nearly always, it takes nothing from anybody. */
const NICE = -15;

/**
 * sched(7), "The autogroup feature": Linux deals the processor out between sessions, and each service has its own. Two
 * hundred that end at once are two hundred sessions, and a daemon would get one share in two hundred. Not `setpriority`:
 * whatever the daemon starts would inherit it, while services and runs have a session of their own, and so a usual share.
 *
 * In a session that somebody else leads, such as a terminal, nothing is changed; nor where that is missing (other systems),
 * does nothing (below a control group of its own), or is not allowed (not root).
 */
export function goFirst(self = '/proc/self'): void {
  try {
    const line = readFileSync(join(self, 'stat'), 'latin1');
    const leader = Number(fieldsOf(line)[3]);
    if (leader === Number.parseInt(line, 10)) writeFileSync(join(self, 'autogroup'), String(NICE), { flag: 'r+' });
  } catch {
    // then it has the share of everybody
  }
}
