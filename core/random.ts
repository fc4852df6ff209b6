// Chance as a value that can be given: the system's, and a seeded one for tests and simulation.
import { randomBytes } from 'node:crypto';

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A sortable-free unique id of `bytes` random bytes in hex. */
  id(bytes?: number): string;
}

export const systemRandom: Random = {
  next: () => Math.random(),
  id: (bytes = 8) => randomBytes(bytes).toString('hex'),
};

/** Mulberry32 (Tommy Ettinger, public domain): same seed, same sequence. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const id = (bytes = 8): string =>
    Array.from({ length: bytes }, () =>
      Math.floor(next() * 256)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
  return { next, id };
}
