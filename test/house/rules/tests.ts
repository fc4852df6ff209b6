// A test can fail: it asserts something, and it does not wait by sleeping.
import { dotted, walk } from '../tree.ts';
import type { Rule, Seen, SourceFile } from '../tree.ts';

const asserts = /\b(expect\w*|assert\w*|rejects|toThrow|fc\.assert|kindSuite)\b/;

/** Functions of the file that assert, so that a test may leave it to them. */
function assertingNames(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (let before = -1; before !== names.size;) {
    before = names.size;
    walk(file.program, (node, parents) => {
      const owner = parents.at(-1);
      const name =
        node.type === 'FunctionDeclaration'
          ? node.id?.name
          : node.type === 'ArrowFunctionExpression' && owner?.type === 'VariableDeclarator'
            ? dotted(owner.id)
            : undefined;
      if (name !== undefined && says(file, node, names)) names.add(name);
    });
  }
  return names;
}

function says(file: SourceFile, node: Seen, names: ReadonlySet<string>): boolean {
  const text = file.text.slice(node.start, node.end);
  return asserts.test(text) || [...names].some((name) => new RegExp(`\\b${name}\\b`).test(text));
}

/** An asserting function of a file beside it: its name begins like one. */
function imported(file: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  for (const node of file.program.body) {
    if (node.type !== 'ImportDeclaration') continue;
    const local = node.source.value.startsWith('.') && !/\.\.\/(core|plugins)\//.test(node.source.value);
    if (!local && node.source.value !== 'realm-runner/testing') continue;
    for (const {
      local: { name },
    } of node.specifiers)
      if (/^(expect|assert|check|must|verify|until)/.test(name)) names.add(name);
  }
  return names;
}

function* noAssertion(file: SourceFile): Generator<string> {
  const names = new Set([...assertingNames(file), ...imported(file)]);
  const found: string[] = [];
  walk(file.program, (node) => {
    if (node.type !== 'CallExpression') return;
    const callee = file.text.slice(node.callee.start, node.callee.end);
    if (!/^(test|it)(\.(each|for|concurrent|sequential|skip|only|skipIf|runIf|fails))*(\(|$)/.test(callee)) return;
    const body = node.arguments.find((one) => /Function/.test(one.type));
    if (body === undefined || says(file, body, names)) return;
    found.push(`${file.path}:${file.lineAt(node.start)} asserts nothing, so it cannot fail`);
  });
  yield* found;
}

/** Waiting is polling with a deadline (a loop) or an event; a bare pause passes or fails by luck. */
function* sleeps(file: SourceFile): Generator<string> {
  const found: string[] = [];
  walk(file.program, (node, parents) => {
    if (node.type !== 'AwaitExpression') return;
    const text = file.text.slice(node.start, node.end);
    if (
      !/^await (new Promise(<[^>]*>)?\(\(?\w+\)? => (void )?setTimeout\(\w+|(setTimeout|pause|sleep|delay)\(\d)/.test(
        text,
      )
    )
      return;
    const loop = parents.findLast(({ type }) => /^(For|While|DoWhile)/.test(type) || /Function/.test(type));
    if (loop !== undefined && /^(For|While|DoWhile)/.test(loop.type)) return;
    const named = parents.findLast(({ type }) => type === 'FunctionDeclaration' || type === 'VariableDeclarator');
    if (named !== undefined && parents.indexOf(named) > parents.findLastIndex(({ type }) => type === 'CallExpression'))
      return;
    found.push(`${file.path}:${file.lineAt(node.start)} waits by sleeping: poll with a deadline, or wait for an event`);
  });
  yield* found;
}

export const rule: Rule = {
  name: 'tests',
  why: 'a test that cannot fail is worse than none, and one that fails by luck teaches people to look away',
  *check(files) {
    for (const file of files.filter(({ path }) => path.endsWith('.test.ts'))) {
      yield* noAssertion(file);
      yield* sleeps(file);
    }
  },
  bad: [
    ['test/core/x.test.ts', "test('a', () => { run(); });"],
    ['test/core/x.test.ts', "test.each([1, 2])('a %s', async (n) => { await run(n); });"],
    [
      'test/core/x.test.ts',
      "test('a', async () => { await new Promise((done) => setTimeout(done, 100)); expect(1).toBe(1); });",
    ],
    ['test/core/x.test.ts', "test('a', async () => { await pause(100); expect(1).toBe(1); });"],
  ],
  good: [
    ['test/core/x.test.ts', "test('a', () => { expect(run()).toBe(1); });"],
    ['test/core/x.test.ts', "test('a', () => { const it = graph(); expect(it.blocked(() => false)).toBe(1); });"],
    ['test/core/x.test.ts', "const same = (a: number) => expect(a).toBe(1);\ntest('a', () => { same(1); });"],
    ['test/core/x.test.ts', "test('a', async () => { while (!done()) await pause(20); expect(1).toBe(1); });"],
    ['test/core/x.test.ts', "import { expectRed } from './colour.ts';\ntest('a', () => { expectRed(1); });"],
  ],
};
