// A file has at most 300 lines and a function 60; half of the files of the core have fewer than 100.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, walk } from '../tree.ts';
import type { Rule, Seen, SourceFile } from '../tree.ts';

const LONGEST_FILE = 300;
const LONGEST_FUNCTION = 60;
const MEDIAN = 100;

interface Exceptions {
  /** A path, or `path#function`, to the reason why it may be longer. */
  readonly sizes: Readonly<Record<string, string>>;
}
const exceptions = JSON.parse(readFileSync(join(root, 'test/house/exceptions.json'), 'utf8')) as Exceptions;

const functions = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];
/** A suite only holds tests. */
const isSuite = (callee: string): boolean => /^describe\b/.test(callee);

/** Lines of a function without those of the functions in it, which count for themselves: closures are our classes. */
function ownLines(file: SourceFile, node: Seen): number {
  let own = file.lineAt(node.end) - file.lineAt(node.start) + 1;
  walk(node, (inner, parents) => {
    const outermost = parents.filter(({ type }) => functions.includes(type)).length === 1; // node itself
    if (inner !== node && functions.includes(inner.type) && outermost) {
      own -= file.lineAt(inner.end) - file.lineAt(inner.start);
    }
  });
  return own;
}

function* longFunctions(file: SourceFile): Generator<{ name: string; line: number; length: number }> {
  const found: { name: string; line: number; length: number }[] = [];
  walk(file.program, (node, parents) => {
    if (!functions.includes(node.type)) return;
    const owner = parents.at(-1);
    if (owner?.type === 'CallExpression' && isSuite(file.text.slice(owner.callee.start, owner.callee.end))) return;
    const length = ownLines(file, node);
    if (length > LONGEST_FUNCTION) found.push({ name: nameOf(node, owner), line: file.lineAt(node.start), length });
  });
  yield* found;
}

function nameOf(node: object, owner: object | undefined): string {
  for (const one of [node, owner]) {
    for (const key of ['id', 'key'] as const) {
      const name = (one as Record<string, { name?: unknown } | null | undefined> | undefined)?.[key]?.name;
      if (typeof name === 'string') return name;
    }
  }
  return 'anonymous';
}

export const rule: Rule = {
  name: 'sizes',
  why: 'a file that is read in one sitting has one reason to change',
  *check(files) {
    const used = new Set<string>();
    const excused = (key: string): boolean => {
      used.add(key);
      return exceptions.sizes[key] !== undefined;
    };
    for (const file of files) {
      const length = file.lines.length;
      if (length > LONGEST_FILE && !excused(file.path))
        yield `${file.path}:1 has ${length} lines, over ${LONGEST_FILE}`;
      for (const { name, line, length: lines } of longFunctions(file)) {
        if (!excused(`${file.path}#${name}`)) {
          yield `${file.path}:${line} ${name} has ${lines} lines, over ${LONGEST_FUNCTION}`;
        }
      }
    }
    const core = files.filter(({ path }) => /^(core|plugins)\//.test(path)).map(({ lines }) => lines.length);
    const median = core.sort((a, b) => a - b)[Math.floor(core.length / 2)] ?? 0;
    if (median >= MEDIAN && core.length > 1) yield `core/:1 half of the files have ${median} lines or more`;
    if (files.length < 2) return;
    for (const key of Object.keys(exceptions.sizes)) {
      if (!used.has(key)) yield `test/house/exceptions.json:1 excuses ${key}, which needs no excuse any more`;
    }
  },
  bad: [
    ['core/model/x.ts', `// A file.\n${'export {};\n'.repeat(300)}`],
    ['core/model/x.ts', `// A file.\nexport function f(): void {\n${'  void 0;\n'.repeat(59)}}\n`],
    ['test/core/x.test.ts', `// A file.\ntest('a', () => { const f = () => {\n${'  void 0;\n'.repeat(59)}}; });\n`],
  ],
  good: [
    ['core/model/x.ts', `// A file.\n${'export {};\n'.repeat(299)}`],
    ['core/model/x.ts', `// A file.\nexport function f(): void {\n${'  void 0;\n'.repeat(58)}}\n`],
    ['test/core/x.test.ts', `// A file.\ndescribe('a', () => {\n${'  void 0;\n'.repeat(80)}});\n`],
  ],
};
