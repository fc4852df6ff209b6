// The files by which the daemon and a run in its own process speak: request.json, progress.json, result.json.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Progress } from '../contract/context.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { messageOf, RealmError } from '../errors.ts';
import { readText, wholeJson, writeAtomic } from '../files.ts';

export interface RunFile {
  readonly id: string;
  readonly key: string;
  readonly action: string;
  readonly input: unknown;
  /** Who asked for it. */
  readonly actor?: string | undefined;
}

export type ResultFile =
  | { readonly ok: true; readonly output: unknown }
  | {
      readonly ok: false;
      readonly error: { readonly code?: string; readonly message: string };
      /** What it did all the same. */
      readonly output?: unknown;
    };

const PRIVATE = 0o600; // inputs and outputs may say more than everybody should know

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Undefined when it is absent or damaged by somebody: whole files only, since they are written by rename. */
function read(path: string): unknown {
  const text = readText(path);
  return text === undefined ? undefined : wholeJson(text);
}

/** Clears what an earlier attempt left, then writes the request. */
export function writeRequest(dir: string, request: RunFile, crash: CrashPoint): void {
  for (const name of ['result.json', 'progress.json']) rmSync(join(dir, name), { force: true });
  writeAtomic(join(dir, 'request.json'), JSON.stringify(request), { mode: PRIVATE, crash });
}

/** Throws RUN_FOLDER_UNREADABLE. */
export function readRequest(dir: string): RunFile {
  let value: unknown;
  let cause: unknown;
  try {
    value = read(join(dir, 'request.json'));
  } catch (error) {
    cause = error;
  }
  if (isObject(value) && ['id', 'key', 'action'].every((name) => typeof value[name] === 'string')) {
    return value as unknown as RunFile;
  }
  const why = cause === undefined ? 'request.json is absent or damaged' : messageOf(cause);
  throw new RealmError('RUN_FOLDER_UNREADABLE', `${dir} is no folder of a run: ${why}`, {
    hint: 'start the action with its own command; `realm --help` lists them',
    cause,
  });
}

export function writeProgress(dir: string, progress: Progress, crash: CrashPoint = noCrash): void {
  writeAtomic(join(dir, 'progress.json'), JSON.stringify(progress), { mode: PRIVATE, crash });
}

export function readProgress(dir: string): Progress | undefined {
  const value = read(join(dir, 'progress.json'));
  return isObject(value) && typeof value['phase'] === 'string' ? (value as unknown as Progress) : undefined;
}

export function writeResult(dir: string, result: ResultFile, crash: CrashPoint = noCrash): void {
  writeAtomic(join(dir, 'result.json'), JSON.stringify(result), { mode: PRIVATE, crash });
}

/** Undefined: none, or a damaged one, which says no more than none. */
export function readResult(dir: string): ResultFile | undefined {
  const value = read(join(dir, 'result.json'));
  if (!isObject(value)) return undefined;
  if (value['ok'] === true) return { ok: true, output: value['output'] ?? null };
  const error = value['error'];
  if (value['ok'] !== false || !isObject(error) || typeof error['message'] !== 'string') return undefined;
  return value as unknown as ResultFile;
}
