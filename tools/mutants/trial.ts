// Runs one test file in a copy of the tree, and says whether it is green, red, or could not be judged.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

export type Colour = 'green' | 'red' | 'unjudged';
export interface Trial {
  readonly colour: Colour;
  /** One line: what failed first, or why there is no judgement. */
  readonly detail: string;
}

/** What runner.ts is asked. Files are relative to the tree. */
export interface Asked {
  readonly test: string;
  /** Files that are broken this time. */
  readonly touched: readonly string[];
}

/** Tries tests in one copy of the tree, one at a time. */
export interface Bench {
  try(asked: Asked): Promise<Trial>;
  end(): void;
}

/** One vitest for all that a copy is asked. */
interface Runner {
  readonly child: ChildProcess;
  readonly ready: Promise<unknown>;
  readonly ended: Promise<Trial>;
}

const LIMIT_MS = 180_000;

export function benchIn(dir: string): Bench {
  let runner: Runner | undefined;
  const end = (): void => {
    const child = runner?.child;
    if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL'); // with all it began
    runner = undefined;
  };
  const begin = (): Runner => {
    const child = start(dir);
    const ended = once(child, 'exit').then((): Trial => {
      if (runner?.child === child) runner = undefined;
      return { colour: 'unjudged', detail: 'vitest ended' };
    });
    return { child, ended, ready: once(child, 'message') };
  };
  const ask = async (asked: Asked): Promise<Trial> => {
    const { child, ended, ready } = (runner ??= begin());
    await Promise.race([ready, ended]);
    const answered = once(child, 'message').then(([trial]) => trial as Trial);
    if (child.connected) child.send(asked);
    return Promise.race([answered, ended]);
  };
  return {
    async try(asked) {
      if (!asked.test.endsWith('.test.ts')) return compile(dir, asked.test);
      const late = Promise.withResolvers<Trial>();
      const hangs: Trial = { colour: 'red', detail: `hangs for more than ${LIMIT_MS / 1000} s` };
      const timer = setTimeout(() => late.resolve(hangs), LIMIT_MS);
      const trial = await Promise.race([ask(asked), late.promise]);
      clearTimeout(timer);
      if (trial === hangs) end();
      return trial;
    },
    end() {
      end();
      rmSync(`${dir}.code`, { recursive: true, force: true });
    },
  };
}

const environment = (dir: string): NodeJS.ProcessEnv => {
  const { REALM_REPORT: _, VITEST: _2, ...env } = process.env;
  return {
    ...env,
    PATH: `${join(dir, 'node_modules/.bin')}:${env['PATH']}`,
    CI: 'true',
    NO_COLOR: '1',
    REALM_HANGS_MS: '20000', // many a break shows in a test that waits in vain
    REALM_SEED: '1', // a test by chance meets the same cases each time: a break that it sees once, it always sees
    NODE_COMPILE_CACHE: `${dir}.code`,
  };
};

/** In a group of its own, so that a hanging test goes with all its children. */
const start = (dir: string): ChildProcess =>
  spawn(join(dir, 'node_modules/.bin/node'), [join(dir, 'tools/mutants/runner.ts')], {
    cwd: dir,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: environment(dir),
  });

/** What is no test file (`test/contract.ts`) is judged by the compiler. */
async function compile(dir: string, test: string): Promise<Trial> {
  const child = spawn(join(dir, 'node_modules/.bin/tsc'), ['-p', '.'], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment(dir),
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return { colour: 'green', detail: '' };
  const complaint = output.split('\n').find((line) => line.startsWith(test));
  if (complaint !== undefined) return { colour: 'red', detail: complaint };
  return { colour: 'unjudged', detail: `tsc fails elsewhere: ${output.trim().split('\n')[0] ?? ''}` };
}
