// How long what a service started may take to end, once its main process has.
import { expect, test } from 'vitest';
import { hasGrace } from '../../../plugins/services/decide.ts';

const NOW = 1_000_000;
const spec = { stop: { signal: 'TERM', grace: 10_000 } } as const;
const stopping = { token: 't1', since: NOW - 9_999, because: 'why', reached: 1, killedAt: null };

test('up to the end of the grace, not after KILL, and not by a clock that went back', () => {
  expect(hasGrace(stopping, spec, NOW)).toBe(true);
  expect(hasGrace(stopping, spec, NOW + 1)).toBe(false);
  expect(hasGrace({ ...stopping, killedAt: NOW - 1 }, spec, NOW)).toBe(false);
  expect(hasGrace({ ...stopping, since: NOW + 3_600_000 }, spec, NOW)).toBe(false);
});
