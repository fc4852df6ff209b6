// A recovery as it is kept in the rows: how far it is, and all that was tried; enough for another life of the daemon to go on.
import type { Context } from 'realm-runner/plugin';

/**
 * stopping: its service comes down. restoring: a run puts its home back. starting: it has to be heard. clearing: that
 * failed, its service comes down and what was restored is taken back. The last two are the end.
 */
export type Phase = 'stopping' | 'restoring' | 'starting' | 'clearing' | 'recovered' | 'escalated';

export interface Try {
  /** ms */
  readonly at: number;
  /** The snapshots its home was put together from, base first; empty: nothing was restored, it was only started anew. */
  readonly snapshots: readonly string[];
  /** The newest of them, by which the try is known. */
  readonly top: string | null;
  /** Of the restore, to take it back. */
  readonly uid: string | null;
  /** What was found and done on the way: damage, older files, what was left out. */
  readonly remarks: readonly string[];
  readonly restoredAt: number | null;
  readonly outcome: 'going' | 'recovered' | 'failed';
  /** Why what it restored is there still, although it failed; null: it is not, or was right. */
  readonly stays: string | null;
  readonly why: string | null;
}

export interface Recovery {
  readonly id: string;
  /** The folder that is put back, absolute. */
  readonly home: string;
  readonly beganAt: number;
  readonly why: string;
  /** `death`, or who asked. */
  readonly by: string;
  readonly from: readonly string[] | null;
  readonly phase: Phase;
  /** When the phase began, ms. */
  readonly since: number;
  /** Counts on through recoveries that follow each other within the cool-down. */
  readonly attempts: number;
  readonly tries: readonly Try[];
  /** So many of them are of recoveries before, after which it died again. */
  readonly earlier: number;
  /** When it was last heard before, ms. */
  readonly lastBeat: number | null;
  readonly endedAt: number | null;
  /** Folder with all that a person needs to know, when it failed. */
  readonly bundle: string | null;
  /** Tries of the present run that were lost with their process. */
  readonly lost: number;
}

export type Going = Recovery & { readonly phase: Exclude<Phase, 'recovered' | 'escalated'> };

export const isOver = ({ phase }: Recovery): boolean => phase === 'recovered' || phase === 'escalated';
export const isGoing = (one: Recovery | null): one is Going => one !== null && !isOver(one);

/** Of the recovery after this one. */
export const nextId = (last: Recovery | null): string => `r${last === null ? 1 : numberOf(last.id) + 1}`;
export const numberOf = (id: string): number => Number(id.slice(1));

/** While it lasts the service must not run. */
export const holdsService = (one: Recovery | null): boolean =>
  isGoing(one) && (one.phase === 'stopping' || one.phase === 'restoring' || one.phase === 'clearing');

type Store = Pick<Context, 'rows'>;
const keyOf = (name: string): string => `recovery/${name}`;

export const readRecovery = (name: string, { rows }: Store): Recovery | null =>
  (rows.get(keyOf(name)) as Recovery | undefined) ?? null;
/** Of all agents that ever had one, declared or not. */
export const recoveries = ({ rows }: Store): readonly { readonly name: string; readonly one: Recovery }[] =>
  rows.list(keyOf('')).map(({ key, value }) => ({ name: key.slice(keyOf('').length), one: value as Recovery }));
export const writeRecovery = (name: string, one: Recovery, { rows }: Store): void => rows.set(keyOf(name), one);

/** How often a snapshot did not bring this agent back, by its id. */
export const failuresOf = (name: string, { rows }: Store): Readonly<Record<string, number>> =>
  (rows.get(`failures/${name}`) as Record<string, number> | undefined) ?? {};
export function countFailure(name: string, top: string, ctx: Store): void {
  const failures = failuresOf(name, ctx);
  ctx.rows.set(`failures/${name}`, { ...failures, [top]: (failures[top] ?? 0) + 1 });
}
