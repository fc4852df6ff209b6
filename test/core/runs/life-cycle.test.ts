// The states of a run: which moves are legal, and that every path ends.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canMove, FIRST_STATES, isEnded, RUN_STATES, type RunState } from '../../../core/runs/life-cycle.ts';

test('the whole table, as it is promised', () => {
  const moves = RUN_STATES.flatMap((from) => RUN_STATES.filter((to) => canMove(from, to)).map((to) => `${from} ${to}`));
  expect(moves).toEqual([
    'queued running',
    'queued cancelled',
    'running queued',
    'running succeeded',
    'running failed',
    'running cancelled',
    'running lost',
  ]);
});

test('any walk: an end is final, nothing ends well without having run, and every end can be reached', () => {
  const ends = new Set<RunState>();
  let explored = 0;
  const steps = fc.array(fc.constantFrom(...RUN_STATES), { minLength: 50, maxLength: 100 });
  fc.assert(
    fc.property(fc.constantFrom(...FIRST_STATES), steps, (first, wished) => {
      let state = first;
      let hasRun = false;
      for (const to of wished) {
        explored += 1;
        if (isEnded(state)) expect(canMove(state, to)).toBe(false);
        if (!canMove(state, to)) continue;
        state = to;
        hasRun ||= state === 'running';
        if (['succeeded', 'failed', 'lost'].includes(state)) expect(hasRun).toBe(true);
      }
      ends.add(state);
    }),
    { numRuns: 500 },
  );
  expect([...ends].filter(isEnded).toSorted()).toEqual(RUN_STATES.filter(isEnded).toSorted());
  console.log(`life cycle: ${explored} steps`);
});
