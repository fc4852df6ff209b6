// What an interrupted run left in the repository, and trash whose time is over: forgotten, and its room given back.
import type { Tools } from '../engine.ts';
import type { Restic } from './command.ts';
import type { Place } from './place.ts';
import { census, type Known } from './repository.ts';
import { sweepScratch } from './scratch.ts';

/** How long what was removed can be had back. */
export const GRACE_MS = 3 * 24 * 3_600_000;
/** Another machine may be at work; after so long it is not. */
const UNCOMMITTED_MS = 24 * 3_600_000;

export async function tidy({ restic, scratch }: Place, policy: string, tools: Tools): Promise<void> {
  sweepScratch(scratch, tools.now());
  const { known, stale } = await census(restic, policy);
  const isOver = ({ facts }: Known): boolean =>
    facts.trash === undefined
      ? facts.status === undefined && facts.startedAt < tools.now() - UNCOMMITTED_MS
      : facts.trash.purgeAt <= tools.now();
  const over = known.filter(isOver);
  await forget(restic, stale, over, tools);
}

/** Before their time; those that lie there longest. */
export async function emptyTrash({ restic }: Place, policy: string, most: number, tools: Tools): Promise<number> {
  const { known } = await census(restic, policy);
  const inTrash = known.flatMap((one) => (one.facts.trash === undefined ? [] : [{ one, at: one.facts.trash.purgeAt }]));
  const going = inTrash.toSorted((one, other) => one.at - other.at).slice(0, most);
  await forget(
    restic,
    [],
    going.map(({ one }) => one),
    tools,
  );
  return going.length;
}

async function forget(restic: Restic, stale: readonly string[], over: readonly Known[], tools: Tools): Promise<void> {
  const ids = [...stale, ...over.map(({ resticId }) => resticId)];
  if (ids.length === 0) return;
  tools.step('backup.purge:before');
  await restic.run(['forget', ...ids], { signal: tools.signal });
  tools.step('backup.purge:after');
  if (over.length === 0) return; // the others share all they hold with one that stays
  tools.progress({ phase: 'prune' });
  await restic.run(['prune'], { signal: tools.signal });
  tools.say(`restic prune gave back the room of ${over.length} snapshots`);
}
