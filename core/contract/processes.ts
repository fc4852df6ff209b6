// Processes as they are lent to plugins: nobody's children, found again by later lives of the daemon, each end heard once.
/** Names one process for ever: a pid alone is reused, and after a reboot start times repeat too. */
export interface Identity {
  readonly pid: number;
  /** As the system counts it; compared as text, never computed with. */
  readonly startTime: string;
  readonly bootId: string;
}

/** A process to be started. */
export interface StartWish {
  /**
   * A folder for this one process, made when missing; holds its pid, its exit status and whatever the caller likes. It may
   * be used again once the process has ended.
   */
  readonly dir: string;
  /** The program, looked for on the PATH of `env`, and its arguments. No shell reads them. */
  readonly argv: readonly string[];
  /** Absolute. */
  readonly cwd: string;
  /** All of it: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Letters and digits, never used before. Marks the process and everything it starts. To be stored before the start, so
   * that a later life can find out whether it happened.
   */
  readonly token: string;
  /** File to which output is appended. */
  readonly log: string;
  /**
   * The one it follows: what that left behind is killed while this one is on its way, which costs the start no time. Where a
   * moment of both would do harm, `signal` it before.
   */
  readonly follows?: ProcessHandle;
}

export interface Exit {
  /** As the shell counts: 128+n stands for signal n, or for a program that chose that number. null: nobody knows. */
  readonly status: number | null;
  /** One clause for people, with the values: `exit 3`. */
  readonly why: string;
}

export interface ProcessHandle {
  readonly dir: string;
  readonly token: string;
  /** The shim around the command; it lives exactly as long. */
  readonly shim: Identity | undefined;
  /** The command itself; undefined until it is about to run, and where there is no /proc. */
  readonly command: Identity | undefined;
  /**
   * Undefined while it runs: while its shim lives, or, with the shim killed, its command, or, where that is not known,
   * anything that carries its token.
   */
  readonly exit: Exit | undefined;
  /** Set when the start never happened and now never will: starting again, with another token, doubles nothing. */
  readonly neverStarted: boolean;
  /** What it follows, while that could not be searched for: it will be, as long as this life of the daemon lasts. */
  readonly unswept?: ProcessHandle | undefined;
}

/** What a look says. `absent`: nothing of it is there. `mayStart`: a start may still be on its way; `adopt` settles that. */
export type Sight =
  | { readonly state: 'absent'; readonly mayStart: boolean }
  | { readonly state: 'running'; readonly shim: Identity | undefined; readonly command: Identity | undefined }
  | { readonly state: 'ended'; readonly exit: Exit };

export interface Processes {
  /**
   * Starts a process that is nobody's child. Resolves once it runs, or has already ended: a command that cannot be
   * executed is an exit (126, 127), not an error. Many starts at once are spread over turns of the event loop.
   * Throws PROCESS_START_INVALID, and PROCESS_START_FAILED after at most 10 s; then nothing runs, and nothing will.
   */
  start(wish: StartWish): Promise<ProcessHandle>;
  /** Looks and touches nothing: the one question that is allowed where writing is not. */
  look(dir: string, token: string): Sight;
  /**
   * Picks up what an earlier life started with this token in this folder; in the same life, answers the same handle.
   * Settles whether a start happened: when it had not, it never will (`neverStarted`). A folder that was taken away while
   * it ran is written again.
   */
  adopt(dir: string, token: string): ProcessHandle;
  /** Those that run or are about to, in the order in which they were started or adopted. */
  list(): readonly ProcessHandle[];
  /**
   * Everything of it that runs now, found by descent and by token: the command and all it started, never the shim. After
   * its end: what it left behind. Reads all of the machine's processes: milliseconds, not for every pass.
   */
  members(handle: ProcessHandle): readonly Identity[];
  /**
   * Signals all members; KILL is repeated until no new one is found. The shim is spared: it has to write the exit status.
   * Processes that run as another user cannot be seen by token. Answers how many got it.
   */
  signal(handle: ProcessHandle, signal: NodeJS.Signals): number;
  /**
   * Kills what an ended process left behind. Searching takes milliseconds, which nobody else waits for: it is done in
   * parts, and once for all who ask at a time. Answers how many got it.
   */
  sweep(handle: ProcessHandle): Promise<number>;
  /**
   * Calls `hear` once for each process that ends, of those started by this life or adopted while they ran; one that had
   * ended by then says so in the answer of `adopt` alone. Answers how to stop hearing.
   */
  exits(hear: (handle: ProcessHandle) => void): () => void;
}
