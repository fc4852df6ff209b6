// The exit codes of every command, and which errors lead to which.
import { RealmError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';

export const EXIT = {
  done: 0,
  failed: 1,
  changes: 2,
  drift: 3,
  held: 4,
  usage: 64,
  busy: 75,
  interrupted: 130,
  terminated: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Codes that do not mean `failed`. */
const CODE_EXITS: Partial<Record<ErrorCode, ExitCode>> = {
  USAGE: EXIT.usage,
  CODE_UNKNOWN: EXIT.usage,
  ACTION_INPUT_INVALID: EXIT.usage,
  LEASE_BUSY: EXIT.busy,
  APPLY_UNCONFIRMED: EXIT.held,
  APPROVAL_NEEDED: EXIT.held,
};

export function exitOf(error: unknown): ExitCode {
  return error instanceof RealmError ? (CODE_EXITS[error.code] ?? EXIT.failed) : EXIT.failed;
}
