// What people and systems tell a daemon by signal: stop, stop at once, read the config again, the terminal is gone.
import { closeSync, openSync } from 'node:fs';

export interface StopSignals {
  /** Aborted by the first SIGINT or SIGTERM, or when the terminal was closed; its reason says which. */
  readonly stop: AbortSignal;
  /** Aborted by the second: no more waiting. */
  readonly now: AbortSignal;
  /** The first that came. */
  received(): NodeJS.Signals | undefined;
  /** Calls `fn` at each SIGHUP that somebody sent. */
  onReload(fn: () => void): void;
  /** Leaves the process as it was. */
  dispose(): void;
}

/**
 * Takes SIGINT, SIGTERM and SIGHUP over for this process. A daemon of `realm up` has no terminal, so SIGHUP always means
 * reload there; one in front gets it also when its terminal is closed, and then ends.
 */
export function stopSignals(source: NodeJS.EventEmitter = process, hasTerminal = canOpenTerminal): StopSignals {
  const stop = new AbortController();
  const now = new AbortController();
  const hadTerminal = hasTerminal();
  let first: NodeJS.Signals | undefined;
  let reload = (): void => {};
  const begin = (signal: NodeJS.Signals, why: string): void => {
    first = signal;
    stop.abort(new Error(why));
  };
  const onStop = (signal: NodeJS.Signals): void => {
    if (first !== undefined) return now.abort(new Error(`a second signal, ${signal}`));
    begin(signal, signal);
  };
  const onHup = (): void => {
    if (!hadTerminal || hasTerminal()) reload();
    else if (first === undefined) begin('SIGHUP', 'the terminal was closed'); // shell and system may both tell it
  };
  source.on('SIGINT', onStop).on('SIGTERM', onStop).on('SIGHUP', onHup);
  return {
    stop: stop.signal,
    now: now.signal,
    received: () => first,
    onReload: (fn) => void (reload = fn),
    dispose: () => void source.off('SIGINT', onStop).off('SIGTERM', onStop).off('SIGHUP', onHup),
  };
}

/** The system takes the terminal away from a process before it tells it with SIGHUP. */
function canOpenTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false; // none, or none any more
  }
}
