// Folders in an agent's home that Realm shares with it: real ones only, never what a link points to.
import { type BigIntStats, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The agent's own folder has something there that is no folder. */
export class NotAFolder extends Error {}

/** Makes it when the home is there. false: there is no home. Throws NotAFolder, and what the system throws. */
export function makeSharedFolder(home: string, ...below: readonly string[]): boolean {
  if (statSync(home, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  let path = home;
  for (const name of below) {
    path = join(path, name);
    if (folderAt(path) === undefined) mkdirSync(path);
  }
  return true;
}

/** undefined: there is nothing. Throws NotAFolder for a link, a file, a pipe. */
export function folderAt(path: string): BigIntStats | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  if (found === undefined || found.isDirectory()) return found;
  throw new NotAFolder(`${path} is ${found.isSymbolicLink() ? 'a link' : 'no folder'}`);
}

let boot: string | undefined;

/** Another text for another folder in its place, and after a start of the machine, which may have lost what was not synced. */
export function identityOf(path: string): string | undefined {
  const found = folderAt(path);
  boot ??= bootId();
  // The number alone is given to the next folder once this one is gone.
  return found && `${boot}:${found.dev}:${found.ino}:${found.birthtimeNs}`;
}

/** Where the system has none, each daemon counts as a start of its own. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return `pid-${process.pid}`;
  }
}
