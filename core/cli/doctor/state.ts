// Whether the state folder is where and how it should be, the database whole, and nothing half-written left behind.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isoTime } from '../../clock.ts';
import { requireLocal } from '../../daemon/filesystem.ts';
import { thisSystem } from '../../os/system.ts';
import { systemRandom } from '../../random.ts';
import { copies } from '../../store/copies.ts';
import { databasePath } from '../../store/folder.ts';
import { openStore } from '../../store/store.ts';
import { shortPath } from '../render/frame.ts';
import { aboutBytes, plural } from '../render/text.ts';
import { whenText } from '../render/time.ts';
import type { Finding, Patient } from './finding.ts';
import { ok, problem, warning } from './finding.ts';

/** Throws STORE_UNSAFE_FILESYSTEM. */
export async function folder({ place: { stateDir }, call: { shell } }: Patient): Promise<Finding[]> {
  await requireLocal(stateDir);
  const path = shortPath(stateDir, shell.cwd);
  const found = statSync(stateDir, { throwIfNoEntry: false });
  if (found === undefined) return [ok(`${path} is not there yet; \`realm apply\` or \`realm up\` makes it`)];
  if (!found.isDirectory()) return [problem(`${path} is no folder`, `mv ${path} ${path}.aside`)];
  const uid = process.getuid?.();
  if (uid !== undefined && found.uid !== uid)
    return [problem(`${path} belongs to user ${found.uid}, not to you (${uid})`, `sudo chown -R ${uid} ${path}`)];
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  if ((found.mode & 0o077) !== 0)
    return [warning(`others of this machine can enter ${path} (mode ${mode})`, `chmod 700 ${path}`)];
  return [ok(`${path} is on a local disk and yours alone (mode ${mode})`)];
}

/** Throws STORE_NEWER and STORE_UNREADABLE. */
export function store({ place: { stateDir }, call: { shell } }: Patient): Finding[] {
  const path = databasePath(stateDir);
  const opened = openStore({ dir: stateDir, clock: shell.clock, random: systemRandom, mode: 'read' });
  try {
    if (opened.damage !== undefined) return [problem(opened.damage.message, 'realm state recover')];
    if (!existsSync(path)) return [ok('there is no database yet')];
    const [newest, ...more] = copies(stateDir);
    const copied =
      newest === undefined
        ? 'not copied yet'
        : `${plural(more.length + 1, 'copy', 'copies')}, the newest ${whenText(isoTime(newest.madeAt), shell.clock.now())}`;
    return [ok(`the database is whole: ${aboutBytes(statSync(path).size)}, ${copied}`)];
  } finally {
    opened.close();
  }
}

/** What a write leaves when its process is killed in the middle; its name says whose it was. */
const LEFTOVER = /^\..+\.(\d+)-\d+\.tmp$/;
const MOST_NAMED = 5;

export function leftovers({ place, loaded, call: { shell } }: Patient): Finding[] {
  const found = [...new Set(folders(place.stateDir, place.root, loaded))].flatMap(leftoversIn);
  if (found.length === 0) return [ok('no write was left half-done')];
  const words = found.map((path) => quoted(shortPath(path, shell.cwd)));
  const shown = words.slice(0, MOST_NAMED).join(' ');
  const more = words.length > MOST_NAMED ? ` and ${words.length - MOST_NAMED} more` : '';
  const message = `${plural(found.length, 'temporary file')} of writes that were killed: ${shown}${more}`;
  return [warning(message, `rm -- ${words.join(' ')}`)];
}

/** Where Realm writes: the state, the config, and what kinds watch. */
function folders(stateDir: string, root: string, loaded: Patient['loaded']): string[] {
  const watched = [...(loaded?.declaration.resources.values() ?? [])].flatMap(({ kind, spec }) => [
    ...(loaded?.registry.kindsByName.get(kind)?.kind.watch?.(spec) ?? []),
  ]);
  return [root, ...watched.map((path) => dirname(path)), ...below(stateDir, 2)];
}

function below(folder: string, depth: number): string[] {
  if (depth < 0 || !existsSync(folder)) return [];
  const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [folder, ...inner.flatMap(({ name }) => below(join(folder, name), depth - 1))];
}

function leftoversIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => {
      const pid = LEFTOVER.exec(name)?.[1];
      return pid !== undefined && thisSystem().identityOf(Number(pid)) === undefined;
    })
    .map((name) => join(folder, name));
}

/** As a shell reads it as one word. */
const quoted = (word: string): string => (/^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);
