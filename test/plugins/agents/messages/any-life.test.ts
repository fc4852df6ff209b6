// Any life of the messages, with a death at any crash point: nothing lost, nothing invented, nothing overtakes its reference.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Explored, play, steps } from './life-model.ts';

test(
  'W: whatever happens in whatever order, each message arrives, once after dedupe, and in the order of its reference',
  { timeout: 120_000 },
  async () => {
    const explored: Explored = { written: 0, crashes: 0, restarts: 0, repeated: 0 };
    await fc.assert(
      fc.asyncProperty(steps, (all) => play(all, explored)),
      { numRuns: 60, endOnFailure: true }, // making it smaller takes minutes, and the seed would never be told
    );
    console.log(`messages: ${JSON.stringify(explored)}`);
    expect(explored.crashes).toBeGreaterThan(30);
    expect(explored.written).toBeGreaterThan(300);
  },
);
