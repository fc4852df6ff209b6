// A snapshot: one backup copy, as every engine tells of it.
import type { Root } from './policy.ts';

/** Why it was made. `safety`: by a restore, of what it was about to replace. */
export type Trigger = 'schedule' | 'catch-up' | 'watch' | 'manual' | 'safety';

/** How sure we are of the bytes, from the cheapest look to a real restore. */
export type Level = 'presence' | 'structure' | 'content' | 'source' | 'drill';

export interface Verification {
  readonly level: Level;
  /** ms */
  readonly at: number;
  readonly isGood: boolean;
  /** Of the bytes, in (0, 1]; 1: everything was read. */
  readonly coverage: number;
  /** Paths in the snapshot that are damaged or gone, at most 20. */
  readonly damaged: readonly string[];
}

export interface Snapshot {
  /** `<policy>/<label>`; what `--id` takes, alone or without the policy. */
  readonly id: string;
  readonly policy: string;
  /** The name of its folder: `2026-11-21`, `2026-W47`, `2026-11-21-070312`, `2026-11-21.2`. */
  readonly label: string;
  /** Never given out twice; made anew for each. */
  readonly uid: string;
  /** ms; null: by hand or on change. */
  readonly slot: number | null;
  /** When its run began, once the commands before it were done, and when it was committed, ms. The first is the same in all targets. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly trigger: Trigger;
  /** partial: more than tolerated could not be read. Never counted as good. */
  readonly status: 'complete' | 'partial';
  /** Far smaller than the one before it: counts, but nothing is removed while it is the newest. */
  readonly isSuspicious: boolean;
  readonly files: number;
  readonly bytes: number;
  /** SHA-256 of the tag manifest; the engine's own id with restic. Changes when anything in it does. */
  readonly anchor: string;
  /** Where it lies: a folder, or `<repository>#<id>`. */
  readonly path: string;
  readonly host: string;
  /** Undefined: it does not say. */
  readonly realm?: string | undefined;
  readonly tags: readonly string[];
  /** What it was made of: a restore touches nothing that was never meant to be in it. Undefined: not known. */
  readonly roots?: readonly Root[] | undefined;
  /** The last verification that read every byte and found it good, ms. */
  readonly verifiedAt: number | null;
  /** When parts of it were last read by themselves and found good: part n of N, ms. What is left out: never by itself. */
  readonly slices?: readonly (readonly [n: number, of: number, at: number])[] | undefined;
  /** The newest verification of each level. */
  readonly verifications: readonly Verification[];
  /** Until when it must stay, ms; `Infinity` is written as null there; undefined: not pinned. */
  readonly pin: { readonly until: number | null; readonly why: string } | undefined;
  /** Why nobody can say whether it is pinned: then it stays as if it were. Left out: that is known. */
  readonly unsure?: string | undefined;
  /** Not an empty list: these paths are known to be damaged, and restored around. */
  readonly damaged: readonly string[];
  readonly change: ChangeNote | undefined;
}

/** What an on-change snapshot says of the change: the state before and after, and who agreed. */
export interface ChangeNote {
  readonly phase: 'before' | 'after';
  readonly paths: readonly string[];
  /** The other half, by id. */
  readonly other: string | undefined;
  /** Who agreed before it was made. */
  readonly approvedBy: string | undefined;
  readonly why: string | undefined;
  /** Nobody had agreed and somebody must: the key of the question to people, the same in all targets. */
  readonly question?: string | undefined;
  /** What was said of it later, the newest. */
  readonly answer?: Answer | undefined;
}

/** What a person said of a change that was made already. */
export interface Answer {
  readonly is: 'approved' | 'denied' | 'reverted';
  /** As `user:ada`. */
  readonly by: string;
  readonly why: string;
  /** ms */
  readonly at: number;
}
