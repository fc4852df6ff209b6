// What a plugin holds while running: it can act, and cannot declare.
import type { Ref } from '../model/ref.ts';
import type { Secret } from '../schema/schema.ts';
import type { ApiName, RealmApis } from './apis.ts';
import type { EventName, RealmEvents } from './events.ts';
import type { Resource } from './kind.ts';

export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** How far a run is. `done` of `total` in any unit that the phase makes clear; `why` says what it waits for. */
export interface Progress {
  readonly phase: string;
  readonly done?: number;
  readonly total?: number;
  readonly why?: string;
}

/** A wish for a run. The same key never runs twice. */
export interface RunRequest {
  /** Name of an action. */
  readonly action: string;
  readonly key: string;
  readonly input: object;
  /** The resource on whose behalf it runs; woken when the run ends. */
  readonly forRef?: Ref;
  /** Cancelled when it takes longer. */
  readonly deadlineMs?: number;
  /** What set it off: a schedule's slot, a person, a resource. Default `resource`. */
  readonly trigger?: 'schedule' | 'catch-up' | 'manual' | 'resource';
}

/** A run as plugins see it. */
export interface RunView {
  readonly id: string;
  readonly key: string;
  readonly action: string;
  readonly state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'skipped' | 'lost';
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly reason: string | null;
  /** What the action returned, once it succeeded. */
  readonly output: unknown;
}

/** Rows of this plugin alone; JSON values; kept over restarts. */
export interface Rows {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  delete(key: string): void;
  list(prefix?: string): readonly { readonly key: string; readonly value: unknown }[];
}

export interface Context {
  /** Aborted when the plugin set stops, the pass runs out of time, or the run is cancelled. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Folders: of the root config, and of this plugin's own files inside the state folder. */
  readonly paths: { readonly root: string; readonly data: string };
  readonly rows: Rows;
  /** Milliseconds since the epoch, from the kernel's clock. Never use `Date.now`. */
  now(): number;
  /** Uniform in [0, 1), from the kernel's random source. */
  random(): number;
  /** States a fact; journaled, then told to listeners. Nobody can veto it. */
  emit<K extends EventName>(
    event: K,
    data: RealmEvents[K],
    about?: { readonly ref?: Ref; readonly status?: string; readonly durationMs?: number },
  ): void;
  /** Asks for a look at the resource; carries nothing else, and duplicates merge. */
  wake(ref: Ref): void;
  /** Ticks until the signal aborts: `for await (const _ of ctx.every(5_000))`. */
  every(ms: number): AsyncIterable<void>;
  /** All declared resources of a kind, with decoded specs. */
  resources<Spec = unknown>(kind: string): readonly Resource<Spec>[];
  /** Starts a run, or finds the one with this key. */
  start(run: RunRequest): Promise<{ readonly id: string; readonly isNew: boolean }>;
  /** Runs whose key starts with `prefix`, newest first. */
  runs(prefix: string, limit?: number): readonly RunView[];
  /** Inside a run: says how far it is. Elsewhere it does nothing. */
  progress(at: Progress): void;
  /** The text of a secret. The kernel keeps it out of logs, events and state. */
  reveal(secret: Secret | string): string;
  /** An API of a plugin named in `needs`. */
  use<K extends ApiName>(name: K): RealmApis[K];
  /** The same, or undefined when no plugin in use lends it. */
  find<K extends ApiName>(name: K): RealmApis[K] | undefined;
}
