// The daemon: lease, kernel, socket, file watch and signals, begun in this order and ended in the reverse one.
import type { Door, HolderView, SourceView } from '../api/door.ts';
import type { Clock, Timer } from '../clock.ts';
import type { Log } from '../contract/context.ts';
import { messageOf } from '../errors.ts';
import type { Reloaded } from '../kernel/kernel.ts';
import type { Random } from '../random.ts';
import { VERSION } from '../kernel/version.ts';
import { errorView } from './answers.ts';
import type { PathWatch } from './config-watch.ts';
import { watchPaths } from './config-watch.ts';
import type { Compare } from './fingerprint.ts';
import { givesBack } from './give-back.ts';
import type { Lease, LeaseHolder } from './lease.ts';
import { acquire } from './lease.ts';
import type { Control, ReloadAnswer } from './route.ts';
import type { Served } from './serve.ts';
import { serve } from './serve.ts';
import { STOP_EVERYTHING_MS, STOP_MS } from './stop-budget.ts';
import type { StopSignals } from './stop-signals.ts';

/** Absolute paths whose change matters to a running realm. */
export interface Watched {
  /** Config files that were read; a touch alone is no change. */
  readonly files: readonly string[];
  /** Folders in which a new file would be read. */
  readonly folders: readonly string[];
  /** Modules of plugins that are read again when they are edited. */
  readonly plugins: readonly string[];
  /** What kinds asked to watch for their resources. */
  readonly kinds: readonly string[];
}

/** What the daemon needs of a kernel. */
export interface KernelLike {
  readonly door: Door;
  /** Of the config in force. */
  source(): SourceView;
  /** Of the config in force, and of the newest one when that is invalid. */
  watched(): Watched;
  start(): Promise<void>;
  reload(): Promise<Reloaded>;
  /** Something happened to these files, and `reload` may follow. */
  edited(paths: Iterable<string>): void;
  /** `reload` is what to call when an edit that waited can be taken over. */
  onReadAgain(reload: () => Promise<unknown>): void;
  /** Paths of `watched().kinds` changed. */
  touched(paths: readonly string[]): void;
  /** `everything`: also what would live on without Realm. */
  stop(budgetMs: number, reason: string, everything: boolean): Promise<void>;
}

export interface DaemonOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** false: LEASE_BUSY at once. Default true. */
  readonly wait?: boolean;
  readonly onWait?: (holder: LeaseHolder) => void;
  readonly open: (holder: HolderView) => Promise<KernelLike>;
  /** Called once it answers and works. */
  readonly onReady?: (daemon: Running) => void;
  readonly signals: StopSignals;
  /** What ends it ends everything that it started too, except when somebody else holds the realm by then. */
  readonly endsEverything?: boolean;
  /** What stopping may take. Default 10_000, or 30_000 for everything. */
  readonly stopBudgetMs?: number;
}

export interface Running {
  readonly holder: HolderView;
  readonly socket: string;
  readonly door: Door;
}

export interface DaemonEnd {
  readonly reason: string;
  readonly signal: NodeJS.Signals | undefined;
  /** false: the kernel did not stop in time. Then the process must exit at once, and with it goes the lease. */
  readonly isClean: boolean;
}

interface Asked {
  readonly reason: string;
  readonly everything: boolean;
}

const REQUESTS_MS = 1_000;

/** Runs until it is told to stop. Throws what opening the kernel, the lease or the socket throws. */
export async function runDaemon(options: DaemonOptions): Promise<DaemonEnd> {
  const { stateDir, clock, random, signals, wait = true, onWait } = options;
  const lease = await acquire({
    stateDir,
    purpose: 'daemon',
    wait,
    signal: signals.stop,
    clock,
    random,
    ...(onWait === undefined ? {} : { onWait }),
  });
  const daemon = new Daemon(options, lease);
  try {
    return await daemon.run();
  } catch (error) {
    await daemon.giveUp();
    throw error;
  }
}

class Daemon {
  readonly #options: DaemonOptions;
  readonly #lease: Lease;
  readonly #holder: HolderView;
  readonly #asked = Promise.withResolvers<Asked>();
  readonly #loaded: () => void;
  #kernel: KernelLike | undefined;
  #served: Served | undefined;
  #config: PathWatch | undefined;
  #kinds: PathWatch | undefined;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(options: DaemonOptions, lease: Lease) {
    this.#options = options;
    this.#lease = lease;
    this.#loaded = givesBack(options.clock);
    const { pid, since, purpose } = lease.holder;
    this.#holder = { pid, version: VERSION, startedAt: since, holder: purpose };
  }

  async run(): Promise<DaemonEnd> {
    const { open, stateDir, signals, onReady, log } = this.#options;
    const onError = (error: unknown): void => log.error(messageOf(error), { error });
    const { endsEverything = false } = this.#options;
    this.#heed(this.#lease.lost, false);
    this.#heed(signals.stop, endsEverything);
    const kernel = await open(this.#holder);
    this.#kernel = kernel;
    this.#served = await serve({ stateDir, control: this.#control(kernel), onError });
    kernel.onReadAgain(() => this.#reload());
    signals.onReload(() => {
      log.info('SIGHUP: the config is read again');
      void this.#reload();
    });
    await (this.#reloading = kernel.start()); // who asks to read the config again waits for that
    const { clock } = this.#options;
    const onChange = async (): Promise<void> => void (await this.#reload());
    this.#config = watchPaths({ clock, onError, onStir: (paths) => kernel.edited(paths), onChange });
    this.#kinds = watchPaths({ clock, onError, recheckMs: 0, onChange: (paths) => kernel.touched(paths) });
    if (await this.#watchAgain()) await this.#reload(); // a file may have changed after it was read and before it was watched
    this.#loaded();
    onReady?.({ holder: this.#holder, socket: this.#served.socket, door: kernel.door });
    log.info('ready', { socket: this.#served.socket });
    return this.#stop(await this.#asked.promise);
  }

  #heed(signal: AbortSignal, everything: boolean): void {
    const told = (): void => this.#asked.resolve({ reason: messageOf(signal.reason), everything });
    if (signal.aborted) told();
    else signal.addEventListener('abort', told, { once: true });
  }

  #control(kernel: KernelLike): Control {
    const { endsEverything = false } = this.#options;
    return {
      door: kernel.door,
      holder: this.#holder,
      clock: this.#options.clock,
      source: async () => {
        await this.#config?.settle(); // whoever asks straight after a save means what was saved
        return kernel.source();
      },
      reload: () => this.#reload(),
      stop: (reason, everything) => this.#asked.resolve({ reason, everything: everything || endsEverything }),
    };
  }

  /** One after the other; each reads the files as they are when its turn comes. */
  #reload(): Promise<ReloadAnswer> {
    const next = this.#reloading.then(() => this.#reloadNow());
    this.#reloading = next.catch((error: unknown) => {
      this.#options.log.error(`reload failed: ${messageOf(error)}`, { error });
    });
    return next;
  }

  async #reloadNow(): Promise<ReloadAnswer> {
    const kernel = this.#kernel!;
    this.#loaded();
    for (;;) {
      const done = await kernel.reload();
      if (done.ok && done.changed) await this.#served?.swap(this.#control(kernel));
      const isAgain = await this.#watchAgain(); // files that were not watched while they were read
      if (!done.ok) {
        this.#options.log.warn(`the config is invalid, the last good one stays in force: ${done.error.message}`);
        return { ok: false, ...errorView(done.error) };
      }
      if (!isAgain) return { ok: true };
    }
  }

  /** true: something is watched that was not before. */
  async #watchAgain(): Promise<boolean> {
    const { files, folders, plugins, kinds } = this.#kernel!.watched();
    const config = new Map<string, Compare>();
    for (const path of plugins) config.set(path, 'content');
    for (const path of folders) config.set(path, 'names');
    for (const path of files) config.set(path, 'content');
    const added = (await this.#config?.set(config)) ?? [];
    await this.#kinds?.set(new Map(kinds.map((path) => [path, 'stat'])));
    return added.length > 0;
  }

  async #stop({ reason, everything }: Asked): Promise<DaemonEnd> {
    const { log, signals, stopBudgetMs = everything ? STOP_EVERYTHING_MS : STOP_MS, clock } = this.#options;
    log.info('stopping', { reason, everything });
    await this.#config?.close();
    await this.#kinds?.close();
    const budget = new AbortController();
    const timers: Timer[] = [clock.after(stopBudgetMs, () => budget.abort(), true)];
    signals.now.addEventListener('abort', () => budget.abort(), { once: true });
    if (signals.now.aborted) budget.abort();
    const stopped = this.#kernel!.stop(stopBudgetMs, reason, everything).then(() => true);
    const late = new Promise<false>((resolve) => {
      if (budget.signal.aborted) resolve(false);
      budget.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    const isClean = await Promise.race([stopped, late]).catch((error: unknown) => {
      log.error(`stopping failed: ${messageOf(error)}`, { error });
      return false;
    });
    timers.push(clock.after(REQUESTS_MS, () => budget.abort(), true));
    await this.#served?.close(budget.signal);
    for (const timer of timers) timer.cancel();
    if (isClean) await this.#lease.release();
    log.info('stopped', { reason, isClean });
    return { reason, signal: signals.received(), isClean };
  }

  /** After a failed start: nothing of it stays. */
  async giveUp(): Promise<void> {
    await this.#config?.close();
    await this.#kinds?.close();
    await this.#served?.close(AbortSignal.abort());
    await this.#kernel?.stop(REQUESTS_MS, 'the start failed', false);
    await this.#lease.release();
  }
}
