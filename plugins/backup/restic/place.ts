// Everything an operation on a restic repository works with.
import type { Owner } from '../owner.ts';
import type { Restic } from './command.ts';

export interface Place {
  readonly restic: Restic;
  /** undefined: the repository is no folder of this machine. */
  readonly folder: string | undefined;
  /** For what is on its way in or out; nothing in it outlives the operation. */
  readonly scratch: string;
  /** The id of the repository that was used before. */
  readonly expected: string | undefined;
  /** Why nobody can say which one was used before. */
  readonly doubt: string | undefined;
  readonly remember: ((id: string) => void) | undefined;
  readonly owner: Owner | undefined;
}
