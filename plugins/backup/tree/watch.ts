// How long each part of a run took.
import type { Tools } from '../engine.ts';

export interface Watch {
  /** What went on since the last one had this name. */
  lap(name: string): void;
  laps(): Readonly<Record<string, number>>;
}

export function watchOf({ now }: Tools): Watch {
  const laps: Record<string, number> = {};
  let last = now();
  return {
    lap: (name) => {
      laps[name] = Math.max(0, now() - last);
      last = now();
    },
    laps: () => ({ ...laps }),
  };
}
