// Runs the real command line in a folder of its own, and leaves no process behind whatever the test does.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** For what is promised within a second: room for a busy machine, and far below the minute after which all is looked at anyway. */
export const SOON_MS = 5_000;

/** For what nobody promised within a time: only what hangs takes longer. Mutants are given less. */
export const HANGS_MS = Number(process.env['REALM_HANGS_MS'] ?? 60_000);

const ownBin = join(import.meta.dirname, '../../bin/realm');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Circumstances {
  readonly env?: Readonly<Record<string, string>>;
  /** The Node that starts bin/realm. Default: the one that runs the tests. */
  readonly node?: string;
  /** Another installation's bin/realm. Default: this repository's. */
  readonly bin?: string;
  /** Written to stdin, which is then closed. Default: nothing. */
  readonly stdin?: string;
  /** Killed when it takes longer. Default `HANGS_MS`. */
  readonly timeoutMs?: number;
}

/** A fresh folder with these files, gone after the test; a daemon left in it is killed first. */
export async function tempRealm(files: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'realm-e2e-'));
  onTestFinished(async () => {
    await killHolder(dir);
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), text);
  }
  return dir;
}

/** Runs `realm ARGS` in the folder to its end. */
export async function realm(dir: string, args: readonly string[], how: Circumstances = {}): Promise<Ended> {
  const started = launch(dir, args, how);
  const timeoutMs = how.timeoutMs ?? HANGS_MS;
  const late = AbortSignal.timeout(timeoutMs);
  late.addEventListener('abort', () => started.child.kill('SIGKILL'));
  const ended = await started.ended;
  if (!late.aborted) return ended;
  throw new Error(`realm ${args.join(' ')} took longer than ${timeoutMs} ms\n${ended.stdout}\n${ended.stderr}`);
}

export interface Watch {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** All that was printed so far, stdout and stderr as they came. */
  readonly output: () => string;
  /** Resolves once the output has it; rejects at the deadline (default `HANGS_MS`) or when the process ends without it. */
  prints(what: string | RegExp, timeoutMs?: number): Promise<void>;
  /** Sends the signal and waits for the end; kills after `timeoutMs` (default `HANGS_MS`) and rejects. */
  stop(signal?: NodeJS.Signals, timeoutMs?: number): Promise<Ended>;
}

/** Starts `realm ARGS` (default `watch`) and lets it run; killed after the test if it still does. */
export function watch(dir: string, args: readonly string[] = ['watch', '--yes'], how: Circumstances = {}): Watch {
  const { child, ended, output } = launch(dir, args, how);
  let over = false;
  void ended.then(() => (over = true));
  const pid = child.pid;
  if (pid === undefined) throw new Error(`realm ${args.join(' ')} did not start`);
  onTestFinished(async () => {
    if (!over) child.kill('SIGKILL');
    await ended;
  });
  return {
    pid,
    ended,
    output,
    prints: (what, timeoutMs = HANGS_MS) => {
      const has = (): boolean => (typeof what === 'string' ? output().includes(what) : what.test(output()));
      return until(() => has() || over, timeoutMs, `realm ${args.join(' ')} to print ${String(what)}`, output).then(
        () => {
          if (!has()) throw new Error(`realm ${args.join(' ')} ended without printing ${String(what)}\n${output()}`);
        },
      );
    },
    async stop(signal = 'SIGINT', timeoutMs = HANGS_MS) {
      child.kill(signal);
      try {
        await until(() => over, timeoutMs, `realm ${args.join(' ')} to end after ${signal}`, output);
      } finally {
        if (!over) child.kill('SIGKILL');
      }
      return ended;
    },
  };
}

/** Asks again and again until it is true, at least 20 ms later; rejects at the deadline, saying what it waited for. */
export async function until(
  check: () => boolean | Promise<boolean>,
  timeoutMs: number,
  what: string,
  seen: () => string = () => '',
): Promise<void> {
  const endsAt = Date.now() + timeoutMs;
  for (;;) {
    const askedAt = Date.now();
    if (await check()) return;
    if (Date.now() > endsAt) throw new Error(`waited ${timeoutMs} ms for ${what}\n${seen()}`);
    await pause(Math.min(Math.max(20, Date.now() - askedAt), 500)); // who asks by a process is not to be the load itself
  }
}

interface Launched {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly output: () => string;
}

function launch(dir: string, args: readonly string[], { env, node, bin, stdin }: Circumstances): Launched {
  const child = spawn(node ?? process.execPath, [bin ?? ownBin, ...args], {
    cwd: dir,
    env: { ...plainEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '', both: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => {
      texts[name] += chunk;
      texts.both += chunk;
    });
  }
  child.stdin.on('error', () => {}); // the program may end without reading its input
  child.stdin.end(stdin ?? '');
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout: texts.stdout, stderr: texts.stderr }));
  });
  return { child, ended, output: () => texts.both };
}

/** A process that has ended may stay in the list until its parent asks; it counts as gone. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2)[0]!);
  } catch {
    return false; // no such process
  }
}

/** The Node of the system, older than Realm's own where there is one; else the one that runs the tests. */
export function oldNode(): string {
  const found = ['/usr/local/bin/node', '/usr/bin/node'].find((path) => existsSync(path));
  return found ?? process.execPath;
}

/** What a login shell has, and nothing of the test runner's own. */
function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'TMPDIR', 'TZ'];
  return Object.fromEntries([
    ...kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ['NO_COLOR', '1'],
  ]);
}

/** A daemon started by `realm up` is nobody's child; the lease in its folder says which process it is. */
async function killHolder(dir: string): Promise<void> {
  const text = await readFile(join(dir, '.realm/lease.json'), 'utf8').catch(() => '{}');
  const { pid } = JSON.parse(text) as { pid?: unknown };
  if (typeof pid !== 'number' || pid <= 1 || pid === process.pid) return;
  const place = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!place.includes('realm')) return; // the number was given to somebody else
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended between the look and the signal
  }
}
