// What Realm asks an operating system about processes, and the one thing it does to them.
import type { Identity } from '../contract/processes.ts';

/** The environment variable that marks a process and everything it starts. */
export const TOKEN_VARIABLE = 'REALM_TOKEN';

/** A process as a walk meets it: with the tokens it was started with, mostly none. */
export interface Passed {
  readonly pid: number;
  /** Undefined: it is becoming another program at this moment, and is met again if the walk goes on a little later. */
  readonly tokens: readonly string[] | undefined;
}

export interface System {
  /** Another text after each boot of the machine. */
  bootId(): string;
  /** Who has this pid now; undefined when nobody has, or only a zombie. */
  identityOf(pid: number): Identity | undefined;
  /** Whether exactly this process still runs. A zombie, another process with its pid, another boot: no. Stopped: yes. */
  isAlive(identity: Identity): boolean;
  /** Children of any of these, their children and so on; without zombies, and without `pids` themselves. */
  descendants(...pids: readonly number[]): readonly Identity[];
  /**
   * All processes, one after another, so that whoever walks may rest in between; what is started meanwhile comes too. Of
   * those of other users no tokens are seen.
   */
  walk(): Iterable<Passed>;
  /** The words that it was started with, each after a blank and before one; empty when it is gone or cannot be seen. */
  commandLine(pid: number): string;
  /** Sends it. False when nobody has this pid, or somebody who is not ours to signal. */
  kill(pid: number, signal: NodeJS.Signals): boolean;
}
