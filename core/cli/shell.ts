// What a command is given: the terminal, the folder, the time, the person, and a way to the realm.
import type { Door } from '../api/door.ts';
import type { Clock } from '../clock.ts';
import type { Mask } from '../mask.ts';
import type { Output, Terminal } from './render/terminal.ts';

/** Flags that every command understands. */
export interface Globals {
  readonly config?: string;
  readonly profile?: string;
  readonly state?: string;
  readonly json: boolean;
  readonly yes: boolean;
  /** false: fail at once when the lease is busy. */
  readonly wait: boolean;
}

/** look: nothing is written, no lease. act: this process may change the world. */
export type Need = 'look' | 'act';

export interface DoorOptions extends Globals {
  /** Where the command stands, `-C` included. Paths of flags are relative to it. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly mask: Mask;
  readonly signal: AbortSignal;
  readonly actor: string;
  /** The command, for those who wait for it: `realm apply`. */
  readonly purpose: string;
  /** The answer depends on config and environment: where those of the holder differ from this shell's, it is told. */
  readonly compares: boolean;
  /** Says something that a person should know while waiting; never on standard output. */
  readonly tell: (sentence: string) => void;
}
export type OpenDoor = (options: DoorOptions, need: Need) => Promise<Door>;

/** Everything outside that a command may touch. Tests give their own. */
export interface Shell {
  readonly terminal: Terminal;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Knows the texts of all secrets that this process revealed. */
  readonly mask: Mask;
  /** Aborts on Ctrl-C and on a request to end; the reason is the signal's name. */
  readonly signal: AbortSignal;
  /**
   * From now on signals are the command's own affair, which listens by then: none is lost in between, and one that came
   * earlier is handed on. `signal` stays as it is.
   */
  takeSignals(): void;
  /** `user:<name>`. */
  readonly actor: string;
  readonly openDoor: OpenDoor;
}

/** One command line, understood. */
export interface Call<Flags = object> {
  /** The words of the command, `plugin list`. */
  readonly verb: string;
  /** Positional arguments; lists are flat. */
  readonly args: readonly string[];
  readonly flags: Readonly<Flags>;
  readonly globals: Globals;
  readonly cwd: string;
  readonly shell: Shell;
  readonly out: Output;
  /** Opens the realm, once per need; it is closed when the command ends. */
  door(need: Need): Promise<Door>;
}

/** Answers with the exit code. */
// any: each command names its own flags, which only the table of verbs brings together
export type Command<Flags = any> = (call: Call<Flags>) => Promise<number>;
