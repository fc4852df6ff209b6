// A kind: how one sort of thing is declared, looked at, compared and changed.
import type { Ref } from '../model/ref.ts';
import type { SchemaOf } from '../schema/schema.ts';
import type { Context, RunRequest } from './context.ts';

/** A declared thing as its kind sees it: decoded, frozen, common keys taken off. */
export interface Resource<Spec = unknown> {
  readonly ref: Ref;
  readonly name: string;
  readonly spec: Readonly<Spec>;
  /** Grows by one each time the decoded spec changes. */
  readonly generation: number;
  readonly host?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What it comes after, in the order of the config. The kernel waits before it changes anything; `onLoss` is the kind's to act on. */
  readonly after: readonly Edge[];
  /** The conditions of this one that others come after. */
  readonly awaited: readonly Until[];
  /** An operator's stored words that this kind asked to see with `Kind.overrides`. */
  readonly overrides: readonly Override[];
  /** The word that keeps the kernel from changing it: hold, maintenance, and what this kind does not act on itself. */
  readonly held?: Override;
}

/** A condition that others may wait for. `Log /re/`: a line of its output has matched since it was last started. */
export type Until = 'Ready' | 'Started' | 'Completed' | `Log /${string}/`;

/** What a resource comes after, as `after:` says it. */
export interface Edge {
  readonly ref: Ref;
  /** The condition of the other that has to be True, for the other as it is declared now. */
  readonly until: Until;
  /** What the kind does when the condition was True and no longer is. Not `ignore`: only with `stop` in `Kind.overrides`. */
  readonly onLoss: 'ignore' | 'restart' | 'stop';
}

/** An operator's stored word about a resource: part of the desired state until its opposite or its expiry. */
export interface Override {
  readonly effect: 'stop' | 'pause' | 'hold' | 'maintenance';
  readonly why: string;
  readonly actor: string;
  /** Milliseconds since the epoch; null: until cleared. */
  readonly until: number | null;
}

/** One field-level difference. An empty `path` means the whole resource. */
export interface Change {
  /** A kind's own diff that has nothing but `remove` does not wait for what the resource comes after: ending needs nobody. */
  readonly action: 'create' | 'update' | 'replace' | 'remove';
  /** Dotted, as in the YAML. */
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
  /** Left out: the kernel works it out by comparing spec, state and the last applied spec. */
  readonly reason?: 'config' | 'drift' | 'both';
  /** For people, in place of the two values: `last good 31 h ago, policy 24 h`. */
  readonly says?: string;
  /** A word for machines (`BackupDue`), shown beside the change. */
  readonly because?: string;
  /**
   * Which promise of freshness this is for, when `from` or `to` move on with the time: the UTC instant of the schedule's slot,
   * or whatever else stays the same until it is kept. A person's yes is then bound to it instead of the two values.
   */
  readonly slot?: string;
}

export interface Condition {
  /** `Ready`, `Progressing`, `Degraded`, `Stalled`, or a kind's own, as in Kubernetes. */
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  /**
   * Since when (ms), where the kind knows that: with another instant it was lost in between, though nobody looked. Left out:
   * since a pass first found it so.
   */
  readonly since?: number;
}

const NOT_SEEN = Symbol('not seen');
/** What `observe` answers when there is no state to compare. */
export interface NotSeen {
  readonly [NOT_SEEN]: 'unknown' | 'elsewhere';
  readonly why: string;
  readonly host?: string;
}

/** The look failed or could not be made: nothing is compared or applied, and `Ready` becomes Unknown. */
export const unknown = (why: string): NotSeen => ({ [NOT_SEEN]: 'unknown', why });
/** The thing lives on another machine, which keeps it true. */
export const elsewhere = (host: string): NotSeen => ({ [NOT_SEEN]: 'elsewhere', why: `lives on ${host}`, host });

export function notSeen(value: unknown): NotSeen | undefined {
  return typeof value === 'object' && value !== null && NOT_SEEN in value ? (value as NotSeen) : undefined;
}
export const isElsewhere = (value: NotSeen): boolean => value[NOT_SEEN] === 'elsewhere';

/** For `.catch(absent('ENOENT'))`: these system error codes mean that the thing is not there. */
export const absent =
  (...codes: readonly string[]) =>
  (error: unknown): null => {
    if (error instanceof Error && 'code' in error && codes.includes(String(error.code))) return null;
    throw error;
  };

/** How an `apply` or `remove` ended. Returning nothing means done; the kernel looks again to see whether that is true. */
export type Outcome =
  | { readonly type: 'done' }
  | { readonly type: 'again'; readonly afterMs: number; readonly why: string }
  | { readonly type: 'blocked'; readonly why: string };

export const done: Outcome = { type: 'done' };
/** Not finished: look again after `afterMs`. Shown as Progressing. */
export const again = (afterMs: number, why: string): Outcome => ({ type: 'again', afterMs, why });
/** Cannot go on until something outside changes. Shown as Stalled; looked at again at each resync. */
export const blocked = (why: string): Outcome => ({ type: 'blocked', why });

/** A resource of another kind that this one stands for. */
export interface Derived {
  readonly ref: Ref;
  /** In the written form (durations as text), as if it stood in the YAML. Common keys are allowed. */
  readonly spec: object;
}

/** Something wrong with resources that are each valid alone, such as two on one port. */
export interface Problem {
  readonly ref: Ref;
  /** Dotted, inside the resource; empty for the resource itself. */
  readonly path?: string;
  readonly message: string;
  readonly hint?: string;
  /** It works all the same. */
  readonly isWarning?: boolean;
}

export interface Kind<Spec = unknown, State = unknown> {
  /** Singular, lower case; the first half of a ref. */
  readonly name: string;
  /** The top-level key of the config, and the drop-in folder `configs/<section>/`. */
  readonly section: string;
  readonly summary?: string;
  readonly spec: SchemaOf<Spec>;
  /** Left out: the kind only holds data, and has no observe, diff or apply. */
  readonly state?: SchemaOf<State>;
  /** A change of one of these keys means another thing: create the new, then remove the old. */
  readonly identity?: readonly (keyof Spec & string)[];
  /** Order of a replacement. Default `create-first`; `remove-first` for things that cannot exist twice, such as ports. */
  readonly replace?: 'create-first' | 'remove-first';
  /** What happens when a resource is no longer declared. Default: `delete` when `remove` is given, else `forget`. */
  readonly removal?: 'delete' | 'confirm' | 'forget';
  /** Words of an operator that this kind acts on itself. The others mean to the kernel: look, but change nothing. */
  readonly overrides?: readonly ('stop' | 'pause')[];
  /** A look at least this often, plus or minus 20 %. Default 60_000. 0: only when woken. */
  readonly resyncMs?: number;
  /**
   * Programs that `observe` has to ask, by name (`nvidia-smi`, `git`): the only ones, through `ctx.ask`. Looking verbs deny
   * every other start of a process.
   */
  readonly observes?: readonly string[];
  /**
   * Pure. True: another text behind a secret of this spec is a change, with the place of the secret as its path. Left out:
   * it is noticed and changes nothing. Unknown (the secret is missing, or a looking verb would have to run a command for
   * it) is no change.
   */
  mindsSecrets?(spec: Readonly<Spec>): boolean;
  /** Pure. What stays behind when the resource is forgotten, for the plan: `30 snapshots in backups/daily`. */
  keeps?(spec: Readonly<Spec>): string;
  /** Pure. Resources of other kinds this one stands for; owned by it, checked by their own schema, shown under it. */
  derive?(want: Resource<Spec>): readonly Derived[];
  /** Pure. What its host has to be able to do, as `can` of that host says it; it is not started where that is missing. */
  hostCan?(spec: Readonly<Spec>): readonly string[];
  /** Pure. What is wrong with all resources of this kind taken together. */
  check?(all: readonly Resource<Spec>[]): readonly Problem[];
  /** Pure. Files and folders whose change wakes the resource. */
  watch?(spec: Readonly<Spec>): readonly string[];
  /** Looks, never touches. null: it is not there. Budget 10 s. */
  observe?(want: Resource<Spec>, ctx: Context): Promise<State | null | NotSeen>;
  /** Pure. The default compares every key that both schemas name, and takes back what `last` had and `spec` leaves out. */
  diff?(
    spec: Readonly<Spec>,
    state: State | null,
    last: Readonly<Spec> | undefined,
    now: number,
    want: Resource<Spec>,
  ): readonly Change[];
  /** Pure. Health, as apart from difference. A `Ready` here overrides the kernel's. */
  conditions?(spec: Readonly<Spec>, state: State | null, now: number, want: Resource<Spec>): readonly Condition[];
  /** Pure. The next instant (ms) at which diff or conditions would answer otherwise although nothing happened. */
  next?(spec: Readonly<Spec>, state: State | null, now: number): number | undefined;
  /**
   * Pure. Occurrences that are due now. A daemon starts each as a run, the same key never twice; plan, drift and apply
   * never do, and a missed one is history, not drift.
   */
  due?(spec: Readonly<Spec>, state: State | null, now: number, want: Resource<Spec>): readonly RunRequest[];
  /** Makes it so. Must be idempotent: after a crash it is called again. Budget 60 s, then the signal aborts. */
  apply?(want: Resource<Spec>, changes: readonly Change[], ctx: Context): Promise<Outcome | void>;
  /** Takes the thing of the last applied spec away. Being gone already is fine. */
  remove?(last: Resource<Spec>, ctx: Context): Promise<Outcome | void>;
}
