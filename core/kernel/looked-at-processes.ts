// What is lent of the machine's processes where nothing may be changed. Knows nobody who starts any: looking begins quickly.
import type { Processes } from '../contract/processes.ts';
import { sightOf } from '../os/sight.ts';
import { thisSystem } from '../os/system.ts';
import type { World } from './world.ts';

/** They can be looked at; all else is refused in the words of `refuse`. */
export function lookedAtProcesses(world: World, refuse: (what: string) => never): Processes {
  const open = world.processes?.();
  return {
    look: (dir, token) => open?.look(dir, token) ?? sightOf(thisSystem(), dir, token),
    list: () => [],
    start: async () => refuse('start a process'),
    adopt: () => refuse('adopt a process'),
    members: () => refuse('search a process'),
    signal: () => refuse('signal a process'),
    sweep: () => refuse('signal a process'),
    exits: () => refuse('wait for processes'),
  };
}
