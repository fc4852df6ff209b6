// A mutant counts only if its test is green without it and red with it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyTree } from '../../tools/copy.ts';
import { court, judgeAll } from '../../tools/mutants/judge.ts';
import type { Try, Verdict } from '../../tools/mutants/judge.ts';
import { readMutant } from '../../tools/mutants/patch.ts';
import type { Mutant } from '../../tools/mutants/patch.ts';
import type { Trial } from '../../tools/mutants/trial.ts';

const patch = (from: string, to: string): string =>
  `# red: sum.test.ts\n# why: the sum would be wrong\n--- a/sum.ts\n+++ b/sum.ts\n@@ -1 +1 @@\n-${from}\n+${to}\n`;

/** A repository of one file, its mutants, and a copy of it. */
function project(patches: Readonly<Record<string, string>>): { dir: string; mutants: Mutant[] } {
  const dir = mkdtempSync(join(tmpdir(), 'realm-mutants-test-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  mkdirSync(join(dir, 'test/mutants'), { recursive: true });
  writeFileSync(join(dir, 'sum.ts'), 'a + b\n');
  writeFileSync(join(dir, '.gitignore'), 'secret\n');
  writeFileSync(join(dir, 'secret'), 'ignored\n');
  for (const [name, text] of Object.entries(patches)) writeFileSync(join(dir, `test/mutants/${name}.patch`), text);
  execFileSync('git', ['init', '-q'], { cwd: dir });
  return { dir, mutants: Object.keys(patches).map((name) => readMutant(`test/mutants/${name}.patch`, dir)) };
}

/** Red when the sum is a difference. */
const testIn =
  (dir: string): Try =>
  () => {
    const text = readFileSync(join(dir, 'sum.ts'), 'utf8');
    return Promise.resolve(
      text.includes('syntax error')
        ? { colour: 'unjudged', detail: 'did not load' }
        : { colour: text.includes('-') ? 'red' : 'green', detail: 'sums' },
    );
  };

async function judge(
  patches: Readonly<Record<string, string>>,
  tryIn = testIn,
  expired = (): boolean => false,
  green: readonly string[] = [],
): Promise<{ verdicts: Verdict[]; left: number }> {
  const { dir, mutants } = project(patches);
  const copy = copyTree(dir);
  onTestFinished(() => copy.dispose());
  expect(existsSync(join(copy.dir, 'secret'))).toBe(false);
  const verdicts: Verdict[] = [];
  const shared = court(mutants, new Set(green), { expired, tell: (verdict) => verdicts.push(verdict) });
  await judgeAll(copy, tryIn(copy.dir), shared);
  expect(readFileSync(join(copy.dir, 'sum.ts'), 'utf8')).toBe('a + b\n'); // each patch is taken back
  expect(readFileSync(join(dir, 'sum.ts'), 'utf8')).toBe('a + b\n');
  return { verdicts, left: mutants.length };
}

test('killed, survived, stale and unloadable are told apart', async () => {
  const { verdicts } = await judge({
    killed: patch('a + b', 'a - b'),
    survivor: patch('a + b', 'b + a'),
    stale: patch('a * b', 'a - b'),
    broken: patch('a + b', 'syntax error'),
  });
  expect(verdicts.map(({ mutant, killed, detail }) => [mutant.name, killed, detail.split(':')[0]])).toEqual([
    ['killed', true, 'sums'],
    ['survivor', false, 'SURVIVED'],
    ['stale', false, 'the patch does not apply'],
    ['broken', false, 'did not load'],
  ]);
});

test('a test that is red anyway proves nothing', async () => {
  const red = (): Try => () => Promise.resolve({ colour: 'red', detail: 'always' } satisfies Trial);
  const { verdicts } = await judge({ killed: patch('a + b', 'a - b') }, red);
  expect(verdicts).toMatchObject([{ killed: false, detail: 'the test is red without the patch: always' }]);
});

test('a test is seen green once, and not at all when a report says that it is', async () => {
  const patches = { one: patch('a + b', 'a - b'), two: patch('a + b', 'b - a') };
  const seen: string[] = [];
  const counted =
    (dir: string): Try =>
    (asked) => {
      seen.push(asked.touched.join());
      return testIn(dir)(asked);
    };
  expect((await judge(patches, counted)).verdicts.every(({ killed }) => killed)).toBe(true);
  expect(seen).toEqual(['', 'sum.ts', 'sum.ts']);
  expect((await judge(patches, counted, undefined, ['sum.test.ts'])).verdicts).toHaveLength(2);
  expect(seen.slice(3)).toEqual(['sum.ts', 'sum.ts']);
});

test('what is not run in time stays on the list', async () => {
  let asked = 0;
  const patches = { one: patch('a + b', 'a - b'), two: patch('a + b', 'a - b') };
  const { verdicts, left } = await judge(patches, testIn, () => (asked += 1) > 1);
  expect(verdicts.map(({ mutant }) => mutant.name)).toEqual(['one']);
  expect(left).toBe(1);
});

test.each([
  ['no red line', '# why: x y z\n+++ b/sum.ts\n', /has no line '# red/],
  ['no why line', '# red: sum.test.ts\n+++ b/sum.ts\n', /has no line '# why/],
  ['no change', '# red: sum.test.ts\n# why: x y z\n', /changes no file/],
])('a patch with %s is refused', (_, text, message) => {
  expect(() => project({ bad: text })).toThrow(message);
});
