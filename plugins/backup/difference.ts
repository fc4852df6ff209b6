// What two states of the same files differ in, path by path: two snapshots, or a snapshot and what is there now.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type ByteText, toPath } from './byte-text.ts';
import type { Trouble } from './engine.ts';
import type { Entry } from './entry.ts';
import type { Policy } from './policy.ts';
import { type Found, walk } from './tree/walk.ts';

/** In place of the digest of a file that cannot be read now. */
export const UNREADABLE = '-';

/** What a comparison needs of a path, wherever it is. The digest of what is there now is worked out only when it matters. */
export interface Side extends Pick<Entry, 'type' | 'size' | 'mode' | 'mtimeNs' | 'target' | 'sha256'> {
  readonly path: ByteText;
  /** Of what is there now. */
  readonly found?: Found;
}

export interface Difference {
  readonly path: ByteText;
  readonly does: 'added' | 'removed' | 'changed';
  /** What differs of a path that is in both. `times`: of a file whose content nobody kept a digest of, as with restic. */
  readonly what: readonly ('type' | 'content' | 'times' | 'mode' | 'target')[];
  readonly from: Side | undefined;
  readonly to: Side | undefined;
}

/** Both have to come in the order of their bytes. Times alone are no difference. */
export async function* differences(from: AsyncIterable<Side>, to: AsyncIterable<Side>): AsyncGenerator<Difference> {
  for await (const [one, other] of pairs(from, to)) {
    if (other === undefined) yield { path: one!.path, does: 'removed', what: [], from: one, to: undefined };
    else if (one === undefined)
      yield { path: other.path, does: 'added', what: [], from: undefined, to: await withDigest(other) };
    else {
      const now = needsDigest(one, other) ? await withDigest(other) : other;
      const what = whatDiffers(one, now);
      if (what.length > 0) yield { path: one.path, does: 'changed', what, from: one, to: now };
    }
  }
}

/** Each path of either, once, with what each has of it. Both have to come in the order of their bytes. */
export async function* pairs(
  from: AsyncIterable<Side>,
  to: AsyncIterable<Side>,
): AsyncGenerator<readonly [Side | undefined, Side | undefined]> {
  const [left, right] = [from[Symbol.asyncIterator](), to[Symbol.asyncIterator]()];
  let [one, other] = [await nextOf(left), await nextOf(right)];
  while (one !== undefined || other !== undefined) {
    const isLeft = one !== undefined && (other === undefined || one.path <= other.path);
    const isRight = other !== undefined && (one === undefined || other.path <= one.path);
    yield [isLeft ? one : undefined, isRight ? other : undefined];
    if (isLeft) one = await nextOf(left);
    if (isRight) other = await nextOf(right);
  }
}

const nextOf = async (all: AsyncIterator<Side>): Promise<Side | undefined> => {
  const { done, value } = await all.next();
  return done === true ? undefined : value;
};

function whatDiffers(from: Side, to: Side): Difference['what'] {
  if (from.type !== to.type) return ['type'];
  if (from.type === 'link') return from.target === to.target ? [] : ['target'];
  const mode = from.mode === to.mode ? [] : (['mode'] as const);
  if (from.type === 'folder') return mode;
  return [...contentOf(from, to), ...mode];
}

function contentOf(from: Side, to: Side): readonly ('content' | 'times')[] {
  if (from.size !== to.size) return ['content'];
  if (from.sha256 !== undefined && to.sha256 !== undefined) return from.sha256 === to.sha256 ? [] : ['content'];
  const isKnownSame = from.sha256 !== undefined && to.found !== undefined; // else its digest would have been worked out
  return isKnownSame || from.mtimeNs === to.mtimeNs ? [] : ['times'];
}

/** Without one what is there now counts as unchanged: its times and inode are those that were saved. */
const needsDigest = (saved: Side, { found, type }: Side): boolean => {
  if (found === undefined || type !== 'file' || saved.type !== 'file' || saved.sha256 === undefined) return false;
  const { mtimeNs, ctimeNs, isRacy } = saved as Entry;
  return found.mtimeNs !== mtimeNs || found.ctimeNs !== ctimeNs || isRacy === true || found.size !== saved.size;
};

async function withDigest(side: Side): Promise<Side> {
  if (side.found === undefined || side.type !== 'file' || side.sha256 !== undefined) return side;
  return { ...side, sha256: await digestOf(side.found) };
}

/** Of the content as it is now; UNREADABLE when it is gone or locked meanwhile: nobody can say that it is the same. */
export async function digestOf({ from }: Pick<Found, 'from'>): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(toPath(from))) hash.update(chunk as Buffer);
  } catch {
    return UNREADABLE;
  }
  return hash.digest('hex');
}

/** What is there now, as the policy would save it; `troubles`: what could not be looked at. */
export async function* liveSides({ roots, never }: Policy, troubles: Trouble[]): AsyncGenerator<Side> {
  for (const found of walk({ roots, never, trouble: (one) => void troubles.push(one) })) yield { ...found, found };
}
