// Time as a value that can be given: the system's clock, and the only file that may touch timers or Date.now.
export interface Timer {
  cancel(): void;
}

/** Milliseconds since the epoch, and waiting. Everything that waits in Realm waits here. */
export interface Clock {
  now(): number;
  /** Calls `fn` once, `ms` from now. Never keeps the process alive by itself unless `hold` is true. */
  after(ms: number, fn: () => void, hold?: boolean): Timer;
}

const LONGEST_MS = 2 ** 31 - 1; // setTimeout fires at once beyond this

export const systemClock: Clock = {
  now: () => Date.now(),
  after(ms, fn, hold = false) {
    let timer: NodeJS.Timeout;
    const arm = (left: number): void => {
      const part = Math.min(left, LONGEST_MS);
      timer = setTimeout(() => (left > part ? arm(left - part) : fn()), Math.max(0, part));
      if (!hold) timer.unref();
    };
    arm(ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Resolves when everything that waited for this turn of the event loop has had its go. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const never = new Int32Array(new SharedArrayBuffer(4));
/** Stands still for so long, and everything else of this process with it. */
export const nap = (ms: number): void => void Atomics.wait(never, 0, 0, ms);

/** Resolves after `ms`, or rejects with the signal's reason when it aborts first. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(
      ms,
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      },
      true,
    );
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** UTC, ISO 8601, milliseconds, Z: the one form in which times are stored and sent. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
