// The project's own source files, read once: text, comments, imports and syntax tree.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';
import type { Comment, Node, Program } from 'oxc-parser';

export const root = join(import.meta.dirname, '../..');

export interface Import {
  /** As written: `./a.ts`, `node:fs`. */
  readonly from: string;
  readonly line: number;
  /** Re-exported under its own name. */
  readonly isExport: boolean;
}

export interface SourceFile {
  /** Relative to the repository root. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly comments: readonly Comment[];
  readonly imports: readonly Import[];
  readonly program: Program;
  readonly lineAt: (offset: number) => number;
}

/** A rule of the house: what it looks for, and files that prove it can see. */
export interface Rule {
  readonly name: string;
  readonly why: string;
  /** One sentence for each violation, beginning with `path:line`. Looks at all files together. */
  readonly check: (files: readonly SourceFile[]) => Iterable<string>;
  /** Each of these alone must be found. */
  readonly bad: readonly Planted[];
  /** None of these may be found. */
  readonly good: readonly Planted[];
}
export type Planted = readonly [path: string, text: string];

export function parse(path: string, text: string): SourceFile {
  const { program, comments, module } = parseSync(path.endsWith('.ts') ? path : `${path}.js`, text);
  const starts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  const lineAt = (offset: number): number => {
    const next = starts.findIndex((start) => start > offset);
    return next === -1 ? starts.length : next;
  };
  const imports = [
    ...module.staticImports.map((one) => ({ from: one.moduleRequest.value, line: lineAt(one.start), isExport: false })),
    ...module.staticExports.flatMap(({ entries }) =>
      entries
        .slice(0, 1)
        .flatMap(({ moduleRequest, start }) =>
          moduleRequest === null ? [] : [{ from: moduleRequest.value, line: lineAt(start), isExport: true }],
        ),
    ),
    ...module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
      const literal = /^(['"`])([^$]*)\1$/.exec(text.slice(start, end))?.[2]; // a computed one is no import of ours
      return literal === undefined ? [] : [{ from: literal, line: lineAt(start), isExport: false }];
    }),
  ];
  return { path, text, lines: text.trimEnd().split('\n'), comments, imports, program, lineAt };
}

/** Generated, or sample data that may be as broken as it likes. */
const ignored = ['node_modules', 'compiled', 'samples', 'fixtures', 'dist', '.realm'];

/** TypeScript and plain JavaScript under the given folders, and bin/realm. */
export function readTree(...folders: readonly string[]): readonly SourceFile[] {
  const wanted = folders.length > 0 ? folders : ['core', 'plugins', 'bin', 'tools', 'bench', 'examples', 'test'];
  return [
    ...globSync(
      wanted.map((folder) => `${folder}/**/*.{ts,mjs,js}`),
      { cwd: root },
    ),
    'bin/realm',
  ]
    .filter((path) => wanted.includes(path.split('/')[0]!) && !path.split('/').some((part) => ignored.includes(part)))
    .sort()
    .flatMap((path) => {
      const text = readIfThere(join(root, path));
      return text === undefined ? [] : [parse(path, text)];
    });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // removed between the listing and the look
  }
}

export type Seen = Node & { readonly start: number; readonly end: number };

/** Visits every node, parents first. */
export function walk(node: unknown, visit: (node: Seen, parents: readonly Seen[]) => void, parents: Seen[] = []): void {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, visit, parents);
    return;
  }
  if (typeof node !== 'object' || node === null || !('type' in node)) return;
  const here = node as Seen; // every object with a type in oxc's tree is a node
  visit(here, parents);
  parents.push(here);
  for (const value of Object.values(node)) if (typeof value === 'object') walk(value, visit, parents);
  parents.pop();
}

/** `process.stdout.write` for a chain of plain names; undefined for anything else. */
export function dotted(node: unknown): string | undefined {
  if (typeof node !== 'object' || node === null || !('type' in node)) return undefined;
  const here = node as Node;
  if (here.type === 'Identifier') return here.name;
  if (here.type === 'ThisExpression') return 'this';
  if (here.type !== 'MemberExpression') return undefined;
  const owner = dotted(here.object);
  const member = here.property.type === 'Identifier' && !here.computed ? here.property.name : undefined;
  return owner === undefined || member === undefined ? undefined : `${owner}.${member}`;
}

/** The text of the file with comments blanked out, offsets kept. */
export function codeOf(file: SourceFile): string {
  let code = file.text;
  for (const { start, end } of file.comments) {
    code = code.slice(0, start) + code.slice(start, end).replaceAll(/[^\n]/g, ' ') + code.slice(end);
  }
  return code;
}
