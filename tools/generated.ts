// Writes the generated files of the repository again; with --check it does so in a copy, and names those that are out of date.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyTree } from './copy.ts';

interface Generator {
  readonly command: readonly string[];
  /** Globs of the files that it writes. */
  readonly outputs: readonly string[];
}

export const generators: readonly Generator[] = [
  { command: ['node', 'tools/compile-validators.ts'], outputs: ['core/schema/compiled/**'] },
  { command: ['node', 'tools/write-schema.ts'], outputs: ['schemas/*.json'] },
];

function generate({ command }: Generator, cwd: string): boolean {
  const [program = '', ...args] = command;
  return spawnSync(program, args, { cwd, stdio: 'inherit' }).status === 0;
}

function contents(dir: string, globs: readonly string[]): ReadonlyMap<string, string> {
  const files = globSync([...globs], { cwd: dir, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(dir.length + 1), readFileSync(path, 'utf8')];
    }),
  );
}

/** One sentence for each committed file that the generator would write otherwise. */
function stale(generator: Generator, committedDir: string, freshDir: string): readonly string[] {
  const committed = contents(committedDir, generator.outputs);
  const fresh = contents(freshDir, generator.outputs);
  return [...new Set([...committed.keys(), ...fresh.keys()])]
    .filter((path) => committed.get(path) !== fresh.get(path))
    .map((path) => `${path} is not what '${generator.command.join(' ')}' writes`);
}

function check(root: string): readonly string[] {
  const copy = copyTree(root);
  try {
    return generators.flatMap((generator) =>
      generate(generator, copy.dir) ? stale(generator, root, copy.dir) : [`'${generator.command.join(' ')}' failed`],
    );
  } finally {
    copy.dispose();
  }
}

if (process.argv.includes('--check')) {
  const complaints = check(process.cwd());
  for (const complaint of complaints) console.log(complaint);
  if (complaints.length > 0) console.log('node tools/generated.ts writes them again');
  process.exitCode = complaints.length > 0 ? 1 : 0;
} else {
  process.exitCode = generators.every((generator) => generate(generator, process.cwd())) ? 0 : 1;
}
