// What is read without commander is read exactly as commander reads it; what is odd is left to commander.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactly } from '../../../core/cli/exact.ts';
import { GLOBAL_FLAGS } from '../../../core/cli/global-flags.ts';
import { plainPaint } from '../../../core/cli/render/colour.ts';
import type { Output, Terminal } from '../../../core/cli/render/terminal.ts';
import { understand } from '../../../core/cli/understand.ts';
import type { Flag } from '../../../core/cli/verbs.ts';
import { VERBS } from '../../../core/cli/verbs.ts';

const silent: Output = { write: () => {}, columns: 80, isTTY: false, paint: plainPaint };
const readerLeft = new AbortController().signal;
const terminal: Terminal = { out: silent, err: silent, readerLeft, ask: () => Promise.resolve(undefined) };

const asCommander = (argv: readonly string[]): Promise<unknown> =>
  understand(argv, terminal, () => Promise.reject(new Error('no realm here'))).then(
    (parsed) => ({ ...parsed, verb: parsed.verb.name }),
    () => 'commander explains',
  );

const asExactly = (argv: readonly string[]): unknown => {
  const parsed = exactly(argv);
  return parsed && { ...parsed, verb: parsed.verb.name };
};

const spellings = (flags: readonly Flag[]): string[] => flags.flatMap(({ flags: text }) => text.match(/--?[\w-]+/g)!);
const oneOf = (words: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...words);
const words = oneOf([...VERBS.flatMap(({ name }) => name.split(' ')), 'file/motd', 'a b', '', '10', 'plan.json']);
const odd = oneOf(['--', '-', '--help', '-h', '-V', '--nope', '--json=yes', '-n5', '-fn', '--tar', '-1', '--no-json']);
const flags = oneOf(spellings([...GLOBAL_FLAGS, ...VERBS.flatMap((verb) => verb.flags ?? [])]));

/** Mostly lines that mean something: flags of every command, a command, its flags and words. */
const lines = fc.constantFrom(...VERBS).chain(({ name, flags: own = [] }) => {
  const global = oneOf(spellings(GLOBAL_FLAGS));
  const tail = [global, words, ...(own.length === 0 ? [] : [oneOf(spellings(own)), oneOf(spellings(own))])];
  return fc
    .tuple(fc.array(fc.oneof(global, words), { maxLength: 2 }), fc.array(fc.oneof(...tail), { maxLength: 5 }))
    .map(([before, after]) => [...before, ...name.split(' '), ...after]);
});
const wild = fc.array(fc.oneof(words, flags, odd), { maxLength: 7 });

test('a line is read as commander reads it, or left to commander', async () => {
  const seen = { exact: 0, left: 0 };
  const run = fc.asyncProperty(fc.oneof({ weight: 3, arbitrary: lines }, wild), async (argv) => {
    const read = asExactly(argv);
    seen[read === undefined ? 'left' : 'exact'] += 1;
    if (read !== undefined) expect(read).toEqual(await asCommander(argv));
  });
  await fc.assert(run, { numRuns: 6_000 });
  console.log(`lines read exactly: ${seen.exact}, left to commander: ${seen.left}`);
  expect(seen.exact).toBeGreaterThan(400);
});

test.for([
  [['plan'], { verb: 'plan', args: [], flags: {}, globals: { wait: true, color: true } }],
  [
    ['--json', 'plan', '--target', 'a/b', '--target', 'c/*', '-C', 'x'],
    {
      verb: 'plan',
      args: [],
      flags: { target: ['a/b', 'c/*'] },
      globals: { json: true, C: 'x', wait: true, color: true },
    },
  ],
  [
    ['plugin', 'new', 'mine', '--no-wait'],
    { verb: 'plugin new', args: ['mine'], flags: {}, globals: { wait: false, color: true } },
  ],
] as const)('%j needs no commander', ([argv, read]) => {
  expect(asExactly(argv)).toEqual(read);
});

test.for([[[]], [['plam']], [['why']], [['plan', 'x', 'y']], [['plan', '--help']], [['plan', '--target']], [['help']]])(
  '%j is left to commander',
  ([argv]) => {
    expect(asExactly(argv!)).toBeUndefined();
  },
);
