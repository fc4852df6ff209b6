// What can be asked of a realm, whoever answers: this process, or a daemon over its socket. All shapes are plain JSON.
import type { Ref } from '../model/ref.ts';

export const SHAPE_VERSION = 1;

export interface ConditionView {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /** UTC ISO 8601. */
  readonly since: string;
}
export interface ResourceView {
  readonly ref: Ref;
  /** null: unknown. */
  readonly ready: boolean | null;
  readonly generation: number;
  readonly observedGeneration: number;
  /** Nobody has looked at it since this daemon began, or since the edit that changed it: the rest is what was known before. */
  readonly unseen?: true;
  readonly conditions: readonly ConditionView[];
  readonly owner?: Ref;
  readonly overrides?: readonly OverrideView[];
  /** What such a thing is, in a sentence. */
  readonly what?: string;
  /** When the kernel looks again by itself. */
  readonly nextLookAt?: string;
}
export interface HolderView {
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
  readonly holder: string;
}
export interface PluginHealth {
  readonly plugin: string;
  readonly degraded: string | null;
}
export interface StatusView {
  readonly version: 1;
  readonly daemon: HolderView | null;
  readonly resources: readonly ResourceView[];
  readonly plugins: readonly PluginHealth[];
  /** Set while the daemon keeps an older config because the newest is invalid. */
  readonly configError: string | null;
  /** `ok`, `observe-only` (after corruption) or `full`. */
  readonly store: string;
}

/** Which config is in force at whoever holds the realm, and with which environment. */
export interface SourceView {
  readonly version: 1;
  /** Absolute path of the root config. */
  readonly file: string;
  readonly profile: string | null;
  /** Which of the declared hosts it was told to be: `--host`, or REALM_HOST. */
  readonly host: string | null;
  /** Another one in each answer. */
  readonly salt: string;
  /** Each environment variable that the config refers to: SHA-256 of salt and value; null when it is not set. */
  readonly env: Readonly<Record<string, string | null>>;
}

export interface FieldView {
  readonly path: string;
  readonly from: unknown;
  readonly to: unknown;
  /** The same values as they are written in YAML (`1m`, `"0644"`), where that is another text. For people only. */
  readonly shown?: { readonly from?: string; readonly to?: string };
  /** The kind's own sentence, in place of the two values. */
  readonly says?: string;
  /** Of something new: nobody wrote it otherwise than its kind has it by itself. */
  readonly isDefault?: true;
}
export type PlannedAction = 'create' | 'update' | 'replace' | 'remove' | 'forget';
export interface ChangeView {
  readonly ref: Ref;
  readonly action: PlannedAction;
  readonly fields: readonly FieldView[];
  readonly reason: 'config' | 'drift' | 'both';
  /** A word of the kind's own, `BackupDue`. */
  readonly because?: string;
  /** Why it would not happen now: an override, a review, a brake, an approval. */
  readonly held?: string;
  /** What stays behind when a resource is forgotten. */
  readonly keeps?: string;
}
/** A resource that could not be looked at, or is another host's. */
export interface UnseenView {
  readonly ref: Ref;
  readonly why: string;
  readonly elsewhere: boolean;
}
export interface PlanView {
  readonly version: 1;
  readonly changes: readonly ChangeView[];
  readonly unseen: readonly UnseenView[];
  /** Resources that `--target` pulled in because a target comes after them. */
  readonly closure: readonly Ref[];
  readonly looked: number;
  /** What the plan is bound to: apply refuses it when one of these moved. */
  readonly bound: {
    readonly madeAt: string;
    readonly config: string;
    readonly observed: Readonly<Record<Ref, string>>;
    readonly target: readonly string[];
    readonly exclude: readonly string[];
  };
}
export interface PlanQuery {
  /** Globs over refs. */
  readonly target?: readonly string[];
  readonly exclude?: readonly string[];
}

export interface ApplyQuery extends PlanQuery {
  readonly plan?: PlanView;
  readonly allowDeletions?: boolean;
  /** Also does what watch holds back: removals of kinds that want a confirmation. */
  readonly confirmed?: boolean;
  readonly timeoutMs?: number;
  readonly actor: string;
}
export type ApplyEnd = 'applied' | 'unchanged' | 'failed' | 'waiting' | 'held' | 'blocked' | 'unknown';
export interface ApplyStepView {
  readonly ref: Ref;
  readonly end: ApplyEnd;
  readonly action: PlannedAction | null;
  readonly why: string;
}
export interface ApplyReport {
  readonly version: 1;
  readonly steps: readonly ApplyStepView[];
  /** false: nothing watches these from now on. */
  readonly watched: boolean;
}

export interface OverrideView {
  readonly ref: Ref;
  readonly effect: 'stop' | 'pause' | 'hold' | 'maintenance';
  readonly why: string;
  readonly actor: string;
  readonly since: string;
  readonly until: string | null;
}
export interface ApprovalView {
  readonly id: string;
  /** What was shown to be approved, one sentence. */
  readonly what: string;
  readonly ref: Ref;
  readonly actor: string | null;
  readonly reason: string | null;
  /** Over exactly what was shown: spec and changes. */
  readonly hash: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly state: 'waiting' | 'approved' | 'denied' | 'expired';
}
export interface RunRow {
  readonly id: string;
  readonly key: string;
  readonly ref?: Ref;
  readonly action: string;
  readonly trigger: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped' | 'lost';
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly exitCode: number | null;
  readonly attempt: number;
  readonly reason: string | null;
  readonly progress: {
    readonly phase: string;
    readonly done?: number;
    readonly total?: number;
    readonly bytes?: number;
    readonly totalBytes?: number;
    readonly why?: string;
  } | null;
}
/** A run with what its action returned; null until it succeeded. */
export interface RunDetail extends RunRow {
  readonly output: unknown;
}
export interface EventView {
  readonly seq: number;
  readonly time: string;
  readonly type: string;
  readonly ref?: Ref;
  readonly actor?: string;
  readonly data: unknown;
}
export interface WhyView {
  readonly version: 1;
  readonly ref: Ref;
  /** Reasons, the most direct first; each a sentence with its values. */
  readonly reasons: readonly string[];
  readonly resource: ResourceView | null;
  readonly waitsFor: readonly Ref[];
  readonly runs: readonly RunRow[];
  readonly events: readonly EventView[];
}
export interface ActionView {
  readonly name: string;
  readonly plugin: string;
  readonly summary: string;
  readonly effect: 'read' | 'write' | 'destroy' | 'stream';
  readonly long: boolean;
  readonly verb: string;
  readonly positionals: readonly string[];
  /** It needs no realm. */
  readonly anywhere?: boolean;
  readonly input: object;
}

/** Progress of `apply`, told while it goes on. */
export type ApplyListener = (step: ApplyStepView | { readonly ref: Ref; readonly phase: string }) => void;

export interface Door {
  status(ref?: Ref): Promise<StatusView>;
  plan(query: PlanQuery): Promise<PlanView>;
  /** As plan, but only what moved although the config did not. */
  drift(query: PlanQuery): Promise<PlanView>;
  why(ref: Ref): Promise<WhyView>;
  /** Events after `since`, oldest first; with `follow` it goes on until the signal aborts. */
  events(
    query: {
      readonly since?: number;
      readonly last?: number;
      readonly follow?: boolean;
      readonly type?: string;
      readonly ref?: Ref;
    },
    signal?: AbortSignal,
  ): AsyncIterable<EventView>;
  /** Newest first. Default limit 50. `after`: only those older than the run with this id. */
  runs(query: {
    readonly ref?: Ref;
    readonly state?: string;
    readonly limit?: number;
    readonly after?: string;
  }): Promise<readonly RunRow[]>;
  run(id: string): Promise<RunDetail>;
  overrides(): Promise<readonly OverrideView[]>;
  approvals(): Promise<readonly ApprovalView[]>;
  actions(): Promise<readonly ActionView[]>;
  apply(query: ApplyQuery, tell?: ApplyListener): Promise<ApplyReport>;
  cancel(run: string, why: string, actor: string): Promise<RunRow>;
  setOverride(wish: {
    readonly ref: Ref;
    readonly effect: OverrideView['effect'];
    readonly why: string;
    readonly until?: string;
    readonly actor: string;
  }): Promise<OverrideView>;
  clearOverride(wish: {
    readonly ref: Ref;
    readonly effect: OverrideView['effect'];
    readonly why: string;
    readonly actor: string;
  }): Promise<void>;
  answer(id: string, state: 'approved' | 'denied', why: string, actor: string): Promise<ApprovalView>;
  /** A long action answers with its run, which has just begun: see `run`. `signal`: who asked has left; over a socket, closing it says so. */
  invoke(action: string, input: unknown, actor: string, signal?: AbortSignal): Promise<unknown>;
  stream(name: string, input: unknown, signal: AbortSignal): AsyncIterable<unknown>;
  close(): Promise<void>;
}
