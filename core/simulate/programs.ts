// What a simulated program does, said in a few words instead of run.
import { appendFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { StartWish } from '../contract/processes.ts';
import type { ProcessTable, VirtualProcess } from './process-table.ts';

export interface Program {
  /** How long it runs. Default: until a signal ends it. 0 is a crash at the start, with `exit`. */
  readonly lastsMs?: number;
  /** How it ends by itself. Default 0. */
  readonly exit?: number;
  /** A line for its log, written as it starts. */
  readonly says?: string;
  /** Signals it shrugs off; KILL ends everything. */
  readonly ignores?: readonly NodeJS.Signals[];
  /** Between a signal that it heeds and its end. Default 0. */
  readonly stopsInMs?: number;
  /** Between KILL and its end, as of what waits for a disk that does not answer. Default 0. */
  readonly diesInMs?: number;
  /** How it ends then. Default 128 + the signal's number, as one that handles no signal. */
  readonly stopExit?: number;
  /** A port that it takes, `afterMs` from its start (default 0); when somebody has it, it ends with exit 98. */
  readonly listens?: { readonly port: number; readonly afterMs?: number };
  /** What it starts below itself, and does not wait for. */
  readonly children?: readonly Program[];
  /** What it leaves behind: forked twice, in a session of its own, nobody's child. */
  readonly leaves?: readonly Program[];
}

/** The program behind a command, anew at each start; undefined when there is none, and the shell says 127. */
export type Programs = (wish: StartWish) => Program | undefined;

const ADDRESS_IN_USE = 98;
const HARMLESS: readonly NodeJS.Signals[] = ['SIGCHLD', 'SIGCONT', 'SIGURG', 'SIGWINCH'];
/** Not simulated: a stopped process is alive, as a running one is. */
const STOPPING: readonly NodeJS.Signals[] = ['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'];

/** Runs it as a process of the table. `ended` hears its status, as the shell counts. */
export function runProgram(
  table: ProcessTable,
  program: Program,
  { ppid, token, log, name }: { ppid: number; token: string; log: string; name: string },
  ended: (status: number) => void = () => {},
): VirtualProcess {
  let isStopping = false;
  const end = (status: number): void => {
    if (table.end(self)) ended(status);
  };
  const heed = (signal: NodeJS.Signals): void => {
    const status = 128 + constants.signals[signal];
    if (signal === 'SIGKILL')
      return program.diesInMs === undefined ? end(status) : table.later(self, program.diesInMs, () => end(status));
    if (isStopping || [...HARMLESS, ...STOPPING, ...(program.ignores ?? [])].includes(signal)) return;
    isStopping = true;
    if (program.stopsInMs === undefined) end(program.stopExit ?? status);
    else table.later(self, program.stopsInMs, () => end(program.stopExit ?? status));
  };
  const self = table.spawn({ ppid, token, name, heed });
  if (program.says !== undefined) appendFileSync(log, `${program.says}\n`);
  for (const child of program.children ?? []) {
    runProgram(table, child, { ppid: self.identity.pid, token, log, name: `${name}'s child` });
  }
  for (const left of program.leaves ?? []) runProgram(table, left, { ppid: 1, token, log, name: `left by ${name}` });
  const { listens, lastsMs } = program;
  const take = (port: number): void => {
    if (!table.listen(self, port)) end(ADDRESS_IN_USE);
  };
  if (listens !== undefined) table.later(self, listens.afterMs ?? 0, () => take(listens.port));
  if (lastsMs !== undefined) table.later(self, lastsMs, () => end(program.exit ?? 0));
  return self;
}
