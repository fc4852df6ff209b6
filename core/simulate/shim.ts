// The shim of a simulated process: the same steps and the same files as shim.sh, each taking its time.
import { appendFileSync, closeSync, existsSync, futimesSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StartWish } from '../contract/processes.ts';
import { errnoOf } from '../errors.ts';
import { statLine } from '../os/folder.ts';
import type { ProcessTable, VirtualProcess } from './process-table.ts';
import { type Programs, runProgram } from './programs.ts';

export interface ShimParts {
  readonly table: ProcessTable;
  readonly programs: Programs;
  /** Whether a process can be had now. */
  readonly canFork: () => boolean;
  /** Called after each write to a file of the process. */
  readonly wrote: (file: string) => void;
  /** What files are dated with; ms since the epoch. */
  readonly now: () => number;
  /** Called when the command begins to run. */
  readonly began: (wish: StartWish) => void;
}

export function runShim(wish: StartWish, { table, programs, canFork, wrote, began, now }: ShimParts): VirtualProcess {
  const [command = ''] = wish.argv;
  const self: VirtualProcess = table.spawn({
    ppid: 1,
    token: wish.token,
    name: 'shim',
    words: ['sh', 'shim.sh', wish.dir, wish.token],
    heed: (signal) => {
      if (signal === 'SIGKILL') table.end(self); // it traps or ignores all others
    },
  });
  const who = `${self.identity.bootId} ${wish.token} ${statLine(self.identity)}`;
  const soon = (step: () => void): void => table.later(self, table.soon(), step);
  const write = (name: string, text: string): void => {
    writeInPlace(join(wish.dir, name), text, now());
    wrote(join(wish.dir, name));
  };
  const leave = (word: number | string): void =>
    soon(() => {
      write('exit', `${String(word).padEnd(15)}\n`);
      table.end(self);
    });
  const begin = (): void => {
    try {
      appendFileSync(wish.log, '');
    } catch {
      return leave('log'); // whatever the reason, it is said in the folder, as the real one does
    }
    if (!existsSync(wish.cwd)) return leave('cwd');
    if (!canFork()) return leave('fork'); // before anybody looks for the program
    const program = programs(wish);
    if (program === undefined) {
      appendFileSync(wish.log, `${command}: not found\n`);
      return leave(127);
    }
    began(wish);
    const where = { ppid: self.identity.pid, token: wish.token, log: wish.log, name: command };
    const { identity } = runProgram(table, program, where, leave);
    write('pid', `${who}\n${statLine(identity)}\n`);
  };
  soon(() => {
    if (!claim(wish)) return void table.end(self);
    soon(() => {
      write('pid', `${who}\n`);
      soon(begin);
    });
  });
  return self;
}

function claim({ dir, token }: StartWish): boolean {
  try {
    closeSync(openSync(join(dir, `started-${token}`), 'wx', 0o600));
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes(errnoOf(error) ?? '')) return false;
    throw error;
  }
}

function writeInPlace(path: string, text: string, now: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const handle = openSync(path, existsSync(path) ? 'r+' : 'w', 0o600);
  try {
    writeSync(handle, text, 0);
    futimesSync(handle, now / 1000, now / 1000);
  } finally {
    closeSync(handle);
  }
}
