// What a target can do, whichever engine keeps it: everything above works with this alone.
import type { Progress } from 'realm-runner/plugin';
import type { Policy } from './policy.ts';
import type { Entry } from './entry.ts';
import type { ByteText } from './byte-text.ts';
import type { Answer, ChangeNote, Level, Snapshot, Trigger, Verification } from './snapshot.ts';

/** What an engine needs of the world. In tests each can be another. */
export interface Tools {
  /** ms since the epoch. */
  now(): number;
  random(): number;
  /** Aborted when the run is cancelled: ends at the next file, leaves what the next start can resume or sweep. */
  readonly signal: AbortSignal;
  /** `done` of `total`: files. */
  progress(at: Progress): void;
  /** A remark for the log of the run. */
  say(message: string): void;
  /** Called before and after each write that must survive: `backup.commit:before`. Tests kill the process here. */
  step(point: string): void;
}

export interface TargetState {
  /**
   * missing: not mounted or not reachable. foreign: it is not the one that was used before. full: under its reserve. full and
   * read-only ones can be read.
   */
  readonly is: 'ready' | 'new' | 'missing' | 'foreign' | 'full' | 'read-only';
  readonly why: string;
  /** Of the target, for ever; to be remembered, so that another in its place is noticed. Undefined: it has none yet. */
  readonly id?: string | undefined;
  readonly freeBytes: number | null;
  readonly usedPercent: number | null;
}

/** What lies there can be looked at. */
export const canBeRead = (is: TargetState['is']): boolean => is === 'ready' || is === 'full' || is === 'read-only';

export interface Listing {
  /** Oldest first. Only what is committed. */
  readonly snapshots: readonly Snapshot[];
  /** Folders that look like a snapshot and cannot be read as one, and why. They are never touched. */
  readonly unreadable: readonly { readonly path: string; readonly why: string }[];
  /** Of policies of the same name in other realms or on other hosts: they can be named, and never count. */
  readonly others?: readonly Snapshot[] | undefined;
}

export interface WriteJob {
  readonly policy: Policy;
  readonly trigger: Trigger;
  readonly slot: number | null;
  readonly tags: readonly string[];
  /** When the run began, ms: the same in each of its targets, and its label where there is no slot. Left out: now. */
  readonly startedAt?: number | undefined;
  /** Somebody has said that far less than before is right: it is not suspicious, and the next are measured by it. */
  readonly acceptsLess?: boolean | undefined;
  readonly change?: ChangeNote;
  /** Folder with dumps of `before` commands, saved as `data/@dumps/`; undefined: there are none. */
  readonly dumps: string | undefined;
}

/** One path that could not be saved as it is, and why. */
export interface Trouble {
  readonly path: string;
  readonly what: 'unreadable' | 'unstable' | 'vanished' | 'special' | 'refused';
  readonly why: string;
}

export interface Written {
  readonly snapshot: Snapshot;
  readonly troubles: readonly Trouble[];
  /** Bytes that were read from the sources, and files that were taken over from the snapshot before. */
  readonly copiedBytes: number;
  readonly linkedFiles: number;
  readonly tookMs: Readonly<Record<string, number>>;
  /** What was interrupted earlier and used again. */
  readonly resumedFiles: number;
}

/** What became of the damage in a snapshot. Paths are in the snapshot, as in `Verification.damaged`. */
export interface Healing {
  readonly healed: readonly { readonly path: string; readonly from: string }[];
  /** Damaged as before, and why; restores go around them. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
  /** Ids of other snapshots that share what was damaged: healed with it, or known to be damaged now. */
  readonly alsoIn: readonly string[];
}

export interface Engine {
  readonly kind: 'tree' | 'restic';
  /** As people know it: the folder, or the repository without its password. Names this target in state and events. */
  readonly name: string;
  look(): Promise<TargetState>;
  /** Of which there may be snapshots, declared or not. */
  policies(): Promise<readonly string[]>;
  /** Throws BACKUP_TARGET_UNREADABLE rather than answer with fewer than there are. */
  list(policy: string): Promise<Listing>;
  /** Makes, commits and reads back one snapshot. Throws when there is none afterwards; a partial one is no error. */
  write(job: WriteJob, tools: Tools): Promise<Written>;
  /**
   * `slice`: only part n (from 0) of N of the bytes, always the same ones. `beside`: a snapshot of which the same part was
   * read just now and found good; what both share is not read twice. What it finds is kept with the snapshot.
   */
  verify(
    snapshot: Snapshot,
    level: Exclude<Level, 'source' | 'drill'>,
    tools: Tools,
    slice?: { readonly n: number; readonly of: number; readonly beside?: Snapshot | undefined },
  ): Promise<Verification>;
  /**
   * Mends what is known to be damaged with the same content from elsewhere: other snapshots of this target, then those of
   * `others`. What was damaged is kept aside. Verify before, to know what is damaged, and after. Not with restic.
   */
  heal?(snapshot: Snapshot, others: readonly Engine[], tools: Tools): Promise<Healing>;
  /**
   * In the order of their bytes; folders come before what is in them. `holding`: those whose path, as people see it, holds
   * this text are wanted; others may be left out, which is faster.
   */
  entries(snapshot: Snapshot, holding?: string): AsyncIterable<Entry>;
  /**
   * Writes the content of files to the paths given, and answers with the SHA-256 of what it wrote; metadata is the caller's.
   * A file that cannot be read back as it was saved is in `damaged`, and nothing is left at its path.
   */
  extract(
    snapshot: Snapshot,
    wanted: readonly { readonly entry: Entry; readonly to: string | Buffer }[],
    tools: Tools,
  ): Promise<{ readonly damaged: readonly { readonly path: ByteText; readonly why: string }[] }>;
  /** Keeps a verification (of a drill, of the sources) with the snapshot. */
  note(snapshot: Snapshot, verification: Verification): Promise<void>;
  pin(snapshot: Snapshot, pin: Snapshot['pin']): Promise<void>;
  /** Keeps what a person said of the change with the snapshot, which itself is not rewritten. */
  answer(snapshot: Snapshot, answer: Answer): Promise<void>;
  /** Into the trash, where `undelete` finds them until they are purged. */
  remove(snapshots: readonly Snapshot[], why: (one: Snapshot) => string, tools: Tools): Promise<void>;
  /** What lies in the trash; `purgeAt`: ms. */
  trash(
    policy: string,
  ): Promise<readonly { readonly snapshot: Snapshot; readonly why: string; readonly purgeAt: number }[]>;
  undelete(snapshot: Snapshot, tools: Tools): Promise<void>;
  /** Deletes for good what lies longest in the trash, before its time, of the policy; `most` at most. Gives how many. */
  emptyTrash(policy: string, tools: Tools, most: number): Promise<number>;
  /** Sweeps what an interrupted run left, and trash whose time is over. */
  tidy(policy: string, tools: Tools): Promise<void>;
}
