// What a restore would do, and what of it was not as asked: for people, and for programs.
import { shown } from '../byte-text.ts';
import type { Does } from '../restore/compare.ts';
import type { RestorePlan } from '../restore/plan.ts';
import type { Restored } from '../restore/restore.ts';
import { bytesText, linesOf } from '../words.ts';

const MOST_LINES = 1_000;
const MARKS: Readonly<Record<Does, string>> = {
  create: '+',
  update: '~',
  aside: '-',
  keep: ' ',
  same: ' ',
};

export async function toldPlan(plan: RestorePlan): Promise<object> {
  const { counts, bytes, remarks } = plan;
  const { create, update, same, aside, keep } = counts;
  const changes: { does: Does; path: string; from: string | null }[] = [];
  for await (const { does, path, wanted } of plan.lines()) {
    if (does === 'same') continue;
    const layer = wanted === undefined || does === 'keep' ? undefined : plan.layers[wanted.layer];
    changes.push({ does, path: shown(path), from: layer?.snapshot.id ?? null });
    if (changes.length === MOST_LINES) break;
  }
  const notListed = create + update + aside + keep - changes.length;
  const said = changes.map(
    ({ does, path, from }) => `${MARKS[does]} ${path}${from === null ? `  (${does})` : `  from ${from}`}`,
  );
  const more = notListed === 0 ? [] : [`... and ${notListed} more`];
  const sum = `${create} new, ${update} changed, ${same} the same, ${aside} taken away, ${keep} left alone; ${bytesText(bytes)} to write`;
  return { text: linesOf([...said, ...more, sum, ...remarks]), changes, notListed, counts, bytes, remarks };
}

/** What is not as it was asked for. */
export const toldOdd = (
  { remarks }: Pick<RestorePlan, 'remarks'>,
  { substitutes, unsaved }: Restored,
): readonly string[] => [
  ...remarks,
  ...substitutes.map(
    ({ path, from, isExact }) =>
      `${shown(path)} was damaged: ${isExact ? 'the same content' : 'an older state'} is taken from ${from}`,
  ),
  ...(unsaved === undefined ? [] : [unsaved]),
];
