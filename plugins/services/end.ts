// How a life ended: when, whether that is a failure, in whose words, and why a command could not be run at all.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { Context, Exit, Resource } from 'realm-runner/plugin';
import { programPath } from './environment.ts';
import type { End, Life } from './facts.ts';
import { lastLines } from './last-lines.ts';
import { folderOf, logOf } from './places.ts';
import { restartOf, type ServiceSpec } from './spec.ts';

/** What a shell says of a command that it cannot execute, and of one that it cannot find. */
const CANNOT = 126;
const NOT_FOUND = 127;

export function endOf(
  { status, why }: Exit,
  { name, spec }: Pick<Resource<ServiceSpec>, 'name' | 'spec'>,
  { logFrom }: Life,
  ctx: Pick<Context, 'paths'>,
): End {
  const isFailure = status === null || !restartOf(spec).success.includes(status);
  // The shim writes its last word when the process ends; without one the file is as old as the start.
  const file = join(folderOf(name, ctx), 'exit');
  const at = status === null ? undefined : statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return {
    status,
    why: unstartable(status, spec) ?? why,
    at: at === undefined ? null : Math.floor(at),
    lines: isFailure ? lastLines(logOf(name, ctx), logFrom) : [],
  };
}

/** A clause that names what is missing; undefined when all is there, and the program itself ended so. */
function unstartable(status: number | null, { command, cwd, env }: ServiceSpec): string | undefined {
  if (status !== CANNOT && status !== NOT_FOUND) return undefined;
  const folder = faultOf(cwd);
  if (folder !== undefined) return `its working folder ${cwd} ${folder}`;
  if (typeof command === 'string') return undefined;
  const [program = ''] = command;
  if (!program.includes('/')) {
    const path = typeof env['PATH'] === 'string' ? env['PATH'] : programPath();
    return path.split(delimiter).some((one) => faultOf(join(one, program)) === undefined)
      ? undefined
      : `the program "${program}" is in no folder of its PATH`;
  }
  const fault = faultOf(resolve(cwd, program));
  return fault === undefined ? undefined : `the program ${resolve(cwd, program)} ${fault}`;
}

/** What keeps a folder from being entered, or a file from being executed. */
function faultOf(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (code === 'ENOENT') return 'does not exist';
    return code === 'EACCES' ? 'may not be entered or executed (EACCES)' : `cannot be used (${code})`;
  }
}
