// What is kept of a service in rows: verdicts of probes about one life, wishes for a restart, and which ends were told.
import { type Context, type Identity, RealmError } from 'realm-runner/plugin';
import type { Asked, Verdict } from './facts.ts';

type Held = Pick<Context, 'rows' | 'paths'>;
export type Probed = 'ready' | 'live';

/**
 * By realm and key: what could not be written because the state had no room. Null: it was taken away. Without it one service
 * with news would keep all others from being looked after; another life of the daemon finds all of it out anew.
 */
const unwritten = new Map<string, unknown>();
const placeOf = (key: string, { paths }: Held): string => `${paths.data} ${key}`;

function read(key: string, held: Held): unknown {
  const place = placeOf(key, held);
  return unwritten.has(place) ? (unwritten.get(place) ?? undefined) : held.rows.get(key);
}

/** `value` null: there is to be none. */
function write(key: string, value: unknown, held: Held): void {
  const place = placeOf(key, held);
  try {
    if (value === null) held.rows.delete(key);
    else held.rows.set(key, value);
    unwritten.delete(place);
  } catch (error) {
    if (!(error instanceof RealmError) || error.code !== 'STORE_FULL') throw error;
    unwritten.set(place, value);
  }
}

/** About the life with this token; undefined while nobody has said anything. */
export function readVerdict(probed: Probed, name: string, token: string, held: Held): Verdict | undefined {
  const row = read(`${probed}/${name}`, held) as (Verdict & { readonly token: string }) | undefined;
  return row?.token === token ? { is: row.is, why: row.why, since: row.since } : undefined;
}

/** To be written only when it moves. */
export const writeVerdict = (probed: Probed, name: string, token: string, verdict: Verdict, held: Held): void =>
  write(`${probed}/${name}`, { token, ...verdict }, held);

/** Conditions `Log /re/` that this life has met; never taken back while it lives. */
export function readHeard(name: string, token: string, held: Held): readonly string[] {
  const row = read(`heard/${name}`, held) as { readonly token: string; readonly met: readonly string[] } | undefined;
  return row?.token === token ? row.met : [];
}

export const writeHeard = (name: string, token: string, met: readonly string[], held: Held): void =>
  write(`heard/${name}`, { token, met }, held);

/** Why its log cannot be rotated now. */
export const readTrouble = (name: string, held: Held): string | undefined =>
  read(`log/${name}`, held) as string | undefined;
export const writeTrouble = (name: string, why: string, held: Held): void => write(`log/${name}`, why, held);
export const forgetTrouble = (name: string, held: Held): void => write(`log/${name}`, null, held);

/** The newest wish for a restart. */
export const readAsked = (name: string, { rows }: Held): Asked | null =>
  (rows.get(`asked/${name}`) as Asked | undefined) ?? null;

/** A wish counts once: a start that comes later fulfils it. Wake the service afterwards. */
export const writeAsked = (name: string, asked: Asked, { rows }: Held): void => rows.set(`asked/${name}`, asked);

/** A process that somebody else started, given to a service by a person. Wake the service afterwards. */
export const readAdoption = (name: string, { rows }: Held): Identity | null =>
  (rows.get(`adopted/${name}`) as Identity | undefined) ?? null;
export const writeAdoption = (name: string, identity: Identity, { rows }: Held): void =>
  rows.set(`adopted/${name}`, identity);
export const forgetAdoption = (name: string, { rows }: Held): void => rows.delete(`adopted/${name}`);

/** Whether the end of this life, the last one or the present one, was told. */
export const isEndTold = (name: string, token: string, held: Held): boolean => read(`told/${name}`, held) === token;

/** What ended is started again, whether that can be written or not. */
export const tellEnd = (name: string, token: string, held: Held): void => write(`told/${name}`, token, held);

export function forgetRows(name: string, held: Held): void {
  for (const kind of ['ready', 'live', 'heard', 'log', 'asked', 'told', 'adopted']) {
    held.rows.delete(`${kind}/${name}`);
    unwritten.delete(placeOf(`${kind}/${name}`, held));
  }
}
