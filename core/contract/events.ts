// Every fact that the kernel and the built-in plugins state. Strangers add theirs by declaration merging.
import type { Ref } from '../model/ref.ts';

export interface RealmEvents {
  'realm.started': { readonly version: string; readonly pid: number; readonly purpose: string };
  'realm.stopped': { readonly reason: string };
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
  'store.full': { readonly message: string };
  'store.recovered': { readonly message: string };
  'journal.gap': { readonly from: number; readonly to: number; readonly reason: string };
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
