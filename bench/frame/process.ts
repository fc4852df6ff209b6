// Starts programs for measuring: wall time from start to end, and the memory and time that the system counted.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const bin = join(import.meta.dirname, '../../bin/realm');

/** Milliseconds from start to end; throws what it printed when it ends with another code than these. */
export function timeOf(command: readonly string[], cwd: string, codes: readonly number[] = [0]): Promise<number> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = collect(child);
    child.once('error', reject);
    child.once('close', (code) => {
      const ms = performance.now() - startedAt;
      if (code !== null && codes.includes(code)) resolve(ms);
      else reject(new Error(`${command.join(' ')} ended with ${code}\n${output()}`));
    });
  });
}

/** `realm ARGS`, started as a shell starts it. */
export const realm = (...args: string[]): string[] => [bin, ...args];

export function collect(child: ChildProcess): () => string {
  let text = '';
  for (const pipe of [child.stdout, child.stderr])
    pipe?.setEncoding('utf8').on('data', (part: string) => (text += part));
  return () => text.slice(-4_000);
}

/** Resident memory: all of it now, or at most so far, or the part that is mapped from files and shared. Linux. */
export function residentMiB(pid: number, part: 'VmRSS' | 'RssFile' | 'VmHWM' = 'VmRSS'): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((one) => one.startsWith(`${part}:`));
  const kib = /\d+/.exec(line ?? '')?.[0];
  if (kib === undefined) throw new Error(`process ${pid} has no resident memory`);
  return Number(kib) / 1024;
}

/** User and system time so far. Linux counts in hundredths of a second. */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
