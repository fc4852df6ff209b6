// The folder of one process: who runs it, whether its start was claimed, how it ended. Written so that a full disk does no harm.
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../errors.ts';
import { EXIT_BLANK } from './exit.ts';
import type { Identity, System } from './identity.ts';
import type { StartWish } from './launch-line.ts';
import { parseStat } from './linux.ts';

const PID_BLANK = `${' '.repeat(511)}\n`;
const GIVEN_UP = 'given up\n';

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** In place, so that the shim can later write without needing a free block, and a watcher keeps its file. */
function fill(path: string, text: string): void {
  const handle = openSync(path, textOf(path) === undefined ? 'w' : 'r+', 0o600);
  try {
    writeSync(handle, text, 0);
  } finally {
    closeSync(handle);
  }
}

/** Makes the folder ready for a start. Throws what the system says when it cannot be. */
export function prepareFolder(wish: StartWish): void {
  mkdirSync(wish.dir, { recursive: true, mode: 0o700 });
  fill(join(wish.dir, 'exit'), EXIT_BLANK);
  fill(join(wish.dir, 'pid'), PID_BLANK);
  mkdirSync(dirname(wish.log), { recursive: true, mode: 0o700 });
  closeSync(openSync(wish.log, 'a', 0o600));
}

/** The shim, as it named itself; undefined until then. It may be long gone. */
export function readShim(dir: string, system: System): Identity | undefined {
  const text = textOf(join(dir, 'pid')) ?? '';
  const line = text.slice(0, text.indexOf('\n'));
  const space = line.indexOf(' ');
  const boot = line.slice(0, space);
  if (!text.includes('\n') || boot === '') return undefined;
  if (boot === '-') return system.identityOf(Number(line.slice(space + 1)));
  const stat = parseStat(line.slice(space + 1));
  return stat === undefined ? undefined : { pid: stat.pid, startTime: stat.startTime, bootId: boot };
}

export type Claim = 'given up' | 'started';

/** Settles for ever whether a start that was asked for happens: afterwards a shim that comes late ends at once. */
export function giveUp(dir: string, token: string): Claim {
  const path = join(dir, `started-${token}`);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const handle = openSync(path, 'wx', 0o600);
    writeSync(handle, GIVEN_UP);
    closeSync(handle);
    return 'given up';
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return textOf(path) === GIVEN_UP ? 'given up' : 'started';
  }
}

/**
 * Removes claims made before `madeBefore` (ms). The claim of an ended process still counts for a while: after the death of
 * the shell that starts processes its line was perhaps sent twice.
 */
export function forgetClaims(dir: string, madeBefore: number): void {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (name.startsWith('started-') && statSync(path).mtimeMs < madeBefore) rmSync(path, { force: true });
  }
}
