// What is known of one service at one moment: everything its next step is decided from.
import type { Identity } from 'realm-runner/plugin';

/** What a start was made from: the written fields that change what runs. Secrets stand as `(secret NAME)`. */
export type Meaning = Readonly<Record<string, unknown>>;

/** The last start; written to disk before it happens, so that a later life of the daemon finds what it left. */
export interface Life {
  readonly token: string;
  readonly startedAt: number;
  /** Why it was started: `first start`, `exit 1`, `env.MODE changed`, `user:ann: upgrade`. */
  readonly because: string;
  readonly meaning: Meaning;
  /** Lives in a row before this one that were short; decides whether this one begins a crash loop, and the next wait. */
  readonly unstable: number;
  /** How long its log was when it started: what comes after that is its own. */
  readonly logFrom: number;
  /** Restarts since it was declared. */
  readonly restarts: number;
  /** The wish for a restart that this start fulfils, by its instant; a later one is news. */
  readonly asked: number | null;
  /** Since when what it comes after was there when it started, by ref: a later instant means that it was lost and is back. */
  readonly found: Readonly<Record<string, number>>;
  /** What the files of `watch` looked like; without it nobody looked. */
  readonly watched?: Readonly<Record<string, string | null>>;
  /** The life before, by its token, until it is known that nothing is left of it: the daemon may die, or this never start. */
  readonly follows?: string;
  /** Somebody else started it (`realm adopt`): how it ends will not be known. */
  readonly adopted?: Identity;
}

export interface End {
  /** As the shell counts; null: nobody knows. */
  readonly status: number | null;
  readonly why: string;
  /** null: nobody knows. */
  readonly at: number | null;
  /** Its last words, when it failed. */
  readonly lines: readonly string[];
}

/** A try to stop the life with this token; on disk too, so that its deadline survives the daemon. */
export interface Stopping {
  readonly token: string;
  readonly since: number;
  readonly because: string;
  /** How many processes got the signal; 0 right after a start that has not become the command yet: to be sent again. */
  readonly reached: number;
  /** When KILL was last sent. */
  readonly killedAt: number | null;
  /** It was ended because it no longer worked: that counts as an end of its own, and a failed one. */
  readonly isFailure?: boolean;
  /** It was to stay down; so whatever starts it later is another reason. */
  readonly isForGood?: boolean;
  /** It outlived KILL, and that was told. */
  readonly isBlocked?: boolean;
}

/** The verdict of a probe about the present life. */
export interface Verdict {
  readonly is: 'yes' | 'no' | 'unsaid';
  readonly why: string;
  readonly since: number;
}

/** Something it comes after, and whose loss it minds. */
export interface Lost {
  readonly ref: string;
  readonly onLoss: 'restart' | 'stop';
  /** Lost now; false: it is there, since `since`. */
  readonly isLost: boolean;
  readonly since: number;
}

/** A wish of a person or of a watched file for a restart. */
export interface Asked {
  readonly at: number;
  readonly by: string;
  readonly why: string;
}

export interface Facts {
  readonly life: Life | null;
  /** `none`: there was no start, or the last one never happened. */
  /** `pending`: a start that nobody saw happen may still be on its way. */
  readonly is: 'none' | 'pending' | 'running' | 'ended';
  /** Of the command itself; null while unknown. */
  readonly pid: number | null;
  readonly end: End | null;
  /**
   * Processes that the ended life left behind; counted only while they have their grace, or it is to stay down: a start
   * kills them anyway.
   */
  readonly left: number;
  readonly stopping: Stopping | null;
  readonly ready: Verdict;
  readonly live: Verdict;
  /** Conditions `Log /re/` of others' `after` that a line of the present life has met. */
  readonly heard: readonly string[];
  readonly lost: readonly Lost[];
  readonly asked: Asked | null;
  /** Why its log cannot be rotated now. */
  readonly logTrouble: string | null;
  /** Paths of `watch` that look different from when it was started. */
  readonly changedPaths: readonly string[];
  /** What its `envFile`s hold now, by path, as a digest; null: cannot be read. */
  readonly envFiles: Readonly<Record<string, string | null>>;
}
