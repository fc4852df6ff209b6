// Runs one test file in a copy of the tree, and says whether it is green, red, or could not be judged.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

export type Colour = 'green' | 'red' | 'unjudged';
export interface Trial {
  readonly colour: Colour;
  /** One line: what failed first, or why there is no judgement. */
  readonly detail: string;
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const LIMIT_MS = 180_000;

/** `test/types.ts` is judged by the compiler, everything else by vitest. */
export async function runTest(dir: string, test: string): Promise<Trial> {
  if (!test.endsWith('.test.ts')) {
    const { code, output } = await execute(dir, ['tsc', '-p', '.']);
    const complaint = output.split('\n').find((line) => line.startsWith(test));
    if (code === 0) return { colour: 'green', detail: '' };
    return complaint === undefined
      ? { colour: 'unjudged', detail: `tsc fails elsewhere: ${firstLine(output)}` }
      : { colour: 'red', detail: complaint };
  }
  const report = join(dir, '.mutant-report.json');
  rmSync(report, { force: true });
  const config = test.startsWith('test/deep/') ? ['--config', 'vitest.deep.config.ts'] : [];
  const command = ['vitest', 'run', ...config, test, '--reporter=json', `--outputFile=${report}`];
  const { code, output, late } = await execute(dir, command);
  if (late) return { colour: 'red', detail: `hangs for more than ${LIMIT_MS / 1000} s` };
  let results: Report['testResults'];
  try {
    results = (JSON.parse(readFileSync(report, 'utf8')) as Report).testResults;
  } catch {
    return { colour: 'unjudged', detail: `vitest left no report: ${firstLine(output)}` };
  }
  const cases = results.flatMap((file) => file.assertionResults);
  const failed = cases.find((one) => one.status === 'failed');
  if (failed !== undefined) return { colour: 'red', detail: failed.fullName };
  if (code === 0 && cases.some((one) => one.status === 'passed')) return { colour: 'green', detail: '' };
  const message = results.map((file) => file.message).find((text) => text !== '');
  return { colour: 'unjudged', detail: message === undefined ? 'no test ran' : `did not load: ${firstLine(message)}` };
}

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? '';

function execute(
  dir: string,
  [program = '', ...args]: readonly string[],
): Promise<{ code: number | null; output: string; late: boolean }> {
  return new Promise((resolve, reject) => {
    const bin = join(dir, 'node_modules/.bin');
    const { REALM_REPORT: _, VITEST: _2, ...env } = process.env;
    const child = spawn(join(bin, program), args, {
      cwd: dir,
      detached: true, // a group of its own, so that a hanging test goes with all its children
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, PATH: `${bin}:${env['PATH']}`, CI: 'true', NO_COLOR: '1', REALM_DEEP_MS: '20000' },
    });
    let output = '';
    let late = false;
    for (const pipe of [child.stdout, child.stderr]) pipe.setEncoding('utf8').on('data', (text) => (output += text));
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, LIMIT_MS);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output, late });
    });
  });
}
