// Starts a daemon that outlives the shell it was started from, and ends one.
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import { connectDoor } from './client.ts';
import { requireLocal } from './filesystem.ts';
import { TOKEN_VARIABLE } from '../os/identity.ts';
import { thisSystem } from '../os/system.ts';
import { makeStateFolder } from '../store/folder.ts';
import { heartbeatOf, isHolderAlive, leaseFile, processNamespace } from './lease-file.ts';
import type { LeaseHolder } from './lease.ts';
import { read } from './lease.ts';
import { STOP_EVERYTHING_MS, STOP_MS } from './stop-budget.ts';

export interface StartOptions {
  readonly stateDir: string;
  /** Program and arguments: Realm's Node, `bin/realm`, `watch --daemon` and the global flags. */
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** How long it may take until it answers. Default 30_000. */
  readonly patienceMs?: number;
}

const POLL_MS = 25;
const ASK_MS = 2_000;
const LOG_LINES = 15;
export const daemonOutput = (stateDir: string): string => join(stateDir, 'logs', 'daemon.out');

/**
 * Starts the daemon in a session of its own, its output in `.realm/logs/daemon.out`, and waits until it answers.
 * Throws DAEMON_START_FAILED with the last lines of that file. When a daemon is there already, that one is returned.
 */
export async function startDetached(
  options: StartOptions,
): Promise<{ readonly holder: LeaseHolder; readonly isNew: boolean }> {
  const { stateDir, clock, signal, patienceMs = 30_000 } = options;
  await requireLocal(stateDir);
  const before = await read(stateDir, clock);
  if (before?.purpose === 'daemon') return { holder: before, isNew: false };
  const output = daemonOutput(stateDir);
  makeStateFolder(stateDir);
  mkdirSync(join(stateDir, 'logs'), { recursive: true, mode: 0o700 });
  const from = statSync(output, { throwIfNoEntry: false })?.size ?? 0;
  const child = await launch(options, output);
  const until = clock.now() + patienceMs;
  for (;;) {
    const holder = await answering(options);
    if (holder !== undefined) return { holder, isNew: true };
    const why = child.ended() ?? (clock.now() >= until ? `it did not answer within ${patienceMs / 1000} s` : undefined);
    if (why !== undefined) throw startFailed(why, output, from);
    await sleep(clock, POLL_MS, signal);
  }
}

async function answering({ stateDir, clock, signal }: StartOptions): Promise<LeaseHolder | undefined> {
  const holder = await read(stateDir, clock);
  if (holder?.purpose !== 'daemon') return undefined;
  try {
    const door = await connectDoor(stateDir, {
      clock,
      ...(signal === undefined ? {} : { signal }),
      patienceMs: ASK_MS,
    });
    await door?.close();
    return door?.holder;
  } catch (error) {
    if (error instanceof RealmError && error.code === 'DAEMON_UNREACHABLE') return undefined;
    throw error;
  }
}

interface Child {
  /** How it ended, or undefined while it lives. */
  ended(): string | undefined;
}

async function launch({ command, cwd, env }: StartOptions, output: string): Promise<Child> {
  const [program, ...words] = (await hasScopes(env)) ? ([...SCOPE, ...command] as const) : command;
  const handle = openSync(output, 'a', 0o600);
  let ended: string | undefined;
  try {
    const child = spawn(program, words, {
      cwd,
      env: ownEnvironment(env),
      detached: true,
      stdio: ['ignore', handle, handle],
    });
    child.once('error', (error) => (ended = `${program} cannot be started: ${error.message}`));
    child.once('exit', (code, signal) => (ended = signal === null ? `it exited with ${code}` : `it died of ${signal}`));
    child.unref();
  } finally {
    closeSync(handle);
  }
  return { ended: () => ended };
}

/** A daemon that is started inside a run or a service is no part of it, and must not be found or ended as one. */
const ownEnvironment = (env: StartOptions['env']): StartOptions['env'] =>
  Object.fromEntries(Object.entries(env).filter(([name]) => name !== TOKEN_VARIABLE && !name.startsWith('_realm_')));

const SCOPE = ['systemd-run', '--user', '--scope', '--quiet', '--'] as const;

/** Where logging out ends everything in the session, only a scope of the user's own service manager lives on. */
async function hasScopes(env: StartOptions['env']): Promise<boolean> {
  const runtime = env['XDG_RUNTIME_DIR'];
  if (runtime === undefined || !existsSync(join(runtime, 'systemd', 'private'))) return false;
  try {
    await promisify(execFile)(SCOPE[0], [...SCOPE.slice(1), 'true'], { env });
    return true;
  } catch {
    return false; // not installed, or not allowed: a session of its own has to do
  }
}

function startFailed(why: string, output: string, from: number): RealmError {
  const said = readFileSync(output).subarray(from).toString('utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n');
  return new RealmError('DAEMON_START_FAILED', `the daemon is not running: ${why}\n${said}`.trimEnd(), {
    hint: `its output is in ${output}`,
  });
}

export interface StopOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly reason: string;
  /** Also what it started, and what would live on. */
  readonly everything?: boolean;
  readonly signal?: AbortSignal;
  /** How long it may take after being asked, and again after SIGTERM. Default: 5 s more than it gives itself. */
  readonly patienceMs?: number;
}

export interface StoppedHolder extends LeaseHolder {
  /** false: it could not be asked, or did not end when asked, and a signal ended it. */
  readonly hasHeard: boolean;
}

/**
 * Asks whoever holds the realm to stop, waits until that process is gone, and sends SIGTERM when it does not go.
 * Returns who it was, or undefined when nobody held it. Throws DAEMON_STILL_ALIVE when it outlives that too.
 */
export async function stopHolder(options: StopOptions): Promise<StoppedHolder | undefined> {
  const { stateDir, clock, reason, everything = false } = options;
  const { patienceMs = (everything ? STOP_EVERYTHING_MS : STOP_MS) + 5_000 } = options;
  const holder = await read(stateDir, clock);
  if (holder === undefined) return undefined;
  const unasked = await askToStop(options).then(
    () => undefined,
    (error: unknown) => messageOf(error),
  );
  if (unasked === undefined && (await isGoneWithin(patienceMs, holder, options))) return { ...holder, hasHeard: true };
  signalHolder(holder);
  if (await isGoneWithin(patienceMs, holder, options)) return { ...holder, hasHeard: false };
  const asked = unasked === undefined ? 'was asked to stop' : `could not be asked (${unasked})`;
  throw new RealmError(
    'DAEMON_STILL_ALIVE',
    `process ${holder.pid} (${holder.purpose}) ${asked}, got SIGTERM, and still runs (${reason})`,
    { hint: `look at its log; kill -9 ${holder.pid} ends it, and the next start repairs what that leaves` },
  );
}

/** Only the very process that was seen: its pid may mean another one by now, or in another container. */
function signalHolder(holder: LeaseHolder): void {
  if (holder.namespace !== processNamespace() || !thisSystem().isAlive(holder)) return;
  try {
    process.kill(holder.pid, 'SIGTERM');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

async function askToStop({ stateDir, clock, reason, everything, patienceMs = ASK_MS }: StopOptions): Promise<void> {
  const door = await connectDoor(stateDir, { clock, patienceMs: Math.min(ASK_MS, patienceMs) });
  await door?.stop(reason, everything);
  await door?.close();
}

async function isGoneWithin(
  ms: number,
  holder: LeaseHolder,
  { stateDir, clock, signal }: StopOptions,
): Promise<boolean> {
  const until = clock.now() + ms;
  while (isHolderAlive(holder, heartbeatOf(leaseFile(stateDir)), clock.now())) {
    if (clock.now() >= until) return false;
    await sleep(clock, POLL_MS, signal);
  }
  return true;
}
