// Carries out short runs inside this process; they end with it.
import type { Clock } from '../clock.ts';
import { sleep } from '../clock.ts';
import type { Progress } from '../contract/context.ts';
import { codeOf, messageOf, outputOf } from '../errors.ts';
import type { StoredRun } from '../store/runs.ts';
import { noteOf } from './ledger.ts';
import { type Executor, failureText, type Found, type RunHooks } from './executor.ts';

/** Calls the action by name. Throws ACTION_UNKNOWN and whatever the action throws. */
export type Invoke = (
  action: string,
  input: unknown,
  doing: {
    readonly signal: AbortSignal;
    readonly progress: (at: Progress) => void;
    /** Who asked for it; unknown of runs that an earlier version began. */
    readonly actor?: string | undefined;
  },
) => Promise<unknown>;

export interface InlineExecutorParts {
  readonly invoke: Invoke;
  readonly clock: Clock;
  /** How long a cancelled action may take to notice. Default 10_000. */
  readonly graceMs?: number;
}

interface Going {
  readonly stop: AbortController;
  readonly settled: Promise<void>;
  end(reason: string): void;
}

export class InlineExecutor implements Executor {
  readonly #parts: InlineExecutorParts;
  readonly #going = new Map<string, Going>();

  constructor(parts: InlineExecutorParts) {
    this.#parts = parts;
  }

  note(): object {
    return {};
  }

  begin(run: StoredRun, hooks: RunHooks): void {
    const stop = new AbortController();
    const settled = this.#carryOut(run, hooks, stop.signal);
    const end = (reason: string): void => {
      if (this.#going.delete(run.id)) hooks.ended({ state: 'cancelled', reason });
    };
    this.#going.set(run.id, { stop, settled, end });
  }

  async #carryOut(run: StoredRun, hooks: RunHooks, signal: AbortSignal): Promise<void> {
    let end: Parameters<RunHooks['ended']>[0];
    try {
      await Promise.resolve(); // never before `begin` has returned
      const doing = { signal, progress: (at: Progress) => hooks.progress(at), actor: noteOf(run).actor };
      const output = await this.#parts.invoke(run.action, run.input, doing);
      end = { state: 'succeeded', output: output ?? null };
    } catch (error) {
      end = {
        state: signal.aborted ? 'cancelled' : 'failed',
        reason: failureText({ code: codeOf(error), message: messageOf(error) }),
        output: outputOf(error),
      };
    }
    if (this.#going.delete(run.id)) hooks.ended(end);
  }

  cancel(run: StoredRun, why: string): void {
    const going = this.#going.get(run.id);
    if (going === undefined || going.stop.signal.aborted) return;
    void this.#stop(going, why);
  }

  /** Nothing can end a promise that does not want to: after the grace it is written off. */
  async #stop(going: Going, why: string): Promise<void> {
    const { clock, graceMs = 10_000 } = this.#parts;
    const tired = new AbortController();
    going.stop.abort(new Error(why));
    const late = sleep(clock, graceMs, tired.signal).then(
      () => going.end(`${why} (it did not stop within ${graceMs / 1000} s, and was left behind)`),
      () => {}, // it settled in time
    );
    await Promise.race([going.settled, late]);
    tired.abort();
  }

  find(): Found {
    return { state: 'lost', reason: 'the process that carried it out ended before it did' };
  }

  isAlive(run: StoredRun): boolean {
    return this.#going.has(run.id);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#going.values()].map((going) => this.#stop(going, 'Realm stopped')));
  }
}
