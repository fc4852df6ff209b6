// Tries out what the filesystem of a target can do, with real files.
import {
  constants,
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

export interface Capabilities {
  readonly reflink: boolean;
  readonly hardlink: boolean;
  readonly symlink: boolean;
  /** `a` and `A` are two files. */
  readonly caseSensitive: boolean;
  /** Of times, in nanoseconds, as far as that can be asked for. */
  readonly timeNs: number;
}

const works = (attempt: () => boolean): boolean => {
  try {
    return attempt();
  } catch {
    return false; // what fails cannot be done here, whatever the reason
  }
};

/** `folder` is made, and gone afterwards. */
export function probe(folder: string): Capabilities {
  mkdirSync(folder, { recursive: true });
  const at = (name: string): string => join(folder, name);
  try {
    writeFileSync(at('a'), 'probe'.repeat(4096)); // real data: an empty clone proves nothing
    return {
      reflink: works(() => {
        copyFileSync(at('a'), at('clone'), constants.COPYFILE_FICLONE_FORCE);
        return readFileSync(at('clone')).equals(readFileSync(at('a')));
      }),
      hardlink: works(() => {
        linkSync(at('a'), at('link'));
        return lstatSync(at('link')).nlink > 1;
      }),
      symlink: works(() => {
        symlinkSync('a', at('symlink'));
        return lstatSync(at('symlink')).isSymbolicLink();
      }),
      caseSensitive: works(() => lstatSync(at('A'), { throwIfNoEntry: false }) === undefined),
      timeNs: timeNs(at('a')),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function timeNs(file: string): number {
  utimesSync(file, 1, 1_000_000_001.123_457);
  const { mtimeNs } = lstatSync(file, { bigint: true });
  if (mtimeNs % 1000n !== 0n || mtimeNs % 1_000_000n !== 0n) return 1000;
  return mtimeNs % 1_000_000_000n === 0n ? (mtimeNs % 2_000_000_000n === 0n ? 2e9 : 1e9) : 1e6;
}
