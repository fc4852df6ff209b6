// How a process ended, as its folder tells, and in words.
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Exit } from '../contract/processes.ts';
import { errnoOf } from '../errors.ts';

export const EXIT_BLANK = `${' '.repeat(15)}\n`;
export const UNKNOWN_EXIT: Exit = {
  status: null,
  why: 'it is gone and left no exit status (killed together with its shim, or the machine went down)',
};

/** Of several names for one number the first counts. */
const SIGNALS: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals)
    .toReversed()
    .map(([name, number]) => [number, name]),
);

export function exitOf(status: number): Exit {
  const signal = status > 128 ? SIGNALS.get(status - 128) : undefined;
  if (signal !== undefined) return { status, why: `signal ${status - 128} (${signal}), or exit ${status} of its own` };
  if (status === 127) return { status, why: 'exit 127 (the command was not found, or says so itself; see the log)' };
  if (status === 126)
    return { status, why: 'exit 126 (the command cannot be executed, or says so itself; see the log)' };
  return { status, why: `exit ${status}` };
}

/** Reads `exit` in the folder of a process. Undefined while it is blank (still running, or dead without a word) or absent. */
export function readExit(dir: string): Exit | undefined {
  let text: string;
  try {
    text = readFileSync(join(dir, 'exit'), 'utf8').trim();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (text === '') return undefined;
  if (text === 'cwd') return { status: 126, why: 'its working folder cannot be entered; see the log' };
  if (text === 'log') return { status: 126, why: 'its log cannot be written' };
  if (text === 'fork') return { status: 126, why: 'no process could be made for it (ulimit -u, or out of memory)' };
  return /^\d{1,3}$/.test(text) ? exitOf(Number(text)) : UNKNOWN_EXIT;
}
