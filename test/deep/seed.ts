// What the long tests share: one seed for the whole run, each file's share of the minutes, and a loop that spends it.
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { seededRandom } from '../../core/random.ts';
import type { Random } from '../../core/random.ts';

/** The seed of this run: REALM_SEED, else by chance. `npm run test:deep` prints it. */
export const seed: number = Number(process.env['REALM_SEED'] ?? randomInt(2 ** 31));

/** How long one test file may spend on rounds. Default 5 s, enough to see that it works. */
export const shareMs: number = Number(process.env['REALM_DEEP_MS'] ?? 5_000);

/**
 * `fc.assert` for as many cases as fit into this part of the file's share. fast-check gives up the case that is under way
 * then; here it is waited for, and has to hold like all others: it would go on in the folder that its test takes away.
 */
export async function assertAll<Case>(
  property: fc.IAsyncProperty<Case>,
  part = 1,
  more: { readonly endOnFailure?: boolean } = {},
): Promise<void> {
  const run = property.run.bind(property);
  let last: ReturnType<typeof run> | undefined;
  property.run = (one) => (last = run(one));
  await fc.assert(property, {
    seed,
    numRuns: 1_000_000_000,
    interruptAfterTimeLimit: Math.max(1_000, shareMs * part),
    markInterruptAsFailure: false,
    ...more,
  });
  const failure = await last;
  if (failure !== undefined && failure !== null && 'error' in failure)
    throw new Error(`the last case failed, whose time was up: REALM_SEED=${seed}`, { cause: failure.error });
}

export interface Round {
  /** Counts from 0. */
  readonly n: number;
  /** Seeded by the run's seed, the name and n: a round can be repeated alone. */
  readonly random: Random;
}

/** Runs rounds until this part of the file's share is spent, at least `atLeast` of them; says how many it did. */
export async function rounds(
  name: string,
  body: (round: Round) => void | Promise<void>,
  { part = 1, atLeast = 1, atMost = Infinity }: { part?: number; atLeast?: number; atMost?: number } = {},
): Promise<number> {
  const endsAt = Date.now() + shareMs * part;
  let n = 0;
  while (n < atMost && (n < atLeast || Date.now() < endsAt)) {
    try {
      await body({ n, random: seededRandom(seed ^ hash(`${name}/${n}`)) });
    } catch (cause) {
      throw new Error(`${name}: round ${n} failed; again with REALM_SEED=${seed}`, { cause });
    }
    n += 1;
  }
  console.log(`${name}: ${n} rounds, REALM_SEED=${seed}`);
  return n;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0)!, 0x01000193);
  return value >>> 0;
}
