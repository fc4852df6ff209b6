// Breaks the code on purpose, patch by patch, and needs a red test for each: `npm run test:mutants -- [--only NAME] [--changed]`.
import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { parseArgs, styleText } from 'node:util';
import { copyTree } from './copy.ts';
import { judgeAll } from './mutants/judge.ts';
import type { Verdict } from './mutants/judge.ts';
import { readMutant } from './mutants/patch.ts';
import type { Mutant } from './mutants/patch.ts';
import { runTest } from './mutants/trial.ts';
import { writeReport } from './report.ts';

const { values: options } = parseArgs({
  options: {
    /** Mutants whose name contains this. */
    only: { type: 'string', multiple: true },
    /** Mutants whose patch, target or test differs from this commit. */
    changed: { type: 'boolean' },
    since: { type: 'string', default: 'HEAD' },
    /** No new mutant is begun after this. What was not run is counted and named. */
    'limit-minutes': { type: 'string', default: '60' },
    parallel: { type: 'string', default: '2' },
  },
});

function changedFiles(since: string): ReadonlySet<string> {
  const git = (...args: string[]): string[] => execFileSync('git', args, { encoding: 'utf8' }).split('\n');
  return new Set([...git('diff', '--name-only', since), ...git('ls-files', '--others', '--exclude-standard')]);
}

/** Grouped by test, so that each test is seen green once and its mutants run where it was. */
function wanted(): Mutant[][] {
  const changed = options.changed === true ? changedFiles(options.since) : undefined;
  const mutants = globSync('test/mutants/*.patch')
    .sort()
    .map((file) => readMutant(file))
    .filter(({ name }) => options.only === undefined || options.only.some((part) => name.includes(part)))
    .filter(
      ({ file, red, targets }) => changed === undefined || [file, red, ...targets].some((one) => changed.has(one)),
    );
  return [...Map.groupBy(mutants, ({ red }) => red).values()];
}

function tell({ mutant, killed, detail, seconds }: Verdict): void {
  const mark = killed ? styleText('green', 'red ') : styleText('red', 'FAIL');
  console.log(`${mark} ${mutant.name.padEnd(36)} ${seconds.toFixed(1).padStart(5)} s  ${mutant.red}`);
  console.log(`       ${killed ? mutant.why : detail}`);
}

const queue = wanted();
const total = queue.flat().length;
const endsAt = performance.now() + Number(options['limit-minutes']) * 60_000;
const verdicts: Verdict[] = [];
console.log(`${total} mutants of ${queue.length} tests`);

await Promise.all(
  Array.from({ length: Math.min(Number(options.parallel), queue.length) }, async () => {
    const copy = copyTree('.');
    try {
      await judgeAll(
        copy,
        queue,
        runTest,
        () => performance.now() > endsAt,
        (verdict) => {
          verdicts.push(verdict);
          tell(verdict);
        },
      );
    } finally {
      copy.dispose();
    }
  }),
);

const passed = verdicts.filter(({ killed }) => killed).length;
const failed = verdicts.length - passed;
const left = queue.flat().map(({ name }) => name);
if (left.length > 0) console.log(`NOT RUN within ${options['limit-minutes']} minutes: ${left.join(', ')}`);
writeReport(passed, failed);
console.log(`${passed} passed, ${failed} failed${left.length > 0 ? `, ${left.length} not run` : ''}`);
process.exitCode = failed > 0 || total === 0 || passed === 0 ? 1 : 0;
