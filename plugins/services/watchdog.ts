// Notices a service that runs but no longer does anything, or that grows without end.
import { readFileSync, statSync } from 'node:fs';
import type { Context } from 'realm-runner/plugin';
import type { Life } from './facts.ts';
import type { Member } from './tree.ts';
import type { Verdicts } from './verdicts.ts';

const LONGEST_LOOK_MS = 5_000;
const SHORTEST_LOOK_MS = 100;
const MEMORY_LOOK_MS = 5_000;
/** A gap between two looks that is so much longer than wanted: the machine slept, and the service with it. */
const SLEPT_MS = 10_000;

export interface Watch {
  readonly life: Life;
  readonly log: string;
  readonly ctx: Context;
  readonly over: AbortSignal;
  readonly verdicts: Verdicts;
  /** All its processes. */
  members(): readonly Member[];
}

/** Growth of the log counts, not its time: rotation changes that too. */
export async function watchSilence(most: number, { life, log, ctx, over, verdicts }: Watch): Promise<void> {
  const look = Math.max(SHORTEST_LOOK_MS, Math.min(LONGEST_LOOK_MS, most / 10));
  const first = statSync(log, { throwIfNoEntry: false });
  let size = first?.size ?? 0;
  let lastWordAt = Math.max(life.startedAt, Math.min(first?.mtimeMs ?? 0, ctx.now()));
  let lookedAt = ctx.now();
  while (!over.aborted) {
    const now = ctx.now();
    const found = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
    const slept = now - lookedAt > look + SLEPT_MS || now < lookedAt;
    if (found !== size || slept) lastWordAt = now;
    size = found;
    lookedAt = now;
    const isSilent = now - lastWordAt >= most;
    const why = isSilent ? `no output for ${most / 1000} s` : 'it writes to its log';
    verdicts.say('live', 'silence', { is: isSilent ? 'no' : 'yes', why });
    await ctx.sleep(look, over).catch(() => {}); // its life is over: the loop ends
  }
}

export async function watchMemory(most: number, { ctx, over, verdicts, members }: Watch): Promise<void> {
  while (!over.aborted) {
    const found = members();
    const resident = sum(found.map(({ memoryBytes }) => memoryBytes));
    // What they share was counted for each: asked exactly only when it matters, since that takes long.
    const used = resident > most ? sum(found.map(proportionalBytes)) : resident;
    const isTooMuch = used > most;
    const why = isTooMuch
      ? `uses ${mebibytes(used)} of memory, and ${mebibytes(most)} is its most`
      : 'memory is in bounds';
    verdicts.say('live', 'memory', { is: isTooMuch ? 'no' : 'yes', why });
    await ctx.sleep(MEMORY_LOOK_MS, over).catch(() => {}); // its life is over: the loop ends
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

/** Shared pages in parts (Pss, proc_pid_smaps(5)); another user's process, which cannot be asked, counts in full. */
function proportionalBytes({ pid, memoryBytes }: Member): number {
  try {
    const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return kibibytes === undefined ? memoryBytes : Number(kibibytes) * 1024;
  } catch {
    return memoryBytes;
  }
}
