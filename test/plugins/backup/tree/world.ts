// A folder of sources and a target in a place of their own, and an engine between them; everything real but the steps.
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Tools, WriteJob, Written } from '../../../../plugins/backup/engine.ts';
import type { Policy, Root } from '../../../../plugins/backup/policy.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import { readEntries } from '../../../../plugins/backup/tree/entries-file.ts';
import { treeEngine } from '../../../../plugins/backup/tree/engine.ts';
import type { WriteOptions } from '../../../../plugins/backup/tree/write.ts';
import { MEMORY } from '../../../memory.ts';

export interface World {
  /** Holds `src` and, once something was written, `target`. */
  readonly folder: string;
  readonly src: string;
  readonly target: string;
  /** Makes a file below `src`, and the folders above it. */
  file(path: string, text?: string | Buffer): string;
  policy(changes?: Partial<Policy>): Policy;
  write(changes?: Partial<Policy>, options?: Partial<WriteOptions>, tools?: Partial<Tools>): Promise<Written>;
  [Symbol.dispose](): void;
}

export const toolsFor = (changes: Partial<Tools> = {}): Tools => ({
  now: () => Date.now(),
  random: () => Math.random(),
  signal: new AbortController().signal,
  progress: () => {},
  say: () => {},
  step: () => {},
  ...changes,
});

export const root = (folder: string, as: string, globs: Partial<Root> = {}): Root => ({
  from: folder,
  as,
  include: undefined,
  exclude: [],
  ...globs,
});

export const jobFor = (policy: Policy, changes: Partial<WriteJob> = {}): WriteJob => ({
  policy,
  trigger: 'manual',
  slot: null,
  tags: [],
  dumps: undefined,
  ...changes,
});

export function world(place = MEMORY): World {
  const folder = realpathSync(mkdtempSync(join(place, 'realm-tree-')));
  const [src, target] = [join(folder, 'src'), join(folder, 'target')];
  mkdirSync(src);
  const policy = (changes: Partial<Policy> = {}): Policy => ({
    name: 'daily',
    zone: 'UTC',
    roots: [root(src, 'src')],
    watched: [],
    never: [],
    label: 'second',
    keep: { floor: 0 },
    before: [],
    after: [],
    tolerate: 0,
    shrinkAlarm: 30,
    verifyAfterRun: 'new',
    realm: 'r',
    host: hostname(),
    ...changes,
  });
  return {
    folder,
    src,
    target,
    file: (path, text = path) => {
      mkdirSync(dirname(join(src, path)), { recursive: true });
      writeFileSync(join(src, path), text);
      return join(src, path);
    },
    policy,
    write: (changes, options, tools) =>
      treeEngine({ path: target, root: folder, reserveBytes: 0, racyMs: 0, ...options }).write(
        jobFor(policy(changes)),
        toolsFor(tools),
      ),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The witness: coreutils, from inside the snapshot. Throws what it prints. */
export function checkSums(snapshot: string): void {
  execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'tagmanifest-sha256.txt'], { cwd: snapshot, stdio: 'pipe' });
  const files = execFileSync('find', ['data', '-type', 'f'], { cwd: snapshot }).length;
  if (files > 0)
    execFileSync('sha256sum', ['--quiet', '--strict', '-c', 'manifest-sha256.txt'], { cwd: snapshot, stdio: 'pipe' });
}

/** What is in a folder as `find` sees it: type, path, mode, owner, time to the microsecond, size, link target. */
export function pictureOf(folder: string): string {
  const print = '%y %P %m %U:%G %T@ %s %l\\0';
  const lines = execFileSync('find', ['.', '-printf', print], { cwd: folder, encoding: 'latin1' })
    .split('\0')
    .map((line) => (line.startsWith('d ') ? line.replace(/ \d+ $/, ' 0 ') : line))
    .map((line) => line.replace(/(\.\d{6})\d*/, '$1'));
  return lines.sort().join('\n');
}

/** Throws where two folders differ in names or contents. */
export const mustBeAlike = (one: string, other: string): void =>
  void execFileSync('diff', ['-r', '--no-dereference', one, other], { stdio: 'pipe' });

export const entriesOf = ({ path }: Snapshot): readonly Entry[] => [...readEntries(join(path, 'entries.jsonl'))];
/** Of a path below `data/`. */
export const inodeOf = (snapshot: Snapshot, path: string): number => lstatSync(join(snapshot.path, 'data', path)).ino;
