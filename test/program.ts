// Programs that tests drive for real: found on the PATH, or installed once where that is allowed; else such tests are skipped.
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The package system does one thing at a time too. */
const LOCK = join(tmpdir(), 'realm-test-install.lock');
const LONGEST_MS = 180_000;

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const aptGet = (...args: readonly string[]): Buffer =>
  execFileSync('apt-get', ['-q', ...args], { stdio: 'ignore', timeout: LONGEST_MS });

/** Test files run side by side: one installs, the others wait for it. */
function install(name: string, isThere: () => boolean): void {
  let lock: number;
  for (let waited = 0; ; waited += 500) {
    try {
      lock = openSync(LOCK, 'wx');
      break;
    } catch {
      if (isThere() || !isHeld() || waited >= LONGEST_MS) return;
      pause(500);
    }
  }
  try {
    if (isThere()) return;
    try {
      aptGet('install', '-y', name);
    } catch {
      aptGet('update'); // what it knows of may be old, or nothing
      aptGet('install', '-y', name);
    }
  } catch {
    // then it is not there, which is told below
  } finally {
    closeSync(lock);
    rmSync(LOCK, { force: true });
  }
}

function isHeld(): boolean {
  const stat = statSync(LOCK, { throwIfNoEntry: false });
  return stat !== undefined && Date.now() - stat.mtimeMs < LONGEST_MS;
}

/** Whether tests that need it can run. `args`: with which it ends at once, and well; `untested`: what is not, without it. */
export function hasProgram(name: string, args: readonly string[], untested: string): boolean {
  const isThere = (): boolean => spawnSync(name, args, { stdio: 'ignore' }).status === 0;
  if (isThere()) return true;
  if (process.getuid?.() === 0) install(name, isThere);
  if (isThere()) return true;
  process.stderr.write(
    `\n*** SKIPPED: ${name} is not installed (apt-get install ${name}), so ${untested} is not tested ***\n\n`,
  );
  return false;
}
