// Whatever switches a safety off carries its reason on the spot: any, an empty catch, a lint or compiler exemption, a skipped test.
import { dotted, walk } from '../tree.ts';
import type { Rule, SourceFile } from '../tree.ts';

/** A comment with at least two words on the same line, the line before, or the line after (where the formatter may put it). */
function hasReason(file: SourceFile, line: number): boolean {
  return file.comments.some(({ start, value }) => {
    const there = file.lineAt(start);
    return Math.abs(there - line) <= 1 && there > 1 && /\S+\s+\S+/.test(value.replace(/^[\s*]+/, ''));
  });
}

function* visited(file: SourceFile): Generator<string> {
  const found: string[] = [];
  walk(file.program, (node) => {
    const line = file.lineAt(node.start);
    const at = `${file.path}:${line}`;
    if (node.type === 'TSAnyKeyword' && !hasReason(file, line)) found.push(`${at} any without a reason beside it`);
    if (node.type === 'CatchClause' && node.body.body.length === 0) {
      const inside = file.comments.some(({ start, end }) => start > node.body.start && end < node.body.end);
      if (!inside) found.push(`${at} swallows an error without saying why that is right`);
    }
    if (node.type === 'CallExpression') {
      const [callback] = node.arguments;
      const swallows =
        callback?.type === 'ArrowFunctionExpression' &&
        callback.body.type === 'BlockStatement' &&
        callback.body.body.length === 0;
      if (swallows && file.text.slice(node.callee.start, node.callee.end).endsWith('.catch')) {
        const last = file.lineAt(callback.end);
        if (!hasReason(file, line) && !hasReason(file, last))
          found.push(`${file.path}:${last} swallows a rejection without saying why`);
      }
    }
  });
  yield* found;
}

const exemption = /eslint-disable|oxlint-disable|@ts-ignore|@ts-nocheck/;

function* exemptions(file: SourceFile): Generator<string> {
  for (const { value, start } of file.comments) {
    if (!exemption.test(value)) continue;
    if (!/--\s*\S+\s+\S+/.test(value))
      yield `${file.path}:${file.lineAt(start)} switches a check off without '-- reason'`;
  }
}

/** `test.skip`, `it.todo`; a `skipIf` carries its condition as the reason. `.only` is never right in a commit. */
function* skipped(file: SourceFile): Generator<string> {
  const found: string[] = [];
  walk(file.program, (node) => {
    if (node.type !== 'MemberExpression') return;
    const name = dotted(node) ?? '';
    const line = file.lineAt(node.start);
    if (/^(test|it|describe)\.only$/.test(name)) found.push(`${file.path}:${line} runs only this`);
    if (/^(test|it|describe)\.(skip|todo|fails)$/.test(name) && !hasReason(file, line)) {
      found.push(`${file.path}:${line} ${name} without a reason beside it`);
    }
  });
  yield* found;
}

export const rule: Rule = {
  name: 'reasons',
  why: 'the next reader must be able to tell a decision from an accident',
  *check(files) {
    for (const file of files) {
      if (!file.path.startsWith('test/')) yield* visited(file);
      yield* exemptions(file);
      yield* skipped(file);
    }
  },
  bad: [
    ['core/model/x.ts', '// A file for trying.\n\nexport const a = (b: any) => b;'],
    ['core/model/x.ts', '// A file for trying.\n\ntry { a(); } catch {}'],
    ['core/model/x.ts', '// A file for trying.\n\na().catch(() => {});'],
    ['core/model/x.ts', '// A file for trying.\n\n// @ts-ignore\na();'],
    ['core/model/x.ts', '// A file for trying.\n\n// oxlint-disable-next-line no-console\na();'],
    ['test/core/x.test.ts', "// A file for trying.\n\ntest.only('a', () => {});"],
    ['test/core/x.test.ts', "// A file for trying.\n\ntest.skip('a', () => {});"],
  ],
  good: [
    ['core/model/x.ts', '// A file for trying.\n\nexport const a = (b: any) => b; // any: branches differ'],
    ['core/model/x.ts', '// A file for trying.\n\ntry { a(); } catch {\n  // it is gone already\n}'],
    ['core/model/x.ts', '// A file for trying.\n\na().catch(() => {}); // the reader may have left'],
    [
      'core/model/x.ts',
      '// A file for trying.\n\n// oxlint-disable-next-line no-console -- the one place for it\na();',
    ],
    [
      'test/core/x.test.ts',
      "// A file for trying.\n\ntest.skipIf(!zsh)('a', () => {});\n// waits for issue 4\ntest.skip('b', () => {});",
    ],
  ],
};
