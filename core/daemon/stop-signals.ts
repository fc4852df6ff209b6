// What people and systems tell a daemon by signal: stop, stop at once, read the config again.
export interface StopSignals {
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly stop: AbortSignal;
  /** Aborted by the second: no more waiting. */
  readonly now: AbortSignal;
  /** The first that came. */
  received(): NodeJS.Signals | undefined;
  /** Calls `fn` at each SIGHUP. */
  onReload(fn: () => void): void;
  /** Leaves the process as it was. */
  dispose(): void;
}

/** Takes SIGINT, SIGTERM and SIGHUP over for this process. */
export function stopSignals(source: NodeJS.EventEmitter = process): StopSignals {
  const stop = new AbortController();
  const now = new AbortController();
  let first: NodeJS.Signals | undefined;
  let reload = (): void => {};
  const onStop = (signal: NodeJS.Signals): void => {
    if (first !== undefined) return now.abort(new Error(`a second signal, ${signal}`));
    first = signal;
    stop.abort(new Error(signal));
  };
  const onHup = (): void => reload();
  source.on('SIGINT', onStop).on('SIGTERM', onStop).on('SIGHUP', onHup);
  return {
    stop: stop.signal,
    now: now.signal,
    received: () => first,
    onReload: (fn) => void (reload = fn),
    dispose: () => void source.off('SIGINT', onStop).off('SIGTERM', onStop).off('SIGHUP', onHup),
  };
}
