// What the long tests share: one seed for the whole run, each file's share of the minutes, and a loop that spends it.
import { randomInt } from 'node:crypto';
import { seededRandom } from '../../core/random.ts';
import type { Random } from '../../core/random.ts';

/** The seed of this run: REALM_SEED, else by chance. `npm run test:deep` prints it. */
export const seed: number = Number(process.env['REALM_SEED'] ?? randomInt(2 ** 31));

/** How long one test file may spend on rounds. Default 5 s, enough to see that it works. */
export const shareMs: number = Number(process.env['REALM_DEEP_MS'] ?? 5_000);

/** For `fc.assert(property, fastCheck(0.5))`: as many cases as fit into that part of the file's share. */
export const fastCheck = (
  part = 1,
): { seed: number; numRuns: number; interruptAfterTimeLimit: number; markInterruptAsFailure: false } => ({
  seed,
  numRuns: 1_000_000_000,
  interruptAfterTimeLimit: Math.max(1_000, shareMs * part),
  markInterruptAsFailure: false,
});

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
