// What the process of a long run does: reads its request, carries the action out, leaves progress and a result in its folder.
import type { Clock, Timer } from '../clock.ts';
import type { Progress } from '../contract/context.ts';
import { type CrashPoint, noCrash } from '../crash.ts';
import { messageOf, outputOf, RealmError } from '../errors.ts';
import { Mask } from '../mask.ts';
import type { Invoke } from './inline-executor.ts';
import { readRequest, type ResultFile, writeProgress, writeResult } from './run-folder.ts';

export interface RunActionParts {
  /** The folder of the run. */
  readonly dir: string;
  readonly invoke: Invoke;
  readonly clock: Clock;
  /** What the action reveals is hidden in everything it hands back. Default: nothing is. */
  readonly mask?: Mask;
  /** Where SIGTERM and SIGINT are heard. Default: this process. */
  readonly signals?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  /** How long the action may take to stop after a signal. Default 8_000, less than the daemon waits before KILL. */
  readonly graceMs?: number;
  readonly crash?: CrashPoint;
}

const PROGRESS_EVERY_MS = 250;
const STOPPED = 143; // 128 + SIGTERM

/** Writes at most four times a second, and always the last word. A write that fails is no reason to fail the run. */
function progressWriter(write: (at: Progress) => void, clock: Clock): { tell(at: Progress): void; flush(): void } {
  let latest: Progress | undefined;
  let pause: Timer | undefined;
  const writeLatest = (): void => {
    if (latest === undefined) return;
    const at = latest;
    latest = undefined;
    try {
      write(at);
    } catch {
      // a full disk: the run goes on, only nobody sees how far it is
    }
  };
  const tell = (at: Progress): void => {
    latest = at;
    if (pause !== undefined) return;
    writeLatest();
    pause = clock.after(PROGRESS_EVERY_MS, () => {
      pause = undefined;
      if (latest !== undefined) tell(latest);
    });
  };
  const flush = (): void => {
    pause?.cancel();
    writeLatest();
  };
  return { tell, flush };
}

function failure(error: unknown, mask: Mask): ResultFile {
  const code = error instanceof RealmError ? { code: error.code } : {};
  const told = { ok: false, error: { ...code, message: mask.text(messageOf(error)) } } as const;
  const output = outputOf(error);
  return output === undefined ? told : { ...told, output: mask.value(output) };
}

/** An output that is no JSON is a failure of the action, with that as its reason. */
function success(action: string, output: unknown, mask: Mask): ResultFile {
  try {
    const shown = mask.value(output);
    JSON.stringify(shown);
    return { ok: true, output: shown ?? null };
  } catch (error) {
    return failure(new RealmError('ACTION_FAILED', `${action} returned what is no JSON: ${messageOf(error)}`), mask);
  }
}

/**
 * Answers with the exit code of the process: 0, 1 when the action failed, 143 when it was asked to stop.
 * The caller must then exit, since an action that ignores its signal is left behind. Throws RUN_FOLDER_UNREADABLE.
 */
export async function runAction({
  dir,
  invoke,
  clock,
  mask = new Mask(),
  signals = process,
  graceMs = 8_000,
  crash = noCrash,
}: RunActionParts): Promise<number> {
  const request = readRequest(dir);
  const stop = new AbortController();
  const progress = progressWriter((at) => writeProgress(dir, mask.value(at), crash), clock);
  const going = clock.after(Number.MAX_SAFE_INTEGER, () => {}, true); // an action may wait for nothing but its signal
  let timer: Timer | undefined;
  let writeOff: (result: ResultFile) => void = () => {};
  const tooLate = new Promise<ResultFile>((resolve) => (writeOff = resolve));
  const onSignal = (): void => {
    if (stop.signal.aborted) return;
    const stopped = new Error(`${request.action} was asked to stop`);
    stop.abort(stopped);
    const late = `${stopped.message} and did not within ${graceMs / 1000} s`;
    timer = clock.after(graceMs, () => writeOff(failure(new Error(late), mask)), true);
  };
  signals.on('SIGTERM', onSignal);
  signals.on('SIGINT', onSignal);
  try {
    const doing = { signal: stop.signal, progress: progress.tell, actor: request.actor };
    const carriedOut = (async () => invoke(request.action, request.input, doing))().then(
      (output) => success(request.action, output, mask),
      (error: unknown) => failure(error, mask),
    );
    const result = await Promise.race([carriedOut, tooLate]);
    progress.flush();
    writeResult(dir, result, crash);
    if (result.ok) return 0;
    return stop.signal.aborted ? STOPPED : 1;
  } finally {
    going.cancel();
    timer?.cancel();
    signals.off('SIGTERM', onSignal);
    signals.off('SIGINT', onSignal);
  }
}
