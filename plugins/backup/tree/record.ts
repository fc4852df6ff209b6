// `backup.json`: what a snapshot says of itself, and the snapshot made of it, its folder and its anchor.
import type { Root } from '../policy.ts';
import type { ChangeNote, Snapshot, Trigger } from '../snapshot.ts';

/** What is written into the snapshot. Its label is the name of its folder: that may become another when one is taken. */
export interface SnapshotRecord {
  readonly uid: string;
  readonly policy: string;
  readonly slot: number | null;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly trigger: Trigger;
  readonly status: Snapshot['status'];
  readonly isSuspicious: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly realm: string;
  readonly host: string;
  readonly tags: readonly string[];
  readonly change: ChangeNote | undefined;
  /** What was read; a restore in place works by it. */
  readonly roots?: readonly Root[] | undefined;
  /** Uid of the snapshot from which unchanged files were taken over. */
  readonly parent: string | undefined;
  /** When what it wrote was read back before the commit; undefined: it was not. */
  readonly readBack: ReadBack | undefined;
  /** For people and statistics: troubles, counts, timings, versions. Any JSON. */
  readonly details: object;
}

export interface ReadBack {
  readonly at: number;
  /** Of the bytes, in [0, 1]. */
  readonly coverage: number;
  /** All of it is known to be good: the rest was taken over from a snapshot that was itself wholly read. */
  readonly isWhole: boolean;
  /** When the rest was last read, as a whole and by parts, ms. Undefined: there is no rest, or nobody knows. */
  readonly rest?: Pick<Snapshot, 'verifiedAt' | 'slices'> | undefined;
}

const VERSION = 1;
const iso = (at: number): string => new Date(at).toISOString();

export function encodeRecord(record: SnapshotRecord): string {
  const { uid, policy, slot, startedAt, endedAt, readBack, change, parent, details, ...rest } = record;
  const text = {
    version: VERSION,
    uid,
    policy,
    slot: slot === null ? null : iso(slot),
    startedAt: iso(startedAt),
    endedAt: iso(endedAt),
    ...rest,
    parent: parent ?? null,
    readBack: readBack === undefined ? null : encodeReadBack(readBack),
    change: change ?? null,
    ...details,
  };
  return `${JSON.stringify(text, undefined, 2)}\n`;
}

const encodeReadBack = ({ at, rest, ...own }: ReadBack): object => ({
  ...own,
  at: iso(at),
  ...(typeof rest?.verifiedAt === 'number' && {
    rest: { verifiedAt: iso(rest.verifiedAt), slices: rest.slices ?? [] },
  }),
});

type Fields = Record<string, unknown>;
const TRIGGERS: readonly Trigger[] = ['schedule', 'catch-up', 'watch', 'manual', 'safety'];
const OWN = ['version', 'uid', 'policy', 'slot', 'startedAt', 'endedAt', 'trigger', 'status', 'isSuspicious', 'files'];
const known = new Set([...OWN, 'bytes', 'realm', 'host', 'tags', 'change', 'roots', 'parent', 'readBack']);

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

function fail(key: string, value: unknown): never {
  throw new Error(`${key} is ${JSON.stringify(value)?.slice(0, 100) ?? 'missing'}`);
}
const text = (fields: Fields, key: string): string => {
  const value = fields[key];
  return typeof value === 'string' && value !== '' ? value : fail(key, value);
};
const count = (fields: Fields, key: string): number => {
  const value = fields[key];
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : fail(key, value);
};
const time = (fields: Fields, key: string): number => {
  const at = Date.parse(text(fields, key));
  return Number.isNaN(at) ? fail(key, fields[key]) : at;
};
const oneOf = <T extends string>(fields: Fields, key: string, all: readonly T[]): T =>
  all.find((one) => one === fields[key]) ?? fail(key, fields[key]);

function changeOf(value: unknown): ChangeNote | undefined {
  if (value === null || value === undefined) return undefined;
  if (!isObject(value) || !isTexts(value['paths'])) return fail('change', value);
  const optional = (key: string): string | undefined => (value[key] === undefined ? undefined : text(value, key));
  return {
    phase: oneOf(value, 'phase', ['before', 'after']),
    paths: value['paths'],
    other: optional('other'),
    approvedBy: optional('approvedBy'),
    why: optional('why'),
    ...(value['question'] !== undefined && { question: text(value, 'question') }),
  };
}

function readBackOf(value: unknown): ReadBack | undefined {
  if (value === null) return undefined;
  if (!isObject(value) || typeof value['coverage'] !== 'number') return fail('readBack', value);
  const rest = restOf(value['rest']);
  const isWhole = value['isWhole'] === true;
  return { at: time(value, 'at'), coverage: value['coverage'], isWhole, ...(rest !== undefined && { rest }) };
}

function restOf(value: unknown): ReadBack['rest'] {
  if (value === undefined) return undefined;
  if (!isObject(value) || !Array.isArray(value['slices'])) return fail('readBack', value);
  const isNumbers = (one: unknown): boolean =>
    Array.isArray(one) && one.length === 3 && one.every((part) => Number.isFinite(part));
  if (!value['slices'].every(isNumbers)) return fail('readBack', value);
  return { verifiedAt: time(value, 'verifiedAt'), slices: value['slices'] as [number, number, number][] };
}

function rootsOf(value: unknown): readonly Root[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return fail('roots', value);
  return value.map((one: unknown): Root => {
    if (!isObject(one) || typeof one['as'] !== 'string') return fail('roots', one);
    const [include, exclude] = [one['include'] ?? undefined, one['exclude'] ?? []];
    if ((include !== undefined && !isTexts(include)) || !isTexts(exclude)) return fail('roots', one);
    return { from: text(one, 'from'), as: one['as'], include, exclude };
  });
}

/** Throws an Error that says what is wrong. */
export function decodeRecord(written: string): SnapshotRecord {
  const fields: unknown = JSON.parse(written);
  if (!isObject(fields)) throw new Error('it is no object');
  if (fields['version'] !== VERSION) throw new Error(`version ${String(fields['version'])} is not known here`);
  return {
    uid: text(fields, 'uid'),
    policy: text(fields, 'policy'),
    slot: fields['slot'] === null ? null : time(fields, 'slot'),
    startedAt: time(fields, 'startedAt'),
    endedAt: time(fields, 'endedAt'),
    trigger: oneOf(fields, 'trigger', TRIGGERS),
    status: oneOf(fields, 'status', ['complete', 'partial']),
    isSuspicious: fields['isSuspicious'] === true,
    files: count(fields, 'files'),
    bytes: count(fields, 'bytes'),
    realm: text(fields, 'realm'),
    host: text(fields, 'host'),
    tags: isTexts(fields['tags']) ? fields['tags'] : fail('tags', fields['tags']),
    change: changeOf(fields['change']),
    roots: rootsOf(fields['roots']),
    parent: fields['parent'] === null ? undefined : text(fields, 'parent'),
    readBack: readBackOf(fields['readBack']),
    details: Object.fromEntries(Object.entries(fields).filter(([key]) => !known.has(key))),
  };
}

/** `anchor`: SHA-256 of the tag manifest, hex. What was learnt later (pins, verifications, damage) is not in it yet. */
export function snapshotOf(record: SnapshotRecord, at: { path: string; label: string; anchor: string }): Snapshot {
  const { parent: _parent, details: _details, readBack, ...own } = record;
  const verifications =
    readBack === undefined || readBack.coverage === 0
      ? []
      : [{ level: 'content' as const, at: readBack.at, isGood: true, coverage: readBack.coverage, damaged: [] }];
  return {
    ...own,
    ...at,
    id: `${own.policy}/${at.label}`,
    verifications,
    verifiedAt: readBack?.isWhole === true ? Math.min(readBack.at, readBack.rest?.verifiedAt ?? Infinity) : null,
    ...(readBack?.rest?.slices !== undefined && { slices: readBack.rest.slices }),
    pin: undefined,
    damaged: [],
  };
}
