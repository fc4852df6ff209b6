// All that processes need of a machine: its answers, a shell that starts them, and news of their folders.
import { watch } from 'node:fs';
import { nextTurn } from '../clock.ts';
import type { System } from './identity.ts';
import { type Launcher, openLauncher } from './launcher.ts';

export interface Machine {
  readonly system: System;
  /** Opens nothing yet. `onEnd` is called when what starts processes was lost, with every wish not yet carried out. */
  launcher(onEnd: () => void): Launcher;
  /**
   * Calls `changed` soon after the file was written. Calls `blind` when it no longer will. Throws when there is no such
   * file, or the system has no more watchers. Answers how to stop.
   */
  watch(file: string, changed: () => void, blind: () => void): () => void;
  /** Lets everybody else go first. */
  turn(): Promise<void>;
}

function watchFile(file: string, changed: () => void, blind: () => void): () => void {
  const watcher = watch(file, { persistent: false }, changed);
  watcher.on('error', blind);
  return () => watcher.close();
}

export const machineWith = (system: System): Machine => ({
  system,
  launcher: openLauncher,
  watch: watchFile,
  turn: nextTurn,
});
