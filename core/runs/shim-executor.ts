// Carries out long runs, each in a process of its own that outlives the daemon and is found again by its folder.
import { type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import type { ProcessHandle, Processes } from '../contract/processes.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { messageOf } from '../errors.ts';
import type { StoredRun } from '../store/runs.ts';
import { type Executor, failureText, type Found, type RunEnd, type RunHooks } from './executor.ts';
import { noteOf } from './ledger.ts';
import { readProgress, readResult, writeRequest } from './run-folder.ts';

export interface ShimExecutorParts {
  readonly processes: Processes;
  readonly clock: Clock;
  /** Folder in which each run has one, `.realm/run`. */
  readonly folder: string;
  /** The words that start `realm run-action DIR`. */
  readonly command: (dir: string) => readonly string[];
  readonly cwd: string;
  /** Called before each start; when it throws, that is why the run failed. */
  readonly prepare?: () => void;
  /** The whole environment of a run. */
  readonly env: () => Readonly<Record<string, string>>;
  readonly crash?: CrashPoint;
  /** Between the request to stop and the end by force. Default 10_000. */
  readonly graceMs?: number;
}

interface Going {
  readonly run: StoredRun;
  readonly hooks: RunHooks;
  handle: ProcessHandle | undefined;
  watcher: FSWatcher | undefined;
  force: Timer | undefined;
  isCancelled: boolean;
}

/** KILL is repeated until the end is known. */
const KILL_AGAIN_MS = 1_000;

export class ShimExecutor implements Executor {
  readonly #parts: ShimExecutorParts;
  readonly #going = new Map<string, Going>();
  readonly #stopHearing: () => void;

  constructor(parts: ShimExecutorParts) {
    this.#parts = parts;
    this.#stopHearing = parts.processes.exits((handle) => this.#ended(handle));
  }

  #dir(run: StoredRun): string {
    return join(this.#parts.folder, run.id);
  }

  /** Another token for each attempt: a start that was given up stays given up. */
  #token(run: StoredRun): string {
    return `${run.id.replaceAll(/[^A-Za-z0-9]/g, '')}a${run.attempt}`;
  }

  note(run: StoredRun): object {
    return { token: this.#token(run) };
  }

  begin(run: StoredRun, hooks: RunHooks): void {
    const { processes, cwd, crash = noCrash } = this.#parts;
    const going = this.#add(run, hooks);
    const dir = this.#dir(run);
    const start = async (): Promise<void> => {
      this.#parts.prepare?.();
      writeRequest(
        dir,
        { id: run.id, key: run.key, action: run.action, input: run.input, actor: noteOf(run).actor },
        crash,
      );
      const wish = {
        dir,
        argv: this.#parts.command(dir),
        cwd,
        env: this.#parts.env(),
        token: this.#token(run),
        log: join(dir, 'log'),
      };
      crash('runs.process:before');
      const handle = await processes.start(wish);
      crash('runs.process:after');
      this.#bind(going, handle);
    };
    start().catch((error: unknown) => this.#finish(going, { state: 'failed', reason: messageOf(error) }));
  }

  #add(run: StoredRun, hooks: RunHooks): Going {
    const going: Going = { run, hooks, handle: undefined, watcher: undefined, force: undefined, isCancelled: false };
    this.#going.set(this.#token(run), going);
    return going;
  }

  #bind(going: Going, handle: ProcessHandle): void {
    going.handle = handle;
    if (handle.exit !== undefined) return this.#ended(handle);
    const dir = this.#dir(going.run);
    const look = (): void => {
      const progress = readProgress(dir);
      if (progress !== undefined) going.hooks.progress(progress);
    };
    try {
      going.watcher = watch(dir, { persistent: false }, (_, name) => {
        if (name === 'progress.json') look();
      });
      going.watcher.on('error', () => going.watcher?.close());
    } catch {
      // the system's limit of watchers: then progress is read at the end only
    }
    look();
    if (going.isCancelled) this.#stop(going);
  }

  #ended(handle: ProcessHandle): void {
    const going = this.#going.get(handle.token);
    if (going === undefined || handle.exit === undefined) return;
    if (going.isCancelled) this.#parts.processes.signal(handle, 'SIGKILL'); // what left the tree and carries the token
    this.#finish(going, this.#endOf(handle));
  }

  #endOf({ dir, exit }: ProcessHandle): RunEnd {
    const exitCode = exit?.status ?? null;
    const result = readResult(dir);
    if (result?.ok === true) return { state: 'succeeded', output: result.output, exitCode };
    if (result?.ok === false)
      return { state: 'failed', reason: failureText(result.error), exitCode, output: result.output };
    const why = `its process ended without a result: ${exit?.why ?? 'nobody knows how'}`;
    return { state: exitCode === null ? 'lost' : 'failed', reason: why, exitCode };
  }

  #finish(going: Going, end: RunEnd): void {
    if (!this.#going.delete(this.#token(going.run))) return;
    going.watcher?.close();
    going.force?.cancel();
    going.hooks.ended(end);
  }

  cancel(run: StoredRun): void {
    const going = this.#going.get(this.#token(run));
    if (going === undefined || going.isCancelled) return;
    going.isCancelled = true;
    if (going.handle !== undefined) this.#stop(going);
  }

  #stop(going: Going): void {
    const { processes, clock, graceMs = 10_000 } = this.#parts;
    processes.signal(going.handle!, 'SIGTERM');
    const force = (): void => {
      processes.signal(going.handle!, 'SIGKILL');
      going.force = clock.after(KILL_AGAIN_MS, force);
    };
    going.force = clock.after(graceMs, force);
  }

  find(run: StoredRun, hooks: RunHooks): Found {
    const handle = this.#parts.processes.adopt(this.#dir(run), this.#token(run));
    if (handle.neverStarted) return 'never started';
    if (handle.exit !== undefined) return this.#endOf(handle);
    this.#bind(this.#add(run, hooks), handle);
    return 'going';
  }

  isAlive(run: StoredRun): boolean {
    return this.#going.has(this.#token(run));
  }

  /** Whether its process is there, whatever its row says. Touches nothing. */
  isRunning(run: StoredRun): boolean {
    return this.#parts.processes.look(this.#dir(run), this.#token(run)).state === 'running';
  }

  async close(): Promise<void> {
    this.#stopHearing();
    for (const { watcher, force } of this.#going.values()) {
      watcher?.close();
      force?.cancel();
    }
    this.#going.clear();
  }
}
