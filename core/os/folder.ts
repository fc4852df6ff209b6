// The folder of one process: who runs it, whether its start was claimed, how it ended. Written so that a full disk does no harm.
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Exit, Identity, StartWish } from '../contract/processes.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { errnoOf } from '../errors.ts';
import { EXIT_BLANK, readExit } from './exit.ts';
import type { System } from './identity.ts';
import { parseStat } from './linux.ts';
import { carriersOf } from './signal.ts';

/** Without a line end of its own: a line counts once its end is there. */
const PID_BLANK = ' '.repeat(1_024);

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

const claimOf = (dir: string, token: string): string => join(dir, `started-${token}`);

/** Makes the folder ready for a start. Throws what the system says when it cannot be. */
export function prepareFolder(wish: StartWish, crash: CrashPoint = noCrash): void {
  if (existsSync(claimOf(wish.dir, wish.token))) throw new Error('its token was used or given up before');
  crash('process.prepare:before');
  mkdirSync(wish.dir, { recursive: true, mode: 0o700 });
  fill(join(wish.dir, 'exit'), EXIT_BLANK);
  crash('process.prepare:between');
  fill(join(wish.dir, 'pid'), PID_BLANK);
  mkdirSync(dirname(wish.log), { recursive: true, mode: 0o700 });
  closeSync(openSync(wish.log, 'a', 0o600));
  crash('process.prepare:after');
}

/** What the shim of a process said of itself, and how the process ended; undefined until then. It may be long gone. */
export interface Told {
  readonly shim: Identity | undefined;
  readonly command: Identity | undefined;
  /** The command is about to run, or did. */
  readonly isBegun: boolean;
  readonly exit: Exit | undefined;
}

type Owner = Omit<Told, 'exit'> & { readonly token: string };

/** What the folder tells of the process with this token; nothing when it last belonged to another. */
export function readTold(dir: string, token: string, system: System): Told {
  const told = readPid(dir, system);
  if (told?.token !== token) return { shim: undefined, command: undefined, isBegun: false, exit: undefined };
  return { ...told, exit: readExit(dir) };
}

/** As the shim writes it, as far as it is read. */
export const statLine = ({ pid, startTime }: Identity): string => `${pid} (sh) S 1 ${'0 '.repeat(17)}${startTime} 0`;

/**
 * Writes again what the shim had written, for a process that runs although somebody took its folder away; its shim is known
 * by its words. False when the folder is there, or nothing runs.
 */
export function restoreFolder(dir: string, token: string, system: System, crash: CrashPoint = noCrash): boolean {
  if (existsSync(join(dir, 'pid'))) return false;
  const isShim = ({ pid }: Identity): boolean => system.commandLine(pid).includes(` ${dir} ${token} `);
  const shim = carriersOf(system, token).find(isShim);
  if (shim === undefined) return false;
  const [command] = system.descendants(shim.pid);
  const who = `${shim.bootId} ${token} ${statLine(shim)}\n${command === undefined ? '' : `${statLine(command)}\n`}`;
  crash('process.restore:before');
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const [path, text] of [
    [claimOf(dir, token), ''],
    [join(dir, 'exit'), EXIT_BLANK],
    [join(dir, 'pid'), who.padEnd(PID_BLANK.length)],
  ] as const) {
    try {
      writeFileSync(path, text, { flag: 'wx', mode: 0o600 }); // the shim may be writing its last word
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }
  crash('process.restore:after');
  return true;
}

/** Who had the folder last, when it left no word of its end: it may still run. */
export function readOwner(dir: string, system: System): Owner | undefined {
  return readExit(dir) === undefined ? readPid(dir, system) : undefined;
}

/**
 * One line: boot, token, and the shim's /proc/PID/stat; `-`, token and a bare pid where there is no /proc. When the command
 * begins, below it its own /proc/PID/stat, or `-`.
 */
function readPid(dir: string, system: System): Owner | undefined {
  const [line, own, rest] = (textOf(join(dir, 'pid')) ?? '').split('\n', 3);
  const [, boot, token, who] = /^(\S+) (\S+) (.*)$/.exec(line ?? '') ?? [];
  if (own === undefined || boot === undefined || token === undefined || who === undefined) return undefined;
  const isBegun = rest !== undefined;
  if (boot === '-') return { token, shim: system.identityOf(Number(who)), command: undefined, isBegun };
  return { token, shim: identityIn(who, boot), command: isBegun ? identityIn(own, boot) : undefined, isBegun };
}

function identityIn(line: string, bootId: string): Identity | undefined {
  const stat = parseStat(line);
  return stat && { pid: stat.pid, startTime: stat.startTime, bootId };
}

export type Claim = 'given up' | 'started';

/**
 * Settles for ever whether a start that was asked for happens: afterwards a shim that comes late ends at once. A shim claims
 * with a file, this with a folder: one step each, so that no death in between leaves a claim that nobody made.
 */
export function giveUp(dir: string, token: string, crash: CrashPoint = noCrash): Claim {
  const path = claimOf(dir, token);
  crash('process.giveUp:before');
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    return statSync(path).isDirectory() ? 'given up' : 'started';
  }
  crash('process.giveUp:after');
  return 'given up';
}

/** Undefined while nobody has claimed the start, which may still be on its way. */
export function readClaim(dir: string, token: string): Claim | undefined {
  const claim = statSync(claimOf(dir, token), { throwIfNoEntry: false });
  return claim && (claim.isDirectory() ? 'given up' : 'started');
}

/**
 * Removes claims made before `madeBefore` (ms). The claim of an ended process still counts for a while: after the death of
 * the shell that starts processes its line was perhaps sent twice.
 */
export function forgetClaims(dir: string, madeBefore: number, crash: CrashPoint = noCrash): void {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name);
    if (!name.startsWith('started-') || statSync(path).mtimeMs >= madeBefore) continue;
    crash('process.forget:before');
    rmSync(path, { force: true, recursive: true });
    crash('process.forget:after');
  }
}
