// Units written out again: what is printed is read as the same number, and as short as people write it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode } from '../../../core/schema/decode.ts';
import { s } from '../../../core/schema/schema.ts';
import {
  dayRange,
  dayRangeText,
  durationMs,
  durationRange,
  durationRangeText,
  durationText,
  modeText,
  sizeBytes,
  sizeText,
} from '../../../core/schema/units.ts';

const numbers = fc.oneof(
  fc.nat(),
  fc.maxSafeNat(),
  fc
    .tuple(fc.nat(1000), fc.constantFrom(1, 1_000, 60_000, 3_600_000, 86_400_000, 1e6, 1e9, 2 ** 20, 2 ** 30))
    .map(([count, unit]) => count * unit),
);

test('durations and sizes come back as they went', () => {
  fc.assert(
    fc.property(numbers, (value) => {
      expect(durationMs(durationText(value)!)).toBe(value);
      expect(sizeBytes(sizeText(value)!)).toBe(value);
    }),
    { numRuns: 1_000 },
  );
});

test('ranges come back as they went', () => {
  fc.assert(
    fc.property(numbers, numbers, fc.nat(1_439), fc.nat(1_439), (fromMs, toMs, fromMinute, toMinute) => {
      expect(durationRange(durationRangeText({ fromMs, toMs })!)).toEqual({ fromMs, toMs });
      expect(dayRange(dayRangeText({ fromMinute, toMinute })!)).toEqual({ fromMinute, toMinute });
    }),
    { numRuns: 500 },
  );
  expect(dayRangeText({ fromMinute: 0, toMinute: 1_440 })).toBeUndefined();
  expect(durationRangeText({ fromMs: -1, toMs: 1 })).toBeUndefined();
  expect(['1s', '1s..', '1s..2s..3s', '1..2'].map(durationRange)).toEqual([undefined, undefined, undefined, undefined]);
});

test('every file mode comes back as it went', () => {
  const schema = s.object({ mode: s.mode() });
  for (let mode = 0; mode <= 0o7777; mode++)
    expect(decode(schema, { mode: modeText(mode) }, { root: '/' })).toEqual({ ok: true, value: { mode } });
});

test('the largest unit that leaves a whole number', () => {
  expect([0, 250, 30_000, 60_000, 90_000, 3_600_000, 86_400_000, 7 * 86_400_000].map(durationText)).toEqual([
    '0ms',
    '250ms',
    '30s',
    '1m',
    '90s',
    '1h',
    '1d',
    '7d',
  ]);
  expect([0, 1, 5 * 2 ** 30, 1e12, 1_500, 65_536].map(sizeText)).toEqual(['0B', '1B', '5GiB', '1TB', '1500B', '64KiB']);
});

test('what no text means is not written', () => {
  const none = [-1, 0.5, Number.NaN, Infinity, 2 ** 60];
  expect(none.flatMap((value) => [durationText(value), sizeText(value)])).toEqual(
    none.flatMap(() => [undefined, undefined]),
  );
  expect([-1, 0.5, 0o10000].map(modeText)).toEqual([undefined, undefined, undefined]);
});
