// Probe: a command ends with 0. It runs as the service does, and is killed with all it started when its time is over.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { argvOf } from '../argv.ts';
import { no, type Probe, yes } from './probe.ts';

const MOST_SAID = 2_000;

/** Of coreutils. Where it is missing (macOS) a probe outlives a daemon that is killed. */
const TIMEOUT = ['/usr/bin/timeout', '/bin/timeout'].find((file) => existsSync(file));

/** Ends by itself soon after its time, also when nobody is left to end it. */
const bounded = (argv: readonly string[], ms: number): readonly string[] =>
  TIMEOUT === undefined ? argv : [TIMEOUT, '-s', 'KILL', String(Math.ceil(ms / 1000) + 1), ...argv];

export const exec: Probe = async ({ exec: command = [], timeout }, target, signal) => {
  const { spec } = target;
  const { nice: _nice, ...rights } = spec;
  const [program = '', ...args] = bounded(argvOf({ ...rights, command, limits: {} }), timeout);
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: target.environment(),
    detached: true, // a group of its own, to be killed as one
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { status, said } = await endOf(child, signal);
  const shown = command.join(' ').slice(0, 80);
  if (status === 0) return yes(`\`${shown}\` ended with 0`);
  const last = said.trim().split('\n').at(-1);
  return no(`\`${shown}\` ended with ${status}${last ? `: ${last.slice(0, 200)}` : ''}`);
};

interface Ended {
  readonly status: number | NodeJS.Signals | null;
  /** The end of what it said. */
  readonly said: string;
}

/** Of a failure the last words are waited for; something that left the group may hold the pipes, so only until `signal`. */
async function endOf(child: ChildProcess, signal: AbortSignal): Promise<Ended> {
  let said = '';
  const hear = (bytes: Buffer): void => void (said = (said + bytes.toString()).slice(-MOST_SAID));
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const kill = (): void => killGroup(child);
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const closed = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  try {
    const status = await new Promise<Ended['status']>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, by) => resolve(code ?? by));
    });
    kill(); // what it left behind
    if (status !== 0) await closed;
    return { status, said };
  } finally {
    signal.removeEventListener('abort', kill);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // nothing of it is left
  }
}
