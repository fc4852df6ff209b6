// Sweeps what interrupted runs and healings left behind, when nobody will go on with it.
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { absent } from 'realm-runner/plugin';
import type { Tools } from '../engine.ts';
import { ENTRIES, healingFolder, isPartial, JOURNAL, STAGE, trashFolder } from './layout.ts';
import { isDead, type Maker, thisProcess } from '../maker.ts';
import { policyPlace } from './list.ts';
import { ifThere } from './purge.ts';
import { PURGING } from './trash.ts';

const DAY_MS = 24 * 3_600_000;

/**
 * Partial folders go when their maker is dead and nothing in them can be used again, or when nobody touched them for a
 * day and their maker is not known to live: clocks may jump. They are moved away by one rename: should their maker wake after all, there is nothing that it could commit.
 */
export function sweepAbandoned(target: string, policy: string, tools: Tools): void {
  const folder = policyPlace(target, policy);
  for (const name of namesIn(folder).filter(isPartial)) {
    const path = join(folder, name);
    const isIdle = tools.now() - touchedAt(path) > DAY_MS;
    const isUseful = [ENTRIES, JOURNAL].some((file) => existsSync(join(path, file)));
    const life = lifeOf(path);
    if (life === 'alive' || (!isIdle && (isUseful || life !== 'dead'))) continue;
    tools.say(`${policy}: what an interrupted run had left is swept`);
    mkdirSync(trashFolder(target), { recursive: true });
    tools.step('backup.sweep:before');
    ifThere(() => renameSync(path, join(trashFolder(target), `${PURGING}${tools.now()}${name}`)));
    tools.step('backup.sweep:after');
  }
  for (const name of namesIn(healingFolder(target))) {
    const path = join(healingFolder(target), name);
    if (tools.now() - touchedAt(path) > DAY_MS) rmSync(path, { recursive: true, force: true });
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

/** ms; of the folder and of the files that grow while it is made. */
function touchedAt(path: string): number {
  const files = [path, ...[STAGE, ENTRIES, JOURNAL].map((name) => join(path, name))];
  const times = files.map((file) => {
    try {
      return lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    } catch (error) {
      absent('ENOTDIR')(error);
      return 0; // it is a file itself
    }
  });
  return Math.max(...times);
}

/** Only of this very machine and boot can that be said here; of the living it also needs the same container. */
function lifeOf(path: string): 'alive' | 'dead' | 'unknown' {
  try {
    const maker = JSON.parse(readFileSync(join(path, STAGE), 'utf8')) as Maker;
    const { bootId, namespace } = thisProcess(maker.host);
    if (bootId === '' || maker.bootId !== bootId) return 'unknown';
    if (isDead(maker, maker.host)) return 'dead';
    return maker.namespace === namespace ? 'alive' : 'unknown';
  } catch {
    return 'unknown'; // nobody can tell whose it is: then its age decides
  }
}
