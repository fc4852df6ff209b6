// Adds up the reports of a CI run, and prints the one line that says how it went.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** The part of vitest's JSON report that counts. `tools/report.ts` writes the same shape with totals only. */
interface Report {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly testResults?: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

/** A file that could not be loaded has no assertions of its own, and still counts as a failure. */
export function countReport(report: Report): Counts {
  if (report.testResults === undefined) {
    return { passed: report.numPassedTests ?? 0, failed: report.numFailedTests ?? 1 };
  }
  let passed = 0;
  let failed = 0;
  for (const file of report.testResults) {
    const bad = file.assertionResults.filter((one) => one.status === 'failed').length;
    passed += file.assertionResults.filter((one) => one.status === 'passed').length;
    failed += file.status === 'failed' && bad === 0 ? 1 : bad;
  }
  return { passed, failed };
}

/** A report that is missing, torn, or says that nothing ran, is a failure: silence is never taken for success. */
export function countFile(path: string): Counts {
  let counts: Counts;
  try {
    counts = countReport(JSON.parse(readFileSync(path, 'utf8')));
  } catch (error) {
    console.log(`no report at ${path}: ${String(error)}`);
    return { passed: 0, failed: 1 };
  }
  if (counts.passed + counts.failed > 0) return counts;
  console.log(`the report at ${path} counts nothing`);
  return { passed: 0, failed: 1 };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder = '.', ...names] = process.argv.slice(2);
  let passed = 0;
  let failed = 0;
  for (const name of names) {
    const counts = countFile(join(folder, `${name}.json`));
    console.log(`${name}: ${counts.passed} passed, ${counts.failed} failed`);
    passed += counts.passed;
    failed += counts.failed;
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
