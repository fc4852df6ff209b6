// `realm backup verify --level source`: a snapshot beside what it was made of, told path by path.
import { join } from 'node:path';
import { type Context, RealmError } from 'realm-runner/plugin';
import { factsOfThose } from '../each-target.ts';
import { find } from '../find.ts';
import { type Backup, policyOf } from '../policies.ts';
import type { Finding, SourceLook } from '../source-look.ts';
import { toolsOf } from '../tools.ts';
import { type SourceVerified, verifySource } from '../verify-source.ts';

interface Result extends SourceVerified {
  readonly id: string;
  readonly target: string;
}

/** Each copy of the newest good one, or of `id`. Throws BACKUP_SOURCE_DIFFERS. */
export async function besideSources(want: Backup, id: string | undefined, ctx: Context): Promise<object> {
  const tools = toolsOf(ctx);
  const policy = await policyOf(want, ctx);
  const copies = await find(want, id, ctx);
  const results: Result[] = [];
  for (const one of copies) {
    const verified = await verifySource(one, policy, join(ctx.paths.data, 'compared'), tools);
    results.push({ id: one.snapshot.id, target: one.engine.name, ...verified });
  }
  const engines = copies.map(({ engine }) => engine);
  const targets = await factsOfThose(engines, want.name, ctx.signal);
  const output = { version: 1, policy: want.name, results: results.map(rowOf), targets };
  const bad = results.filter(({ verification }) => !verification.isGood);
  if (bad.length > 0)
    throw new RealmError('BACKUP_SOURCE_DIFFERS', bad.map(toldBad).join('; '), {
      hint: `realm backup restore ${want.name} --id ${bad[0]!.id} --to DIR --path PATH puts the one that was saved beside it`,
      output,
    });
  return { text: results.map(told).join(''), said: tools.said, ...output };
}

const rowOf = ({ id, target, verification, look: { named, counts } }: Result): object => ({
  id,
  target,
  verification,
  healed: [],
  counts,
  paths: named,
});

const WORDS: Readonly<Record<Finding, readonly [mark: string, says: string]>> = {
  changed: ['~', 'changed since'],
  added: ['+', 'new since'],
  gone: ['-', 'gone since'],
  differs: ['!', 'size and time are as they were saved, the content is not'],
  lacking: ['!', 'it was there, and is not in the snapshot'],
  unread: ['?', 'cannot be read now'],
};

function told({ id, target, verification, look }: Result): string {
  const lines = look.named.map(({ is, path }) => `${WORDS[is][0]} ${path}  ${WORDS[is][1]}\n`);
  const rest = restOf(look);
  const part = verification.coverage === 1 ? '' : ` (${Math.floor(verification.coverage * 100)} % of the bytes)`;
  const { changed, added, gone } = look.counts;
  const since = `since then ${changed} changed, ${added} new, ${gone} gone`;
  return `${lines.join('')}${rest}${id} in ${target}: ${look.sameFiles} files compared${part}, and the same; ${since}\n`;
}

function restOf({ counts, named }: SourceLook): string {
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return all === named.length ? '' : `... and ${all - named.length} more\n`;
}

function toldBad({ id, target, verification: { damaged }, look: { counts, named } }: Result): string {
  const why = (path: string): string => WORDS[named.find((one) => one.path === path)?.is ?? 'differs'][1];
  const more = counts.differs + counts.lacking - damaged.length;
  const paths = damaged.map((path) => `${path}: ${why(path)}`).join(', ');
  return `${id} in ${target}: ${paths}${more > 0 ? `, and ${more} more` : ''}`;
}
