// Every failure Realm can explain: a code, a sentence with the values, the place in the YAML, and what to do next.
import { agentCodes } from './codes/agent.ts';
import { alertCodes } from './codes/alert.ts';
import { applyCodes } from './codes/apply.ts';
import { backupCodes } from './codes/backup.ts';
import { commandCodes } from './codes/command.ts';
import { configCodes } from './codes/config.ts';
import { daemonCodes } from './codes/daemon.ts';
import { hostCodes } from './codes/host.ts';
import { messageCodes } from './codes/message.ts';
import { pluginCodes } from './codes/plugin.ts';
import { runCodes } from './codes/run.ts';
import { serviceCodes } from './codes/service.ts';
import { storeCodes } from './codes/store.ts';

/** What `realm explain CODE` prints. A code is public and permanent: never reused, never renamed. */
export interface CodeMeaning {
  /** Whether trying again without a change can help; the reconcile loop backs off or stalls by it. */
  readonly retry: boolean;
  /** One or more sentences: what it means, why it happens, what to do. */
  readonly explain: string;
}

export const CODES = {
  ...configCodes,
  ...pluginCodes,
  ...applyCodes,
  ...runCodes,
  ...serviceCodes,
  ...storeCodes,
  ...daemonCodes,
  ...commandCodes,
  ...agentCodes,
  ...alertCodes,
  ...backupCodes,
  ...hostCodes,
  ...messageCodes,
} satisfies Record<string, CodeMeaning>;

export type ErrorCode = keyof typeof CODES;

/** A place in the configuration. `line` and `column` count from 1; `path` is dotted, as in the YAML. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
}

/** One finding about the configuration. All of them are reported together. */
export interface Diagnostic {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly at: Location;
  readonly hint?: string;
}

export interface RealmErrorDetail {
  readonly hint?: string | undefined;
  readonly at?: Location | undefined;
  readonly cause?: unknown;
  /** Set when the error stands for several findings, as an invalid configuration does. */
  readonly diagnostics?: readonly Diagnostic[];
  /** What an action did all the same, JSON: kept as the output of its run. */
  readonly output?: unknown;
}

export class RealmError extends Error {
  override readonly name = 'RealmError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly at: Location | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly output: unknown;

  constructor(code: ErrorCode, message: string, detail: RealmErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint;
    this.at = detail.at;
    this.diagnostics = detail.diagnostics ?? [];
    this.output = detail.output;
  }

  get retryable(): boolean {
    return CODES[this.code].retry;
  }
}

/** The sentence of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of a RealmError, also of one that a plugin made with its own copy of this program; else undefined. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const code = error instanceof Error && error.name === 'RealmError' ? errnoOf(error) : undefined;
  return code !== undefined && Object.hasOwn(CODES, code) ? (code as ErrorCode) : undefined;
}

/** What an action that failed did all the same; undefined: nothing that it speaks of. */
export const outputOf = (error: unknown): unknown =>
  codeOf(error) === undefined ? undefined : (error as RealmError).output;

/** The `code` of a system error (`ENOENT`), or undefined. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
