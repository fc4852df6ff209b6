// What a process is to Realm, and the five questions about processes whose answers differ by operating system.
/** Names one process for ever: a pid alone is reused, and after a reboot start times repeat too. */
export interface Identity {
  readonly pid: number;
  /** As the system counts it; compared as text, never computed with. */
  readonly startTime: string;
  readonly bootId: string;
}

/** The environment variable that marks a process and everything it starts. */
export const TOKEN_VARIABLE = 'REALM_TOKEN';

export interface System {
  /** Another text after each boot of the machine. */
  bootId(): string;
  /** Who has this pid now; undefined when nobody has, or only a zombie. */
  identityOf(pid: number): Identity | undefined;
  /** Whether exactly this process still runs. A zombie, another process with its pid, another boot: no. Stopped: yes. */
  isAlive(identity: Identity): boolean;
  /** Children, their children and so on, nearest first; without `pid` itself and without zombies. */
  descendants(pid: number): readonly Identity[];
  /** Processes started with this token in their environment, whoever their parent is. Those of other users are not seen. */
  findByToken(token: string): readonly Identity[];
}
