// From tries to verdicts: thresholds, the start, and flapping.
import { expect, test } from 'vitest';
import type { ProbeSpec } from '../../../plugins/services/spec.ts';
import { counted, fresh, pauseMs } from '../../../plugins/services/tally.ts';

const probe: ProbeSpec = { every: 5_000, timeout: 1_000, within: 60_000, failures: 3, successes: 2 };
/** `+` success, `-` failure; capitals of `is` after each: u, y, n. */
function told(tries: string, isStarting: boolean, spec = probe): string {
  let tally = fresh();
  return Array.from(tries)
    .map((one) => {
      tally = counted(tally, one === '+', isStarting, spec);
      return tally.is[0];
    })
    .join('');
}

test.each([
  ['----------', true, 'uuuuuuuuuu', 'failures of a start count for nothing'],
  ['---', false, 'uun', 'three in a row are a no'],
  ['-+--+--', false, 'uuuuuuu', 'not in a row'],
  ['++', true, 'uy', 'two in a row are a yes'],
  ['+-+-+-++', true, 'uuuuuuuy', 'not in a row, within the start'],
  ['++---', true, 'uyyyn', 'the first yes ends the start'],
  ['++--+--+---', true, 'uyyyyyyyyyn', 'a success takes the failures back'],
  ['++---+-++', false, 'uyyynnnny', 'back to yes takes as many'],
])('%s (starting: %s) is %s: %s', (tries, isStarting, expected) => {
  expect(told(tries, isStarting)).toBe(expected);
});

test('tries come quickly until the first yes, and never again', () => {
  expect(pauseMs(fresh(), true, probe)).toBe(100);
  expect(pauseMs(fresh(), true, { ...probe, every: 200 })).toBe(20);
  expect(pauseMs(fresh(), true, { ...probe, exec: ['true'] })).toBe(500);
  expect(pauseMs(fresh(), false, probe)).toBe(5_000);
  expect(pauseMs(fresh('yes'), true, probe)).toBe(5_000);
  expect(pauseMs(fresh('no'), true, probe)).toBe(5_000);
});
