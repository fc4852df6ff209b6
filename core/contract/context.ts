// What a plugin holds while running: it can act, and cannot declare.
import type { StandingCondition } from '../model/conditions.ts';
import type { Ref } from '../model/ref.ts';
import type { Secret } from '../schema/schema.ts';
import type { ApiName, RealmApis } from './apis.ts';
import type { EventName, RealmEvents } from './events.ts';
import type { Resource } from './kind.ts';
import type { Processes } from './processes.ts';

export interface Log {
  debug(message: string, fields?: object): void;
  info(message: string, fields?: object): void;
  warn(message: string, fields?: object): void;
  error(message: string, fields?: object): void;
}

/** How far a run is. `done` of `total` in any unit that the phase makes clear, beside it bytes; `why` says what it waits for. */
export interface Progress {
  readonly phase: string;
  readonly done?: number;
  readonly total?: number;
  readonly bytes?: number;
  readonly totalBytes?: number;
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
  /** What the action returned; of one that failed what it did all the same, where its error says so. */
  readonly output: unknown;
}

/**
 * Rows of this plugin alone; JSON values; kept over restarts. While the state has no room `set` and `delete` throw
 * STORE_FULL, and reading goes on: in a loop over many resources that must not keep the others from their turn.
 */
export interface Rows {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  delete(key: string): void;
  list(prefix?: string): readonly { readonly key: string; readonly value: unknown }[];
}

/** A question that a plugin put to people. */
export interface Asked {
  /** The plugin's own name for it. */
  readonly key: string;
  /** As `realm approvals` shows it. */
  readonly id: string;
  readonly ref: Ref;
  readonly what: string;
  readonly state: 'waiting' | 'approved' | 'denied';
  /** Who answered, as `user:ada`, and the reason given; null while it waits. */
  readonly by: string | null;
  readonly why: string | null;
}

/**
 * Questions to people about what has happened, as apart from a change that waits for a yes: nothing is held back by one.
 * `realm approvals` lists them, `realm approve` and `realm deny` answer, and the resource is looked at then.
 */
export interface Questions {
  /** Asks once for each key. Nothing happens while 20 others about `ref` wait: ask again when one of them is answered. */
  ask(question: { readonly key: string; readonly ref: Ref; readonly what: string }): void;
  /** Those of this plugin, newest first. They wait for as long as it takes; answers are forgotten after a month. */
  list(prefix?: string): readonly Asked[];
  /** Takes one back that still waits. */
  close(key: string, why: string): void;
}

/** What a tool said, whatever its status: many use it as an answer. */
export interface ToolAnswer {
  readonly status: number;
  /** Its standard output, as UTF-8. */
  readonly text: string;
  /** Its standard error, as UTF-8. */
  readonly errors: string;
}

export interface AskOptions {
  /** Then it is killed with all it started. Default 5_000: half of what a look has. */
  readonly timeoutMs?: number;
  /** Beside the environment of Realm, such as a password; undefined takes a variable away. Never shown. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Of both outputs together; killed beyond it. Default 1 MiB. */
  readonly mostBytes?: number;
}

/** The machine this runs on, as it knows itself. */
export interface ThisMachine {
  /** Which of the declared hosts it was told to be: `--host`, or REALM_HOST. */
  readonly host: string | undefined;
  /** Lower case: its own name first, then the ones its search domains make of it. */
  readonly names: readonly string[];
  /** Of all its interfaces, loopback included. */
  readonly addresses: readonly string[];
}

export interface Context {
  /** Aborted when the plugin set stops, the pass runs out of time, or the run is cancelled. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Folders: of the root config, and of this plugin's own files inside the state folder. */
  readonly paths: { readonly root: string; readonly data: string };
  /** Of the config: the realm's name, and the IANA zone in which its people read clocks. */
  readonly realm: { readonly name: string; readonly timezone: string };
  readonly rows: Rows;
  readonly questions: Questions;
  /** Inside an action: who asked for it, as `user:ada`. Elsewhere `plugin:<name>`. */
  readonly actor: string;
  /** Found anew each time: machines move between networks. */
  machine(): ThisMachine;
  /**
   * Processes that outlive the daemon. A plugin sees and hears only its own, until `signal` aborts. Where nothing may be
   * changed, `look` works and all else is refused.
   */
  readonly processes: Processes;
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
  /** Resolves after `ms`; rejects with the signal's reason when `signal` (default: the context's own) aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** All declared resources of a kind, with decoded specs. */
  resources<Spec = unknown>(kind: string): readonly Resource<Spec>[];
  /**
   * How a resource stood after its last pass, each condition with the instant (ms) at which its status last changed. Empty
   * when it is unknown, or was never looked at; an edit since then is not in it.
   */
  conditions(ref: Ref): readonly StandingCondition[];
  /** Starts a run, or finds the one with this key. */
  start(run: RunRequest): Promise<{ readonly id: string; readonly isNew: boolean }>;
  /** Runs whose key starts with `prefix`, newest first. */
  runs(prefix: string, limit?: number): readonly RunView[];
  /** Inside a run: says how far it is. Elsewhere it does nothing. */
  progress(at: Progress): void;
  /** The text of a secret. The kernel keeps it out of logs, events and state. */
  reveal(secret: Secret | string): string;
  /**
   * Asks a program that a kind of this plugin names in `observes`, also where nothing else may start one (`realm plan`). It
   * gets no shell, no input and no terminal, the environment of Realm, and the root config's folder to work in. Ask only
   * what changes nothing: what the tool writes, nobody can deny. Throws TOOL_UNNAMED, TOOL_MISSING (not on the PATH) and
   * TOOL_FAILED (late, too much output, ended by a signal).
   */
  ask(tool: string, args: readonly string[], options?: AskOptions): Promise<ToolAnswer>;
  /** An API of a plugin named in `needs`. */
  use<K extends ApiName>(name: K): RealmApis[K];
  /** The same, or undefined when no plugin in use lends it. */
  find<K extends ApiName>(name: K): RealmApis[K] | undefined;
}
