// Looks through the lists of many snapshots for a path: bit by bit, since the daemon may be who looks.
import { nextTurn } from 'realm-runner/plugin';
import { shown } from './byte-text.ts';
import type { Entry } from './entry.ts';
import type { AllKept, Kept } from './find.ts';
import { messageOf } from './words.ts';

export interface Hit {
  readonly id: string;
  readonly entry: Entry;
}

export interface Hits {
  /** Oldest first; of more than `most` the newest. */
  readonly hits: readonly Hit[];
  readonly isCut: boolean;
  /** Snapshots whose list cannot be read, and why. */
  readonly unread: AllKept['unread'];
}

/** Files and links whose path, as people see it, holds this text. */
export async function search(
  kept: readonly Kept[],
  part: string,
  { most, signal }: { readonly most: number; readonly signal: AbortSignal },
): Promise<Hits> {
  const bySnapshot: Hit[][] = [];
  let count = 0;
  const unread: { target: string; why: string }[] = [];
  const answer = (isCut: boolean): Hits => ({ hits: bySnapshot.toReversed().flat(), isCut, unread });
  for (const { engine, snapshot } of kept.toReversed()) {
    await nextTurn();
    signal.throwIfAborted();
    const own: Hit[] = [];
    bySnapshot.push(own);
    try {
      for await (const entry of engine.entries(snapshot, part)) {
        signal.throwIfAborted();
        if (entry.type === 'folder' || !shown(entry.path).includes(part)) continue;
        if (count === most) return answer(true);
        count += 1;
        own.push({ id: snapshot.id, entry });
      }
    } catch (error) {
      signal.throwIfAborted();
      unread.push({ target: snapshot.path, why: messageOf(error) });
    }
  }
  return answer(false);
}
