// One line of `entries.jsonl`: a file, folder or link of a snapshot, with all that a manifest of digests cannot say.
import type { ByteText } from './byte-text.ts';

/** `path` is below `data/`, parts joined by `/`. Times are nanoseconds since the epoch, as text because they pass 2^53. */
export interface Entry {
  readonly path: ByteText;
  readonly type: 'file' | 'folder' | 'link';
  /** Bytes; 0 for what is no file. */
  readonly size: number;
  /** Permission bits, 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeNs: string;
  /** Of the source when it was read; what the next run compares to know that nothing changed. */
  readonly ctimeNs: string;
  readonly inode: number;
  readonly device: number;
  /** Of files: SHA-256, hex. */
  readonly sha256?: string;
  /** Of links: where it points, as bytes. */
  readonly target?: ByteText;
  /** Of files with several names: the first of them in this snapshot. */
  readonly sameAs?: ByteText;
  /** Read while it changed, or changed so late that its times cannot prove it did not: read again next time. */
  readonly isRacy?: boolean;
}
