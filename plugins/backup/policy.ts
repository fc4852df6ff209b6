// A policy: one resource of `backups:` as the engines and verbs need it, free of the config's ways of writing.
import type { BackupSpec, Keep, Step } from './spec.ts';

/** Files and folders to save. */
export interface Root {
  /** Absolute. */
  readonly from: string;
  /** Where it lies below `data/`: relative to the config's folder, or `@root/` and the absolute path for what is outside. */
  readonly as: string;
  /** Globs below `from`; undefined: everything. */
  readonly include: readonly string[] | undefined;
  readonly exclude: readonly string[];
}

export type LabelUnit = 'day' | 'week' | 'second';

export interface Policy {
  readonly name: string;
  readonly zone: string;
  readonly roots: readonly Root[];
  /** What a change is looked for in: empty where nothing is watched. */
  readonly watched: readonly Root[];
  /** Folders below which nothing is ever saved: the targets of all policies, and the state folder. Absolute. */
  readonly never: readonly string[];
  readonly label: LabelUnit;
  readonly keep: Keep;
  readonly before: readonly Step[];
  readonly after: readonly Step[];
  readonly tolerate: number;
  readonly shrinkAlarm: number;
  readonly verifyAfterRun: BackupSpec['verify']['afterRun'];
  /** Of the realm, and of this machine. */
  readonly realm: string;
  readonly host: string;
}
