// Folders for what is on its way into a repository or out of it: each says whose it is, and those of dead processes go.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { absent } from 'realm-runner/plugin';
import { isAlive, type Maker, thisProcess } from '../maker.ts';

/** One of which nobody here can say whether its maker lives: made before a reboot, or in another container. */
const FORGOTTEN_MS = 24 * 3_600_000;

/** Within which a number of a process means anything. */
const worldOf = ({ host, bootId, namespace }: Maker): string =>
  createHash('sha256').update([host, bootId, namespace].join('\n')).digest('hex').slice(0, 12);
const NAME = /^[a-z]+-(\d+)-(\d*)-([0-9a-f]{12})-/;

/** Empty, and of this process alone; whoever asked for it deletes it. */
export function scratchFor(scratch: string, what: string): string {
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  const maker = thisProcess(hostname());
  return mkdtempSync(join(scratch, `${what}-${maker.pid}-${maker.startTime}-${worldOf(maker)}-`));
}

/** Never what a living process works in: others may be at work on the same repository. */
export function sweepScratch(scratch: string, now: number): void {
  const here = thisProcess(hostname());
  for (const name of namesIn(scratch)) {
    const folder = join(scratch, name);
    const [, pid, startTime, world] = NAME.exec(name) ?? [];
    const isOver =
      world === worldOf(here)
        ? !isAlive({ pid: Number(pid), startTime: startTime!, bootId: here.bootId })
        : now - (lstatSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? now) > FORGOTTEN_MS;
    if (isOver) rmSync(folder, { recursive: true, force: true });
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    absent('ENOENT')(error);
    return [];
  }
}
