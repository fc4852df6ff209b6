// The house checks that need no test runner: types, lint, formatting, unused code, generated files. Runs all, then says which failed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { writeReport } from './report.ts';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  /** Skipped, loudly, while this file does not exist. */
  readonly needs?: string;
}

const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '-p', '.'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'unused', command: ['knip', '--no-config-hints'] },
  { name: 'generated', command: ['node', 'tools/generated.ts', '--check'] },
];

const wanted = process.argv.slice(2);
let passed = 0;
const failed: string[] = [];
for (const { name, command, needs } of checks) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  if (needs !== undefined && !existsSync(needs)) {
    console.log(`-- ${name}: NOT RUN, ${needs} does not exist yet`);
    continue;
  }
  console.log(`-- ${name}: ${command.join(' ')}`);
  const [program = '', ...args] = command;
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error !== undefined) console.log(`   ${error.message}`);
  if (status === 0) passed += 1;
  else failed.push(name);
}
writeReport(passed, failed.length);
console.log(failed.length === 0 ? `${passed} checks passed` : `${passed} checks passed, failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
