// A throw-away copy of the working tree, in which code may be broken.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export interface Copy {
  readonly dir: string;
  /** Puts the patch on; answers what is wrong, or undefined. */
  apply(patch: string): string | undefined;
  takeBack(patch: string): string | undefined;
  dispose(): void;
}

/** What git knows or would take in: work in progress counts, ignored files do not. */
export function treeFiles(root: string): readonly string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  return list.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
}

/** Copies the files; node_modules is the original by a link. */
export function copyTree(root: string): Copy {
  const dir = mkdtempSync(join(tmpdir(), 'realm-mutant-'));
  for (const file of treeFiles(root)) {
    if (lstatSync(join(root, file)).isDirectory()) continue; // a repository within the repository
    mkdirSync(dirname(join(dir, file)), { recursive: true });
    cpSync(join(root, file), join(dir, file), { verbatimSymlinks: true });
  }
  symlinkSync(resolve(root, 'node_modules'), join(dir, 'node_modules'));
  const git = (patch: string, ...flags: string[]): string | undefined => {
    const { status, stderr } = spawnSync('git', ['apply', ...flags, resolve(root, patch)], {
      cwd: dir,
      encoding: 'utf8',
      env: { ...process.env, GIT_CEILING_DIRECTORIES: dirname(dir) }, // never a repository around the copy
    });
    return status === 0 ? undefined : stderr.trim();
  };
  return {
    dir,
    apply: (patch) => git(patch),
    takeBack: (patch) => git(patch, '--reverse'),
    dispose: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }),
  };
}
