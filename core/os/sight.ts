// What is seen of a process that may run: by its folder and the machine's processes. Changes nothing.
import type { ProcessHandle, Sight } from '../contract/processes.ts';
import { UNKNOWN_EXIT } from './exit.ts';
import { readClaim, readTold } from './folder.ts';
import type { System } from './identity.ts';
import { carriersOf, membersOf } from './signal.ts';

type Life = Pick<ProcessHandle, 'token' | 'shim' | 'command'>;

/** See `Processes.look`. `known`: it runs, as far as anybody has heard. */
export function sightOf(system: System, dir: string, token: string, known?: Life): Sight {
  const told = readTold(dir, token, system);
  const { shim = told.shim, command = told.command } = known ?? told;
  if (told.exit !== undefined) return { state: 'ended', exit: told.exit };
  if (known !== undefined || (shim !== undefined && !isGone(system, { token, shim, command })))
    return { state: 'running', shim, command };
  if (shim === undefined) return sightOfShim(system, dir, token);
  const exit = readTold(dir, token, system).exit; // its last word, perhaps written in between
  return { state: 'ended', exit: exit ?? UNKNOWN_EXIT };
}

/** A shim that claimed the start and died before it said who it is left no other word. */
function sightOfShim(system: System, dir: string, token: string): Sight {
  const claim = readClaim(dir, token);
  if (claim !== 'started' || carriersOf(system, token).length > 0)
    return { state: 'absent', mayStart: claim !== 'given up' };
  return { state: 'ended', exit: readTold(dir, token, system).exit ?? UNKNOWN_EXIT };
}

/** Of one that was begun. */
export function isGone(system: System, { token, shim, command }: Life): boolean {
  if (shim !== undefined && system.isAlive(shim)) return false;
  if (shim !== undefined && shim.bootId !== system.bootId()) return true;
  if (command !== undefined) return !system.isAlive(command);
  return membersOf(system, { roots: [], token }).length === 0;
}
