// What restic itself does not know of a snapshot, kept in its tags, so that every machine that opens the repository reads it.
import type { Root } from '../policy.ts';
import type { ChangeNote, Level, Snapshot, Trigger, Verification } from '../snapshot.ts';

/** All that is in the tags. A snapshot without `status` was never committed. */
export interface Facts {
  readonly uid: string;
  readonly policy: string;
  readonly realm: string | undefined;
  readonly label: string;
  /** Grows with each rewrite: restic makes a new snapshot then, and a crash can leave both. */
  readonly revision: number;
  readonly trigger: Trigger;
  readonly slot: number | null;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly status: Snapshot['status'] | undefined;
  readonly isSuspicious: boolean;
  readonly files: number;
  readonly bytes: number;
  readonly tags: readonly string[];
  readonly roots: readonly Root[];
  /** Where the list of entries lies in the snapshot. */
  readonly list: string;
  readonly change: ChangeNote | undefined;
  readonly verifiedAt: number | null;
  readonly verifications: readonly Verification[];
  /** When each part of N was last read and found good: n, N, ms. */
  readonly slices: readonly (readonly [n: number, of: number, at: number])[];
  readonly damaged: readonly string[];
  readonly pin: Snapshot['pin'];
  readonly trash: Trash | undefined;
}
export interface Trash {
  readonly why: string;
  readonly purgeAt: number;
}

/** Every snapshot of ours has it. */
export const OURS = 'realm';
export const policyTag = (policy: string): string => `policy=${safe(policy)}`;

/** Restic parts tags at commas. */
const safe = (text: string): string => encodeURIComponent(text.toWellFormed());
const packed = (value: unknown): string => safe(JSON.stringify(value));
const iso = (at: number): string => new Date(at).toISOString();

export function encodeTags(facts: Facts): readonly string[] {
  const one = (key: string, value: string | undefined): string[] => (value === undefined ? [] : [`${key}=${value}`]);
  return [
    OURS,
    policyTag(facts.policy),
    ...one('realm', facts.realm && safe(facts.realm)),
    `label=${safe(facts.label)}`,
    `uid=${safe(facts.uid)}`,
    `revision=${facts.revision}`,
    ...one('status', facts.status),
    `trigger=${facts.trigger}`,
    ...one('slot', facts.slot === null ? undefined : iso(facts.slot)),
    `started=${iso(facts.startedAt)}`,
    `ended=${iso(facts.endedAt)}`,
    `files=${facts.files}`,
    `bytes=${facts.bytes}`,
    ...(facts.isSuspicious ? ['suspicious'] : []),
    ...facts.tags.map((tag) => `tag=${safe(tag)}`),
    ...facts.roots.map((root) => `root=${packed(root)}`),
    `list=${safe(facts.list)}`,
    ...one('change', facts.change && packed(facts.change)),
    ...one('verified', facts.verifiedAt === null ? undefined : iso(facts.verifiedAt)),
    ...facts.verifications.map((verification) => `verification=${packed(verification)}`),
    ...facts.slices.map((slice) => `slice=${slice.join('/')}`),
    ...facts.damaged.map((path) => `damaged=${safe(path)}`),
    ...one('pin', facts.pin && packed(facts.pin)),
    ...one('trash', facts.trash && packed(facts.trash)),
  ];
}

const TRIGGERS: readonly Trigger[] = ['schedule', 'catch-up', 'watch', 'manual', 'safety'];
const LEVELS: readonly Level[] = ['presence', 'structure', 'content', 'source', 'drill'];

/** undefined: another program's snapshot. Throws an Error that names what cannot be read in one of ours. */
export function decodeTags(tags: readonly string[]): Facts | undefined {
  if (!tags.includes(OURS)) return undefined;
  const values = new Map<string, string[]>();
  for (const tag of tags) {
    const at = tag.indexOf('=');
    if (at > 0) values.set(tag.slice(0, at), [...(values.get(tag.slice(0, at)) ?? []), tag.slice(at + 1)]);
  }
  const all = (key: string): readonly string[] => (values.get(key) ?? []).map(decodeURIComponent);
  const text = (key: string): string => all(key)[0] ?? missing(key);
  const time = (key: string): number => finite(key, Date.parse(text(key)));
  const optionalTime = (key: string): number | null => (values.has(key) ? time(key) : null);
  const unpacked = (key: string): unknown[] => all(key).map((value) => JSON.parse(value) as unknown);
  const status = all('status')[0];
  return {
    uid: text('uid'),
    policy: text('policy'),
    realm: all('realm')[0],
    label: text('label'),
    revision: finite('revision', Number(text('revision'))),
    trigger: TRIGGERS.find((one) => one === text('trigger')) ?? missing('trigger'),
    slot: optionalTime('slot'),
    startedAt: time('started'),
    endedAt: time('ended'),
    status: status === 'complete' || status === 'partial' ? status : undefined,
    isSuspicious: tags.includes('suspicious'),
    files: finite('files', Number(text('files'))),
    bytes: finite('bytes', Number(text('bytes'))),
    tags: all('tag'),
    roots: unpacked('root') as Root[],
    list: text('list'),
    change: changeOf(unpacked('change')[0]),
    verifiedAt: optionalTime('verified'),
    verifications: (unpacked('verification') as Verification[]).filter(({ level }) => LEVELS.includes(level)),
    slices: all('slice').map((slice) => slice.split('/').map(Number) as [number, number, number]),
    damaged: all('damaged'),
    pin: unpacked('pin')[0] as Snapshot['pin'],
    trash: unpacked('trash')[0] as Trash | undefined,
  };
}

/** JSON leaves out what is undefined. */
function changeOf(value: unknown): ChangeNote | undefined {
  if (value === undefined) return undefined;
  const { phase, paths, other, approvedBy, why, ...later } = value as ChangeNote;
  return { phase, paths, other, approvedBy, why, ...later };
}

function missing(key: string): never {
  throw new Error(`its tags say no ${key} that can be read`);
}
const finite = (key: string, value: number): number => (Number.isFinite(value) ? value : missing(key));

/** Only who read every byte can say what is damaged no more: an assertion of a drill that failed says nothing of it. */
function damagedBy(
  { damaged: before }: Facts,
  { level, isGood, damaged }: Verification,
  isWhole: boolean,
): readonly string[] {
  if (isGood) return isWhole ? [] : before;
  return isWhole && level === 'content' ? damaged : [...new Set([...before, ...damaged])];
}

/** `revision` aside: what is known after a verification. The newest of each level stays. */
export function withVerification(
  facts: Facts,
  verification: Verification,
  slice: { readonly n: number; readonly of: number } | undefined,
): Facts {
  const verifications = [...facts.verifications.filter(({ level }) => level !== verification.level), verification];
  if (verification.level === 'source') return { ...facts, verifications }; // what differs is not the snapshot
  const readsBytes = verification.level === 'content' || verification.level === 'drill';
  const damaged = damagedBy(facts, verification, readsBytes && slice === undefined);
  if (!readsBytes) return { ...facts, verifications, damaged };
  if (!verification.isGood) return { ...facts, verifications, damaged, slices: [] };
  if (slice === undefined) {
    const verifiedAt = verification.coverage === 1 ? verification.at : facts.verifiedAt;
    return { ...facts, verifications, damaged, verifiedAt };
  }
  const others = facts.slices.filter(([n, of]) => of === slice.of && n !== slice.n);
  const slices = [...others, [slice.n, slice.of, verification.at] as const];
  const isAll = slices.length === slice.of;
  const verifiedAt = isAll
    ? Math.max(facts.verifiedAt ?? 0, Math.min(...slices.map(([, , at]) => at)))
    : facts.verifiedAt;
  return { ...facts, verifications, damaged, slices, verifiedAt };
}
