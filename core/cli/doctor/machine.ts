// What Realm needs of the machine: Node, programs of the system, a clock that does not run back, room on the disk.
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { isoTime } from '../../clock.ts';
import { VERSION } from '../../kernel/version.ts';
import { sessionWords } from '../../os/launcher.ts';
import { thisSystem } from '../../os/system.ts';
import { systemRandom } from '../../random.ts';
import { openStore } from '../../store/store.ts';
import { aboutBytes } from '../render/text.ts';
import { spanText } from '../render/time.ts';
import type { Call } from '../shell.ts';
import type { Finding, Patient } from './finding.ts';
import { ok, problem, warning } from './finding.ts';

const MiB = 2 ** 20;
const LITTLE_BYTES = 1024 * MiB;
const NONE_BYTES = 100 * MiB;
const EARLIEST = Date.parse('2025-01-01T00:00:00Z'); // no clock that is set stands before this program was written
const ASTRAY_MS = 60_000;
const FEW_WATCHES = 8_192;

export const node = (): Finding[] => [ok(`Realm ${VERSION} on Node ${process.versions.node} (${process.execPath})`)];

/** Throws PROCESS_SYSTEM_UNSUPPORTED. */
export function programs({ shell }: Call): Finding[] {
  thisSystem();
  const path = (shell.env['PATH'] ?? '').split(delimiter);
  const has = (program: string): boolean => path.some((folder) => folder !== '' && isExecutable(join(folder, program)));
  // Whether it is there, not whether it works: the runtime lets no look start a process.
  const session =
    sessionWords(([file]) => isExecutable(file!))[0] !== '/bin/sh'
      ? ok('processes can be started in a session of their own (setsid)')
      : problem(
          'neither setsid nor perl is here, so what Realm starts could end with it',
          'apt-get install util-linux',
        );
  const punch = has('fallocate')
    ? ok('logs can be cut while they grow (fallocate)')
    : warning(
        'fallocate is not here, so logs of what Realm starts cannot be cut while they grow',
        'apt-get install util-linux',
      );
  return [session, punch, ...watches()];
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // absent, or not for us
  }
}

function watches(): Finding[] {
  const file = '/proc/sys/fs/inotify/max_user_watches';
  const most = existsSync(file) ? Number(readFileSync(file, 'utf8')) : Infinity;
  if (most >= FEW_WATCHES) return [];
  return [warning(`this user may watch only ${most} files at once`, 'sudo sysctl fs.inotify.max_user_watches=524288')];
}

export function clock({ place: { stateDir }, call: { shell } }: Patient): Finding[] {
  const now = shell.clock.now();
  if (now < EARLIEST) return [problem(`the clock stands at ${isoTime(now)}`, 'timedatectl')];
  const store = openStore({ dir: stateDir, clock: shell.clock, random: systemRandom, mode: 'read' });
  try {
    const newest = store.journal.last(1)[0]?.at ?? 0;
    if (newest - now <= ASTRAY_MS) return [ok(`the clock says ${isoTime(now)}`)];
    const behind = `the clock stands ${spanText(newest - now)} before the newest event (${isoTime(newest)})`;
    return [warning(behind, 'timedatectl')];
  } finally {
    store.close();
  }
}

export async function disk({ place: { stateDir, root } }: Patient): Promise<Finding[]> {
  const at = existsSync(stateDir) ? stateDir : existsSync(dirname(stateDir)) ? dirname(stateDir) : root;
  const { bavail, blocks, bsize, ffree, files } = await statfs(at);
  const free = bavail * bsize;
  const told = `${aboutBytes(free)} of ${aboutBytes(blocks * bsize)} are free on the disk of the state`;
  const hint = `df -h ${at}`;
  if (files > 0 && ffree === 0) return [problem('the disk of the state can hold no more files', `df -i ${at}`)];
  if (free < NONE_BYTES) return [problem(told, hint)];
  return free < LITTLE_BYTES ? [warning(told, hint)] : [ok(told)];
}
