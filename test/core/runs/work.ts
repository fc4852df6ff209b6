// The process of a long run in tests: actions that succeed, fail, linger, and are seen by the file they append to.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync } from 'node:fs';
import { sleep, systemClock } from '../../../core/clock.ts';
import { RealmError } from '../../../core/errors.ts';
import type { Invoke } from '../../../core/runs/inline-executor.ts';
import { runAction } from '../../../core/runs/run-action.ts';

interface Input {
  readonly witness?: string;
  readonly token?: string;
  readonly ms?: number;
  /** Waits until this file exists. */
  readonly gate?: string;
}

const invoke: Invoke = async (action, raw, { signal, progress }) => {
  const { witness, token = '', ms = 0, gate } = raw as Input;
  if (witness !== undefined) appendFileSync(witness, `${token}\n`);
  if (action === 'demo.fail') throw new RealmError('ACTION_FAILED', 'the cable is out');
  if (action === 'demo.crash') process.kill(process.pid, 'SIGKILL');
  if (action === 'demo.deaf') {
    spawn('setsid', ['sh', '-c', 'trap "" TERM; sleep 60'], { stdio: 'ignore', detached: true }).unref();
    progress({ phase: 'deaf' });
    await sleep(systemClock, 60_000);
  }
  if (action === 'demo.steps') {
    for (let done = 0; done <= 1_000; done++) progress({ phase: 'steps', done, total: 1_000 });
    console.log('a line in the log');
  }
  progress({ phase: 'waiting' });
  const isShut = (): boolean => gate !== undefined && !existsSync(gate);
  while (isShut()) await sleep(systemClock, 10, signal);
  await sleep(systemClock, ms, signal);
  return { token };
};

let writes = 0;
const crash = (): void => {
  if (++writes === Number(process.env['KILL_AT_WRITE'])) process.kill(process.pid, 'SIGKILL');
};

process.exit(await runAction({ dir: process.argv[2]!, invoke, clock: systemClock, graceMs: 500, crash }));
