// How failures travel over HTTP: one JSON shape, a fitting status, and back into an error on the other side.
import type { Diagnostic, ErrorCode, Location } from '../errors.ts';
import { CODES, messageOf, RealmError } from '../errors.ts';

/** The body of every answer that is not a success. */
export interface ErrorView {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly at?: Location;
  readonly diagnostics?: readonly Diagnostic[];
}

const STATUSES: Readonly<Partial<Record<ErrorCode, number>>> = {
  REQUEST_INVALID: 400,
  ACTION_INPUT_INVALID: 400,
  USAGE: 400,
  REQUEST_UNKNOWN: 404,
  REQUEST_METHOD: 405,
  REF_UNKNOWN: 404,
  RUN_UNKNOWN: 404,
  ACTION_UNKNOWN: 404,
  APPROVAL_UNKNOWN: 404,
  LEASE_BUSY: 409,
  LIST_MOVED: 409,
  PLAN_STALE: 409,
  RUN_ENDED: 409,
  APPROVAL_CLOSED: 409,
  APPLY_UNCONFIRMED: 409,
  APPROVAL_NEEDED: 409,
  REQUEST_TOO_LARGE: 413,
  REQUEST_TIMEOUT: 504,
  STORE_FULL: 507,
  INTERNAL: 500,
};

/** 422 for what is understood and cannot be done; 500 only for defects. */
export const statusOf = (error: RealmError): number => STATUSES[error.code] ?? 422;

export function errorView(error: RealmError): ErrorView {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.at === undefined ? {} : { at: error.at }),
    ...(error.diagnostics.length === 0 ? {} : { diagnostics: error.diagnostics }),
  };
}

/** Anything thrown, as an error that can be told. What is not ours is a defect, named by its message alone. */
export function asRealmError(error: unknown): RealmError {
  if (error instanceof RealmError) return error;
  return new RealmError('INTERNAL', messageOf(error), { cause: error });
}

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(CODES, code);

/** The error that a daemon told. A code that only a newer daemon knows stays readable in the message. */
export function toldError(view: Partial<ErrorView>): RealmError {
  const message = view.message ?? 'the daemon gave no reason';
  const detail = { hint: view.hint, at: view.at, diagnostics: view.diagnostics ?? [] };
  if (isCode(view.code)) return new RealmError(view.code, message, detail);
  return new RealmError('INTERNAL', `${view.code ?? 'unknown error'}: ${message}`, detail);
}
