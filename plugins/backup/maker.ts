// Which process is at work at something, so that others can tell whether it still lives.
import { readFileSync, readlinkSync } from 'node:fs';

/** One process, as this machine knows it. */
export interface ProcessId {
  readonly pid: number;
  /** As the system counts it; a pid alone is given out again. Empty where there is no /proc. */
  readonly startTime: string;
  readonly bootId: string;
}

export interface Maker extends ProcessId {
  readonly host: string;
  /** Within which its pid means anything. */
  readonly namespace: string;
}

const read = (ask: () => string): string => {
  try {
    return ask();
  } catch {
    return ''; // no /proc, or no such process
  }
};

/** Field 22 of /proc/PID/stat; the name before it may hold blanks and parentheses. Empty for one that is over. */
function startTimeOf(pid: number): string {
  const line = read(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const isOver = ['Z', 'X', 'x', ''].includes(fields[0] ?? '');
  return isOver ? '' : (fields[19] ?? '');
}

export const ownId = (): ProcessId => ({
  pid: process.pid,
  startTime: startTimeOf(process.pid),
  bootId: read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()),
});

export const thisProcess = (host: string): Maker => ({
  host,
  ...ownId(),
  namespace: read(() => readlinkSync('/proc/self/ns/pid')),
});

/** Whether that very process lives here and now. Where there is no /proc: whether any has its number. */
export function isAlive({ pid, startTime, bootId }: ProcessId): boolean {
  const here = ownId();
  if (here.bootId === '') return answers(pid);
  return bootId === here.bootId && startTime !== '' && startTimeOf(pid) === startTime;
}

/** Only what is certain: of a process on another machine, or in another container, nobody here can say that. */
export function isDead(maker: Maker, host: string): boolean {
  if (maker.host !== host) return false;
  const here = thisProcess(host);
  if (here.bootId === '') return !answers(maker.pid);
  if (maker.bootId !== here.bootId) return maker.bootId !== ''; // of an earlier life of this machine
  return maker.namespace === here.namespace && !isAlive(maker);
}

function answers(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
