// What is asked of those who make the files of a snapshot, and what they answer; plain data, so that threads can pass it on.
import type { ByteText } from '../byte-text.ts';
import type { Trouble } from '../engine.ts';
import type { Found } from './walk.ts';

/** One file that is to be made. */
export interface Order {
  readonly found: Found;
  /** Its source is as it was when the snapshot before was made; this was its SHA-256. */
  readonly known?: string | undefined;
  /** An interrupted run made it from the source as it is now; this was its SHA-256. */
  readonly made?: string | undefined;
}

/** The same for all files of a run. */
export interface Job {
  /** `data/` of the snapshot that is being made, and of the one before. Absolute. */
  readonly to: ByteText;
  readonly parent: ByteText | undefined;
  readonly takeOver: 'clone' | 'link' | 'copy';
  /** What is taken over is read first. */
  readonly readsAll: boolean;
  /** Times at or after it, ns, cannot prove that a file did not change since it was read. */
  readonly racyFromNs: string;
  /** An interrupted run was at work in the same folder. */
  readonly mayReplace: boolean;
  readonly umask: number;
  /** Of files that are made; undefined: whoever runs this cannot give files away. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

export type Outcome =
  | { readonly how: 'taken' | 'resumed' }
  | {
      readonly how: 'copied';
      readonly sha256: string;
      /** The source as it was read, where it differs from what was found. */
      readonly found: Found;
      readonly isRacy: boolean;
      readonly isUnstable: boolean;
      /** What was to be taken over was not what it should be. */
      readonly isParentDamaged: boolean;
    }
  | { readonly how: 'trouble'; readonly what: Trouble['what']; readonly why: string };
