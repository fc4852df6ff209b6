// Where damaged things are mended: the new one is made beside the snapshots and put in place by one rename.
import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
} from 'node:fs';
import { join } from 'node:path';
import { writeAtomic } from 'realm-runner/plugin';
import { type ByteText, fromBytes, fromText, shown, toPath } from '../byte-text.ts';
import type { Tools } from '../engine.ts';
import type { Entry } from '../entry.ts';
import { at } from './at.ts';
import { healingFolder, quarantineFolder, storedMode } from './layout.ts';
import { syncFolder } from './notes.ts';

export class Bench {
  readonly #target: string;
  readonly #uid: string;
  readonly #tools: Tools;
  #serial = 0;

  constructor(target: string, uid: string, tools: Tools) {
    this.#target = target;
    this.#uid = uid;
    this.#tools = tools;
    for (const folder of [healingFolder(target), quarantineFolder(target)]) mkdirSync(folder, { recursive: true });
  }

  /** A name nothing has, on the filesystem of the target. */
  free(): ByteText {
    const path = join(healingFolder(this.#target), `${this.#uid}-${(this.#serial += 1)}`);
    rmSync(path, { recursive: true, force: true }); // of an earlier try that was killed
    return fromText(path);
  }

  /** Puts what is at `made` in its place; what was there is kept aside, unless that was done under another name. */
  put(made: ByteText, place: ByteText, isKept = false): void {
    this.#tools.step('backup.heal:before');
    if (!isKept) this.setAside(place);
    if (at(made)?.isDirectory() === true) this.takeAway(place);
    renameSync(toPath(made), toPath(place));
    syncFolder(folderOf(place));
    this.#tools.step('backup.heal:after');
  }

  /** A file stays where it is as well, so that at no time there is nothing. */
  setAside(place: ByteText): void {
    const stat = at(place);
    if (stat === undefined) return;
    const aside = join(quarantineFolder(this.#target), `${this.#tools.now()}-${this.#uid}-${(this.#serial += 1)}`);
    writeAtomic(`${aside}.json`, `${JSON.stringify({ from: shown(place), at: this.#tools.now() })}\n`);
    if (stat.isFile() && isLinked(place, aside)) return;
    renameSync(toPath(place), aside);
  }

  /** After it was set aside. */
  takeAway(place: ByteText): void {
    rmSync(toPath(place), { force: true });
  }

  /** Another name for what is at `place`. False where the filesystem gives no second name. */
  link(place: ByteText, other: ByteText): boolean {
    const name = this.free();
    if (!isLinked(place, String(toPath(name)))) return false;
    this.put(name, other, true);
    return true;
  }
}

function isLinked(place: ByteText, to: string): boolean {
  try {
    linkSync(toPath(place), to);
    return true;
  } catch {
    return false; // no hard links there, or too many: the caller has another way
  }
}

const folderOf = (place: ByteText): string | Buffer => toPath(place.slice(0, place.lastIndexOf('/')) as ByteText);

/** Something stands in the way of one thing; others can be mended. */
export class Blocked extends Error {}

/** Whether every folder on the way is a real one: what is mended lies in the snapshot, and nowhere else. */
export function isInside(folder: string, place: ByteText): boolean {
  const root = fromText(folder);
  const real = (path: ByteText): ByteText => fromBytes(realpathSync(toPath(path), { encoding: 'buffer' }));
  const parent = fromBytes(Buffer.from(folderOf(place)));
  return real(parent) === `${real(root)}${parent.slice(root.length)}`;
}

export function mustBeInside(folder: string, place: ByteText): void {
  if (!isInside(folder, place)) throw new Blocked('a folder on its way is a link');
}

/** As the writer leaves a file, and on the disk. */
export function dressed(path: ByteText, entry: Entry): void {
  const place = toPath(path);
  if (process.geteuid?.() === 0) chownSync(place, entry.uid, entry.gid);
  chmodSync(place, storedMode(entry));
  const seconds = Number(BigInt(entry.mtimeNs) / 1_000n) / 1e6;
  utimesSync(place, seconds, seconds);
  const handle = openSync(place, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
