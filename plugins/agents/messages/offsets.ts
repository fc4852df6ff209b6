// How far each agent has read, in one small file per agent: what a backup saves, and a restore puts back to have the rest read again.
import { renameSync, statSync } from 'node:fs';
import { mkdir, open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from './log.ts';

export interface Offset {
  readonly version: 1;
  readonly agent: string;
  /** It has acknowledged every message for it up to this sequence number. */
  readonly position: number;
  /** Grows by one with each writing. */
  readonly serial: number;
  /** UTC ISO 8601. */
  readonly at: string;
}

const MOST_BYTES = 4_096;

const fileOf = (folder: string, agent: string): string => join(folder, `${agent}.json`);

/** undefined: there is none, or none that can be understood. */
export async function readOffset(folder: string, agent: string): Promise<Offset | undefined> {
  const file = fileOf(folder, agent);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isFile() !== true || found.size > MOST_BYTES) return undefined;
  try {
    const said = JSON.parse(await readFile(file, 'utf8')) as Partial<Offset> | null;
    const isWhole = Number.isSafeInteger(said?.position) && Number.isSafeInteger(said?.serial);
    return isWhole && said!.position! >= 0 ? (said as Offset) : undefined;
  } catch {
    return undefined; // half written, or something else: the log knows it as well
  }
}

/** Of everybody who has one. */
export async function readOffsets(folder: string): Promise<readonly Offset[]> {
  const names = await readdir(folder).catch(() => []); // none yet
  const agents = names.flatMap((name) => (/^[^.].*\.json$/.test(name) ? name.slice(0, -'.json'.length) : []));
  const found = await Promise.all(agents.map((agent) => readOffset(folder, agent)));
  return found.flatMap((offset, index) => (offset === undefined ? [] : { ...offset, agent: agents[index]! }));
}

/** true: it is on the disk. false: `mayReplace`, which is asked just before, said no. */
export async function writeOffset(
  folder: string,
  offset: Offset,
  mayReplace: () => boolean,
  crash: (name: string) => void,
): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `.${offset.agent}.tmp`);
  {
    await using handle = await open(draft, 'w', 0o644);
    await handle.writeFile(`${JSON.stringify(offset)}\n`);
    await handle.sync();
  }
  crash('messages.offset:before');
  if (!mayReplace()) return false;
  renameSync(draft, fileOf(folder, offset.agent)); // at once, before anything else can happen
  await syncFolder(folder);
  crash('messages.offset:after');
  return true;
}
