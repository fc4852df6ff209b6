// One contender for a lease, as a process: takes it, writes itself into the witness file, holds, gives back, again.
import { appendFileSync, closeSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { systemClock, sleep } from '../../../core/clock.ts';
import { acquire } from '../../../core/daemon/lease.ts';
import { systemRandom } from '../../../core/random.ts';

const [stateDir, witness, rounds, holdMs, crashAt] = process.argv.slice(2) as [string, string, string, string, string?];
const never = new AbortController().signal;
const crash = (name: string): void => {
  if (name === crashAt) process.kill(process.pid, 'SIGKILL');
};

for (let round = 0; round < Number(rounds); round++) {
  const lease = await acquire({
    stateDir,
    purpose: 'test',
    signal: never,
    clock: systemClock,
    random: systemRandom,
    crash,
  });
  const inside = `${witness}.inside`;
  // the witness: exclusive creation by the kernel of the operating system, apart from anything the lease does
  let handle: number;
  try {
    handle = openSync(inside, 'wx');
  } catch {
    handle = takeOver(inside);
  }
  writeSync(handle, String(process.pid));
  closeSync(handle);
  appendFileSync(witness, `got ${process.pid}\n`);
  if (Number(holdMs) > 0) await sleep(systemClock, Number(holdMs));
  rmSync(inside);
  await lease.release();
}

/** The one inside must be dead, or there are two holders. */
function takeOver(inside: string): number {
  const pid = Number(readText(inside));
  if (pid > 0 && isRunning(pid)) appendFileSync(witness, `TWO ${process.pid} and ${pid}\n`);
  return openSync(inside, 'w');
}
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !/\) [ZX] /.test(stat);
  } catch {
    return false;
  }
}
