// The closing line of CI counts what really happened.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';

const tool = join(import.meta.dirname, '../../tools/tally.ts');
const file = (status: string, ...cases: string[]): object => ({
  status,
  assertionResults: cases.map((one) => ({ status: one })),
});

function tally(reports: Readonly<Record<string, unknown>>, ...names: string[]): { line: string; code: number | null } {
  const dir = mkdtempSync(join(tmpdir(), 'realm-tally-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  for (const [name, report] of Object.entries(reports)) {
    writeFileSync(join(dir, `${name}.json`), typeof report === 'string' ? report : JSON.stringify(report));
  }
  const { stdout, status } = spawnSync(process.execPath, [tool, dir, ...names], { encoding: 'utf8' });
  return { line: stdout.trim().split('\n').at(-1) ?? '', code: status };
}

test('adds up vitest reports and totals', () => {
  const tests = { testResults: [file('passed', 'passed', 'passed', 'pending')] };
  expect(tally({ tests, checks: { numPassedTests: 5, numFailedTests: 0 } }, 'tests', 'checks')).toEqual({
    line: '7 passed, 0 failed',
    code: 0,
  });
});

test.each([
  ['a failed test', { testResults: [file('failed', 'passed', 'failed')] }, '1 passed, 1 failed'],
  ['a file that could not be loaded', { testResults: [file('failed')] }, '0 passed, 1 failed'],
  [
    'a file that could not be loaded, beside a good one',
    { testResults: [file('failed'), file('passed', 'passed')] },
    '1 passed, 1 failed',
  ],
  ['a torn report', '{"testResults": [', '0 passed, 1 failed'],
  ['a report of nothing', { testResults: [] }, '0 passed, 1 failed'],
  ['a report without counts', {}, '0 passed, 1 failed'],
  ['only skipped tests', { testResults: [file('passed', 'pending')] }, '0 passed, 1 failed'],
])('%s counts as a failure', (_, report, line) => {
  expect(tally({ tests: report }, 'tests')).toEqual({ line, code: 1 });
});

test('a missing report counts as a failure', () => {
  expect(tally({}, 'tests')).toEqual({ line: '0 passed, 1 failed', code: 1 });
});
