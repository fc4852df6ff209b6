// One random life of six services, from the first start to a quiet end; what was explored is added to the counts.
import type { Step } from './model-steps.ts';
import { ModelWorld } from './model-world.ts';

export type Counts = { [what: string]: number };

export async function lived(life: readonly Step[], seed: number, counts: Counts): Promise<void> {
  const world = new ModelWorld(seed);
  try {
    await world.begin();
    for (const step of life) await world.take(step);
    await world.quiet();
  } finally {
    for (const [what, count] of Object.entries(world.witness.counts)) counts[what] = (counts[what] ?? 0) + count;
    world.dispose();
  }
}
