// Kills a one-shot apply at a crash point and checks what is left: old or new everywhere, and the next start finishes it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MEMORY } from '../../memory.ts';

const CHILD = join(import.meta.dirname, 'crash-child.ts');
const BEFORE = `plugins: [file]
files:
  same: { path: same.txt, text: same }
  edited: { path: edited.txt, text: old }
  moved: { path: from.txt, text: moved }
  gone: { path: gone.txt, text: gone }
  last: { path: last.txt, text: last, after: [file/edited] }
`;
const AFTER = `plugins: [file]
files:
  same: { path: same.txt, text: same }
  edited: { path: edited.txt, text: new }
  moved: { path: to.txt, text: moved }
  last: { path: last.txt, text: last, after: [file/edited] }
  fresh: { path: fresh.txt, text: fresh, after: [file/moved] }
`;
const DONE = { 'edited.txt': 'new', 'fresh.txt': 'fresh', 'last.txt': 'last', 'same.txt': 'same', 'to.txt': 'moved' };
/** What each file may hold at any moment; undefined: it may be missing. */
const POSSIBLE: Readonly<Record<string, readonly (string | undefined)[]>> = {
  'same.txt': ['same'],
  'edited.txt': ['old', 'new'],
  'from.txt': ['moved', undefined],
  'to.txt': ['moved', undefined],
  'gone.txt': ['gone', undefined],
  'last.txt': ['last'],
  'fresh.txt': ['fresh', undefined],
};

interface Ran {
  readonly killed: boolean;
  readonly calls: number;
}

function apply(root: string, at: number): Ran {
  const { signal, status, stdout, stderr } = spawnSync(process.execPath, [CHILD, root, String(at)], {
    encoding: 'utf8',
  });
  if (signal === 'SIGKILL') return { killed: true, calls: at };
  if (status !== 0) throw new Error(`the apply failed: ${stderr}`);
  return { killed: false, calls: (JSON.parse(stdout) as { calls: number }).calls };
}

const textsOf = (root: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(root)
      .filter((name) => name.endsWith('.txt'))
      .toSorted()
      .map((name) => [name, readFileSync(join(root, name), 'utf8')]),
  );

export interface Prepared {
  /** The folder in which every kill happens: paths in the state are absolute, so a copy elsewhere is another realm. */
  readonly root: string;
  /** How it stands before the change. */
  readonly template: string;
  readonly points: number;
  remove(): void;
}

export function prepare(): Prepared {
  const root = mkdtempSync(join(MEMORY, 'realm-crash-'));
  const template = `${root}-template`;
  writeFileSync(join(root, 'realm.config.yaml'), BEFORE);
  apply(root, 0);
  writeFileSync(join(root, 'realm.config.yaml'), AFTER);
  cpSync(root, template, { recursive: true });
  const { calls } = apply(root, 0);
  const remove = (): void => {
    for (const folder of [root, template]) rmSync(folder, { recursive: true, force: true });
  };
  return { root, template, points: calls, remove };
}

/** Throws an error with what is wrong, or returns. */
export function killAt({ root, template }: Prepared, point: number): void {
  rmSync(root, { recursive: true, force: true });
  cpSync(template, root, { recursive: true });
  const { killed } = apply(root, point);
  const what = killed ? `after the kill at point ${point}` : `at point ${point}, which was not reached,`; // timers move a few
  for (const [name, possible] of Object.entries(POSSIBLE)) {
    const text = existsSync(join(root, name)) ? readFileSync(join(root, name), 'utf8') : undefined;
    if (!possible.includes(text)) throw new Error(`${what} ${name} holds ${JSON.stringify(text)}`);
  }
  apply(root, 0);
  const after = JSON.stringify(textsOf(root));
  if (after !== JSON.stringify(DONE)) throw new Error(`${what} the next start left ${after}`);
}
