// `realm backup diff`: what a snapshot changed, in what two differ, or how far the present is from one.
import { type Action, type Context, RealmError, s } from 'realm-runner/plugin';
import { shown } from '../byte-text.ts';
import { type Difference, differences, liveSides, type Side, UNREADABLE } from '../difference.ts';
import type { Trouble } from '../engine.ts';
import { isGood } from '../facts.ts';
import { find, type Kept } from '../find.ts';
import { backupNamed, policyOf } from '../policies.ts';
import { bytesText } from '../words.ts';

interface DiffInput {
  readonly a: string;
  readonly b?: string | undefined;
  readonly live?: boolean | undefined;
}

export const diffVerb: Action<DiffInput> = {
  name: 'backup.diff',
  summary: 'Say which files differ between two snapshots, or between one and what is there now.',
  input: s.object({
    a: s.string({ minLength: 1 }).about('A snapshot, as daily/2026-11-21; alone: against the one before it.'),
    b: s.string({ minLength: 1 }).optional().about('Another one: what became of A on the way to B.'),
    live: s.boolean().optional().about('What became of A until now.'),
  }),
  effect: 'read',
  cli: { verb: 'backup diff', positionals: ['a', 'b'] },
  run: diff,
};

interface End {
  readonly id: string;
  sides(): AsyncIterable<Side>;
}

async function diff(input: DiffInput, ctx: Context): Promise<object> {
  const troubles: Trouble[] = [];
  const [from, to] = await endsOf(input, troubles, ctx);
  const changes: object[] = [];
  const lines: string[] = [];
  const counts = { added: 0, removed: 0, changed: 0 };
  for await (const one of differences(from.sides(), to.sides())) {
    counts[one.does] += 1;
    changes.push(rowOf(one));
    lines.push(lineOf(one));
  }
  const unread = troubles.map(({ path, why }) => `? ${path}  cannot be looked at: ${why}\n`);
  const sum = `${from.id} -> ${to.id}: ${counts.added} added, ${counts.removed} removed, ${counts.changed} changed\n`;
  return {
    version: 1,
    text: [...lines, ...unread, sum].join(''),
    from: from.id,
    to: to.id,
    counts,
    changes,
    troubles,
  };
}

async function endsOf({ a, b, live }: DiffInput, troubles: Trouble[], ctx: Context): Promise<readonly [End, End]> {
  const one = await kept(a, ctx);
  if (live === true && b !== undefined)
    throw new RealmError('BACKUP_UNKNOWN', `${b} or --live: one of the two`, { hint: `realm backup diff ${a} --live` });
  if (live === true) {
    const policy = await policyOf(backupNamed(one.snapshot.policy, ctx), ctx);
    return [endOf(one), { id: 'now', sides: () => liveSides(policy, troubles) }];
  }
  if (b !== undefined) return [endOf(one), endOf(await kept(b, ctx))];
  return [endOf(await before(one)), endOf(one)];
}

const endOf = ({ engine, snapshot }: Kept): End => ({ id: snapshot.id, sides: () => engine.entries(snapshot) });

/** Throws BACKUP_POLICY_UNKNOWN and BACKUP_UNKNOWN. */
async function kept(id: string, ctx: Context): Promise<Kept> {
  const want = backupNamed(id.split('/')[0]!, ctx);
  const copies = await find(want, id.includes('/') ? id : undefined, ctx, true);
  return copies.find(({ snapshot }) => snapshot.damaged.length === 0) ?? copies[0]!;
}

/** The state it was compared with when it was made, else the newest good one that is older. Throws BACKUP_UNKNOWN. */
async function before({ engine, snapshot }: Kept): Promise<Kept> {
  const { snapshots } = await engine.list(snapshot.policy);
  const older = snapshots.filter(
    (one) => one.startedAt < snapshot.startedAt && isGood(one) && one.trigger !== 'safety',
  );
  const found = snapshots.find(({ id }) => id === snapshot.change?.other) ?? older.at(-1);
  if (found !== undefined) return { engine, snapshot: found };
  throw new RealmError('BACKUP_UNKNOWN', `there is no good snapshot before ${snapshot.id}`, {
    hint: `realm backup diff ${snapshot.id} --live`,
  });
}

const sideOf = (side: Side | undefined): object | null =>
  side === undefined
    ? null
    : {
        type: side.type,
        size: side.size,
        mode: side.mode.toString(8).padStart(4, '0'),
        sha256: side.sha256 === undefined || side.sha256 === UNREADABLE ? null : side.sha256,
        target: side.target === undefined ? null : shown(side.target),
      };

const rowOf = ({ path, does, what, from, to }: Difference): object => ({
  path: shown(path),
  does,
  what,
  from: sideOf(from),
  to: sideOf(to),
});

const MARKS = { added: '+', removed: '-', changed: '~' } as const;

function sideText({ type, size, target }: Side): string {
  if (type === 'file') return bytesText(size);
  return type === 'link' ? `link to ${target === undefined ? '?' : shown(target)}` : 'folder';
}

function lineOf({ path, does, what, from, to }: Difference): string {
  const side = does === 'changed' ? `${changeText(from!, to!)}  ${what.join(', ')}` : sideText((from ?? to)!);
  return `${MARKS[does]} ${shown(path)}  ${side}\n`;
}

const short = ({ sha256 }: Side): string => (sha256 === UNREADABLE ? 'unreadable' : (sha256 ?? '?').slice(0, 8));

function changeText(from: Side, to: Side): string {
  if (from.type !== 'file' || to.type !== 'file') return `${sideText(from)} -> ${sideText(to)}`;
  const sizes = from.size === to.size ? sideText(to) : `${sideText(from)} -> ${sideText(to)}`;
  const isUnknown = from.sha256 === undefined || to.sha256 === undefined || from.sha256 === to.sha256;
  return isUnknown ? sizes : `${sizes} (${short(from)} -> ${short(to)})`;
}
