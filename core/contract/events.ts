// Every fact that the kernel and the built-in plugins state. Strangers add theirs by declaration merging.
import type { Ref } from '../model/ref.ts';

export interface RealmEvents {
  'realm.started': { readonly version: string; readonly pid: number; readonly purpose: string };
  /** `left`: what was to end, and could not be ended. */
  'realm.stopped': { readonly reason: string; readonly left?: readonly Ref[] };
  'realm.reloaded': { readonly added: number; readonly changed: number; readonly removed: number };
  'realm.reloadFailed': { readonly errors: number; readonly message: string };
  'resource.applied': {
    readonly ref: Ref;
    readonly changes: number;
    readonly fields: readonly string[];
    readonly reason: string;
  };
  'resource.failed': { readonly ref: Ref; readonly code: string; readonly message: string };
  'resource.drifted': { readonly ref: Ref; readonly fields: readonly string[] };
  'resource.removed': { readonly ref: Ref };
  'resource.forgotten': { readonly ref: Ref; readonly kept: string };
  'condition.changed': {
    readonly ref: Ref;
    readonly type: string;
    readonly from: string | null;
    readonly to: string;
    readonly reason: string;
    readonly message: string;
  };
  'plugin.degraded': { readonly plugin: string; readonly where: string; readonly message: string };
  'plugin.recovered': { readonly plugin: string };
  'run.queued': { readonly id: string; readonly key: string; readonly action: string; readonly trigger: string };
  'run.started': { readonly id: string; readonly key: string; readonly action: string };
  'run.ended': {
    readonly id: string;
    readonly key: string;
    readonly action: string;
    readonly state: string;
    readonly reason: string;
  };
  'override.set': { readonly ref: Ref; readonly effect: string; readonly why: string; readonly until: string | null };
  'override.cleared': { readonly ref: Ref; readonly effect: string; readonly why: string };
  'approval.requested': { readonly id: string; readonly ref: Ref; readonly what: string };
  'approval.answered': {
    readonly id: string;
    readonly ref: Ref;
    readonly state: 'approved' | 'denied' | 'expired';
    readonly why: string;
  };
  'service.started': {
    readonly ref: Ref;
    readonly pid: number;
    /** Why: `first start`, `exit 1`, `env.MODE changed`. */
    readonly because: string;
    /** Since it was declared. */
    readonly restarts: number;
  };
  /** When its probe says so; without one as soon as it runs; of a one-shot when it has completed. */
  'service.ready': { readonly ref: Ref; readonly afterMs: number };
  'service.exited': {
    readonly ref: Ref;
    /** As the shell counts: 128+n stands for signal n. null: nobody knows. */
    readonly status: number | null;
    readonly why: string;
    /** The last of its output, at most 20; secrets are masked, as in all events. */
    readonly lines: readonly string[];
  };
  'service.restarted': {
    readonly ref: Ref;
    readonly pid: number;
    readonly because: string;
    readonly restarts: number;
  };
  'service.crashlooping': {
    readonly ref: Ref;
    /** How often in a row it ended soon after its start. */
    readonly times: number;
    readonly why: string;
    readonly lines: readonly string[];
  };
  'service.stopped': { readonly ref: Ref; readonly why: string };
  'service.stopBlocked': { readonly ref: Ref; readonly pids: readonly number[]; readonly forMs: number };
  /** Somebody else made its log shorter, so lines may be lost. */
  'service.logTruncated': { readonly ref: Ref; readonly file: string };
  'host.unreachable': { readonly ref: Ref; readonly address: string; readonly why: string };
  'host.reachable': { readonly ref: Ref; readonly address: string };
  /** A filesystem that Realm needs has passed a limit (per cent used); told again at the next limit. */
  'disk.filling': {
    readonly path: string;
    readonly usedPercent: number;
    readonly limitPercent: number;
    readonly freeBytes: number;
  };
  'disk.freed': { readonly path: string; readonly usedPercent: number; readonly freeBytes: number };
  'backup.completed': {
    readonly ref: Ref;
    /** `daily/2026-11-21`. */
    readonly id: string;
    readonly target: string;
    readonly files: number;
    readonly bytes: number;
    /** Of the bytes, those that were not in an earlier snapshot. */
    readonly copiedBytes: number;
    readonly trigger: string;
  };
  'backup.failed': { readonly ref: Ref; readonly why: string };
  'backup.pruned': { readonly ref: Ref; readonly target: string; readonly ids: readonly string[] };
  'backup.verified': { readonly ref: Ref; readonly id: string; readonly target: string };
  'backup.drilled': { readonly ref: Ref; readonly id: string; readonly seconds: number; readonly bytes: number };
  'backup.restored': { readonly ref: Ref; readonly ids: readonly string[]; readonly to: string };
  'agent.recoveryBegan': {
    readonly ref: Ref;
    /** `r7`: the seventh of this agent. */
    readonly id: string;
    readonly why: string;
    /** `death`, or who asked. */
    readonly by: string;
    readonly critical: boolean;
  };
  /** Its home was put together from these snapshots, base first; `remarks`: damage, older files, what was left out. */
  'agent.restored': {
    readonly ref: Ref;
    readonly id: string;
    readonly snapshots: readonly string[];
    readonly remarks: readonly string[];
  };
  'agent.tryFailed': {
    readonly ref: Ref;
    readonly id: string;
    readonly attempt: number;
    /** The newest of those it was restored from; null: it was only started anew. */
    readonly snapshot: string | null;
    readonly why: string;
  };
  'agent.recovered': {
    readonly ref: Ref;
    readonly id: string;
    readonly attempts: number;
    readonly snapshots: readonly string[];
    readonly tookMs: number;
  };
  /** It was not brought back; what was there before is there again. `bundle`: a folder for the person who looks at it. */
  'agent.escalated': {
    readonly ref: Ref;
    readonly id: string;
    readonly why: string;
    readonly attempts: number;
    readonly bundle: string;
    readonly critical: boolean;
  };
  'agent.recoverySlow': { readonly ref: Ref; readonly id: string; readonly forMs: number };
  'agents.allDown': { readonly count: number; readonly forMs: number };
  'agents.someUp': { readonly count: number };
  /** Messages for this agent began to be held; the id is of the first. */
  'messages.held': MessageNews;
  /** A person has to decide or to know: what a rule or an unknown name stopped, or what is urgent or late and held. */
  'messages.escalated': MessageNews;
  /** Nobody acknowledged them in time. */
  'messages.dead': MessageNews;
  /** Files in the outbox of this agent are no messages; the id is the name of the first. They are in `outbox/refused/`. */
  'messages.refused': MessageNews;
  /** Its outbox or inbox cannot be used now. */
  'messages.stuck': { readonly ref: Ref; readonly why: string };
  /** The log was not as it had been written; `kept` holds what was cut off its end. */
  'messages.damaged': {
    readonly segment: number;
    readonly bytes: number;
    readonly kept: string | null;
    readonly lines: number;
  };
  /** An older offset of this agent was put back, so it gets again what came after. */
  'messages.replayed': { readonly ref: Ref; readonly after: number; readonly count: number };
  'alert.sent': {
    /** Name in `alerts:`. */
    readonly alert: string;
    readonly to: string;
    readonly subject: string;
    readonly state: string;
    readonly severity: string;
    readonly message: string;
  };
  'alert.failed': {
    readonly alert: string;
    readonly to: string;
    readonly subject: string;
    readonly state: string;
    readonly why: string;
    /** Tries so far. */
    readonly tries: number;
    /** No more tries follow. */
    readonly isGivenUp: boolean;
  };
  'store.full': { readonly message: string };
  'store.recovered': { readonly message: string };
  'store.damaged': { readonly message: string };
  'journal.gap': { readonly from: number; readonly to: number; readonly reason: string };
}

/** The same of `count` messages of one agent. */
interface MessageNews {
  readonly ref: Ref;
  readonly count: number;
  readonly id: string;
  readonly reason: string;
}

export type EventName = keyof RealmEvents & string;

/** One journaled fact. */
export interface RealmEvent<K extends EventName = EventName> {
  readonly seq: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly type: K;
  readonly ref: Ref | undefined;
  /** `kernel`, `plugin:<name>`, `user:<name>`, `agent:<name>`. */
  readonly actor: string;
  readonly status: string | undefined;
  readonly durationMs: number | undefined;
  readonly data: RealmEvents[K];
}
