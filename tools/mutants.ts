// Breaks the code on purpose, patch by patch, and needs a red test for each: `npm run test:mutants -- [--only NAME] [--changed]`.
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { parseArgs, styleText } from 'node:util';
import { copyTree } from './copy.ts';
import { court, judgeAll } from './mutants/judge.ts';
import type { Verdict } from './mutants/judge.ts';
import { readMutant } from './mutants/patch.ts';
import type { Mutant } from './mutants/patch.ts';
import { benchIn } from './mutants/trial.ts';
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
    /** How many at once. Most of them wait for processes. */
    parallel: { type: 'string', default: String(availableParallelism() + 1) },
    /** A JSON report of this very tree's tests: those that are green there are not seen green once more. */
    green: { type: 'string' },
  },
});

function changedFiles(since: string): ReadonlySet<string> {
  const git = (...args: string[]): string[] => execFileSync('git', args, { encoding: 'utf8' }).split('\n');
  return new Set([...git('diff', '--name-only', since), ...git('ls-files', '--others', '--exclude-standard')]);
}

/** When each file was last changed, in seconds; those that were never committed are the newest. */
function ages(): (file: string) => number {
  const log = execFileSync('git', ['log', '--format=@%ct', '--name-only'], { encoding: 'utf8', maxBuffer: 1 << 28 });
  const changedAt = new Map<string, number>();
  let at = 0;
  for (const line of log.split('\n')) {
    if (line.startsWith('@')) at = Number(line.slice(1));
    else if (!changedAt.has(line)) changedAt.set(line, at);
  }
  return (file) => changedAt.get(file) ?? Infinity;
}

/** What changed last comes first, since that is where a test may have gone blind; those of one test side by side. */
function wanted(): Mutant[] {
  const changed = options.changed === true ? changedFiles(options.since) : undefined;
  const filesOf = ({ file, red, targets }: Mutant): string[] => [file, red, ...targets];
  const mutants = globSync('test/mutants/*.patch')
    .sort()
    .map((file) => readMutant(file))
    .filter(({ name }) => options.only === undefined || options.only.some((part) => name.includes(part)))
    .filter((one) => changed === undefined || filesOf(one).some((file) => changed.has(file)));
  const changedAt = ages();
  const newest = (group: readonly Mutant[]): number => Math.max(...group.flatMap(filesOf).map(changedAt));
  return [...Map.groupBy(mutants, ({ red }) => red).values()]
    .map((group) => ({ group, at: newest(group) }))
    .toSorted((one, other) => (one.at === other.at ? 0 : other.at - one.at))
    .flatMap(({ group }) => group);
}

function greenTests(): ReadonlySet<string> {
  if (options.green === undefined || !existsSync(options.green)) return new Set();
  const { testResults } = JSON.parse(readFileSync(options.green, 'utf8')) as Report;
  return new Set(testResults.flatMap(({ name, status }) => (status === 'passed' ? [relative('.', name)] : [])));
}

interface Report {
  readonly testResults: readonly { readonly name: string; readonly status: string }[];
}

function tell({ mutant, killed, detail, seconds }: Verdict): void {
  const mark = killed ? styleText('green', 'red ') : styleText('red', 'FAIL');
  console.log(`${mark} ${mutant.name.padEnd(36)} ${seconds.toFixed(1).padStart(5)} s  ${mutant.red}`);
  console.log(`       ${killed ? mutant.why : detail}`);
}

const queue = wanted();
const total = queue.length;
const endsAt = performance.now() + Number(options['limit-minutes']) * 60_000;
const verdicts: Verdict[] = [];
console.log(`${total} mutants of ${new Set(queue.map(({ red }) => red)).size} tests`);

const shared = court(queue, greenTests(), {
  expired: () => performance.now() > endsAt,
  tell: (verdict) => {
    verdicts.push(verdict);
    tell(verdict);
  },
});
await Promise.all(
  Array.from({ length: Math.min(Number(options.parallel), total) }, async () => {
    const copy = copyTree('.');
    const bench = benchIn(copy.dir);
    try {
      await judgeAll(copy, bench.try, shared);
    } finally {
      bench.end();
      copy.dispose();
    }
  }),
);

const passed = verdicts.filter(({ killed }) => killed).length;
const failed = verdicts.length - passed;
const left = queue.map(({ name }) => name);
if (left.length > 0) console.log(`NOT RUN within ${options['limit-minutes']} minutes: ${left.join(', ')}`);
writeReport(passed, failed);
console.log(`${passed} passed, ${failed} failed${left.length > 0 ? `, ${left.length} not run` : ''}`);
process.exitCode = failed > 0 || total === 0 || passed === 0 ? 1 : 0;
