// `realm backup list` and `show`: what there is, and how sure we are of it.
import { type Action, type Context, s, table } from 'realm-runner/plugin';
import { agreementOf, approvalOf } from '../approval.ts';
import { shown } from '../byte-text.ts';
import { type AllKept, allKept, find, type Kept } from '../find.ts';
import { toldOthers } from '../owner.ts';
import { type Backup, backupNamed } from '../policies.ts';
import { search } from '../search.ts';
import type { BackupSpec } from '../spec.ts';
import { enginesOf } from '../targets.ts';
import { meant, undeclared } from '../undeclared.ts';
import { ago, bytesText, linesOf, messageOf } from '../words.ts';

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** The shape that `--json` prints, whose first keys have their names for ever. */
export function rowOf({ engine, snapshot }: Kept): object {
  const { id, policy, slot, path, status, files, bytes, verifiedAt } = snapshot;
  const drilled = snapshot.verifications.find(({ level }) => level === 'drill');
  return {
    id,
    policy,
    slot: iso(slot),
    path,
    status: snapshot.damaged.length > 0 ? 'damaged' : status,
    files,
    bytes,
    startedAt: iso(snapshot.startedAt),
    verifiedAt: iso(verifiedAt),
    drilledAt: iso(drilled?.at ?? null),
    trigger: snapshot.trigger,
    target: engine.name,
    pinned: snapshot.pin === undefined ? null : snapshot.pin.why,
    approval: approvalOf(snapshot) ?? null,
  };
}

interface ListInput {
  readonly name?: string | undefined;
  readonly trash?: boolean | undefined;
}

export const listVerb: Action<ListInput> = {
  name: 'backup.list',
  summary: 'List the snapshots, and how sure we are of each.',
  input: s.object({
    name: s.string().optional().about('Only those of this backup.'),
    trash: s.boolean().optional().about('What was removed and can still be had back with `realm backup undelete`.'),
  }),
  effect: 'read',
  cli: { verb: 'backup list', positionals: ['name'] },
  async run({ name, trash = false }, ctx) {
    const declared = ctx.resources<BackupSpec>('backup');
    const wanted =
      name === undefined ? [...declared, ...(await undeclared(ctx, true))] : [(await meant(name, ctx, true)).want];
    if (trash) return trashOf(wanted, ctx);
    const all = await Promise.all(wanted.map((want) => allKept(want, ctx, true)));
    const lost = wanted.filter((want, index) => !declared.includes(want) && all[index]!.kept.length > 0);
    const kept = all.flatMap((one) => one.kept);
    const unread = all.flatMap((one) => one.unread);
    const others = all.flatMap((one) => one.others);
    const text = `${told(kept, unread, ctx)}${toldBeside(others)}${linesOf(lost.map(toldLost))}`;
    const names = lost.map((want) => want.name);
    return { version: 1, text, snapshots: kept.map(rowOf), unread, others: others.map(rowOf), undeclared: names };
  },
};

async function trashOf(wanted: readonly Backup[], ctx: Context): Promise<object> {
  const found: { id: string; target: string; why: string; purgeAt: string }[] = [];
  const unread: { target: string; why: string }[] = [];
  for (const want of wanted)
    for (const engine of await enginesOf(want, ctx, true)) {
      const lies = await engine.trash(want.name).catch((error: unknown) => messageOf(error));
      if (typeof lies === 'string') unread.push({ target: engine.name, why: lies });
      else
        for (const { snapshot, why, purgeAt } of lies)
          found.push({ id: snapshot.id, target: engine.name, why, purgeAt: new Date(purgeAt).toISOString() });
    }
  const rows = found.map(({ id, target, why, purgeAt }) => [id, target, purgeAt, why]);
  const listed = rows.length === 0 ? 'The trash is empty.\n' : table(['SNAPSHOT', 'TARGET', 'UNTIL', 'REMOVED'], rows);
  const away = linesOf(unread.map(({ target, why }) => `${target} cannot be read: ${why}`));
  return { version: 1, text: `${listed}${away}`, trash: found, unread };
}

const toldLost = ({ name }: Backup): string =>
  `backup/${name} is declared no more, and its snapshots stay: realm backup restore ${name} --to DIR`;

/** The newest first, as people ask for it. */
function told(kept: readonly Kept[], unread: AllKept['unread'], ctx: Context): string {
  const since = (at: number | undefined | null): string => (at ? `${ago(ctx.now() - at)} ago` : '-');
  const rows = kept
    .toReversed()
    .map(({ snapshot: one }) => [
      one.id,
      [one.damaged.length > 0 ? 'damaged' : one.status, approvalOf(one) ?? []].flat().join(', '),
      one.files,
      bytesText(one.bytes),
      since(one.startedAt),
      since(one.verifiedAt),
      since(one.verifications.find(({ level, isGood }) => level === 'drill' && isGood)?.at),
      one.path,
    ]);
  const away = unread.map(({ target, why }) => `${target} cannot be read: ${why}\n`).join('');
  if (rows.length === 0) return `${away}No snapshot yet.\n  realm backup run NAME\n`;
  return table(['SNAPSHOT', 'STATUS', 'FILES', 'SIZE', 'MADE', 'READ BACK', 'RESTORED', 'PATH'], rows) + away;
}

function toldBeside(others: readonly Kept[]): string {
  const said = toldOthers(others.map(({ snapshot }) => snapshot));
  return said === ''
    ? ''
    : `Beside them lie ${said}, under the same names: they do not count here, and can be named with --id.\n`;
}

interface ShowInput {
  readonly name: string;
  readonly id?: string | undefined;
  readonly path?: readonly string[] | undefined;
}

export const showVerb: Action<ShowInput> = {
  name: 'backup.show',
  summary: 'Show one snapshot: where it came from, and what is in it.',
  input: s.object({
    name: s.string(),
    id: s.string().optional().about('Default: the newest good one.'),
    path: s.list(s.string()).optional().about('Only what is at or below this path.'),
  }),
  effect: 'read',
  cli: { verb: 'backup show', positionals: ['name'] },
  async run({ name, id, path = [] }, ctx) {
    const typed = await meant(name, ctx, true);
    const copies = await find(typed.want, id ?? typed.id, ctx, true);
    const entries = await entriesOf(copies[0]!, path);
    return {
      version: 1,
      ...rowOf(copies[0]!),
      ...noteOf(copies[0]!),
      copies: copies.map(({ snapshot }) => snapshot.path),
      entries,
    };
  },
};

/** Who agreed to the change or denied it, and why; null: nobody yet, or it saved none. */
function agreedOf(snapshot: Kept['snapshot']): object | null {
  const said = agreementOf(snapshot);
  return said === undefined ? null : { state: approvalOf(snapshot) ?? 'announced', by: said.by, why: said.why };
}

const noteOf = ({ snapshot }: Kept): object => ({
  anchor: snapshot.anchor,
  change: snapshot.change ?? null,
  agreement: agreedOf(snapshot),
  damaged: snapshot.damaged,
  verifications: snapshot.verifications.map(({ at, ...one }) => ({ ...one, at: iso(at) })),
});

const isBelow = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

async function entriesOf({ engine, snapshot }: Kept, paths: readonly string[]): Promise<readonly object[]> {
  const found: object[] = [];
  for await (const { path, type, size, mode, mtimeNs, sha256 } of engine.entries(snapshot)) {
    const name = shown(path);
    if (paths.length > 0 && !paths.some((one) => isBelow(name, one.replace(/\/$/, '')))) continue;
    const modifiedAt = new Date(Number(BigInt(mtimeNs) / 1_000_000n)).toISOString();
    found.push({ path: name, type, size, mode: mode.toString(8).padStart(4, '0'), modifiedAt, sha256: sha256 ?? null });
  }
  return found;
}

interface FindInput {
  readonly path: string;
  readonly name?: string | undefined;
  readonly most?: number | undefined;
}

const MOST = 1_000;

export const findVerb: Action<FindInput> = {
  name: 'backup.find',
  summary: 'Find which snapshots hold a file, and in which version.',
  input: s.object({
    path: s.string({ minLength: 1 }).about('A part of the path, as `memory/notes.md`.'),
    name: s.string().optional().about('Only in this backup.'),
    most: s.integer({ minimum: 1 }).optional().about('So many at most, of the newest snapshots. Default: 1000.'),
  }),
  effect: 'read',
  cli: { verb: 'backup find', positionals: ['path'] },
  run: found,
};

async function found({ path: part, name, most = MOST }: FindInput, ctx: Context): Promise<object> {
  const wanted = name === undefined ? ctx.resources<BackupSpec>('backup') : [backupNamed(name, ctx)];
  const all = await Promise.all(wanted.map((want) => allKept(want, ctx, true)));
  const kept = all.flatMap((one) => one.kept);
  const { hits, isCut, unread } = await search(kept, part, { most, signal: ctx.signal });
  const rows = hits.map(({ id, entry: { path, size, mtimeNs, sha256 } }) => {
    const modifiedAt = new Date(Number(BigInt(mtimeNs) / 1_000_000n)).toISOString();
    return { id, path: shown(path), size, modifiedAt, sha256: sha256?.slice(0, 12) ?? null };
  });
  return { version: 1, found: rows, isCut, unread: [...all.flatMap((one) => one.unread), ...unread] };
}
