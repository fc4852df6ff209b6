// Leaves a tool's counts where a CI run looks for them: in the file named by REALM_REPORT.
import { writeFileSync } from 'node:fs';

export function writeReport(passed: number, failed: number): void {
  const file = process.env['REALM_REPORT'];
  if (file === undefined) return;
  writeFileSync(file, JSON.stringify({ numPassedTests: passed, numFailedTests: failed }));
}
