// Times and spans as people say them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactSpan, timesFor, whenText } from '../../../../core/cli/render/time.ts';
import { aboutBytes, hang, widthOf } from '../../../../core/cli/render/text.ts';

test('how long something took, in its two largest units', () => {
  expect([0, 999, 1_000, 59_999, 65_000, 120_000, 3_600_000, 3_661_000, 90_000_000, 86_400_000].map(exactSpan)).toEqual(
    ['0 ms', '999 ms', '1 s', '59 s', '1 min 5 s', '2 min', '1 h', '1 h 1 min', '1 d 1 h', '1 d'],
  );
});

test('what is past is rounded down, what is to come to the nearest', () => {
  const now = Date.parse('2030-01-31T12:00:00.000Z');
  const at = (ms: number): string => whenText(new Date(now + ms).toISOString(), now);
  expect([7_199_000, 5_300_000, 3_599_000, 90_000, -7_199_000, 500, -500].map(at)).toEqual([
    'in 2 h',
    'in 1 h',
    'in 1 h',
    'in 2 min',
    '1 h ago',
    'now',
    'now',
  ]);
});

test('UTC times in a sentence become those of the clock on the wall', () => {
  const now = new Date(2030, 0, 31, 12).getTime();
  const today = new Date(2030, 0, 31, 7, 0, 12).toISOString();
  const earlier = new Date(2030, 0, 30, 23, 59).toISOString();
  expect(
    timesFor({ columns: 80 }, `Ready since ${today}, applied at ${earlier}; 2030-13-99T99:99:99Z is none`, now),
  ).toBe('Ready since 07:00:12, applied at 2030-01-30 23:59; 2030-13-99T99:99:99Z is none');
  expect(timesFor({ columns: Infinity }, today, now), 'in a pipe').toBe(today);
});

test('sizes to read', () => {
  expect([0, 1, 1023, 1024, 1536, 150 * 1024, 2 ** 30, 5e15].map(aboutBytes)).toEqual([
    '0 B',
    '1 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '150 KiB',
    '1.0 GiB',
    '4547 TiB',
  ]);
});

test('a text that hangs keeps its words, fits, and goes on at its margin', () => {
  const words = fc.array(fc.constantFrom('a', 'größe', '日本', 'realm', 'x'.repeat(15)), {
    minLength: 1,
    maxLength: 60,
  });
  fc.assert(
    fc.property(words, fc.integer({ min: 40, max: 90 }), fc.nat(18), fc.nat(12), (said, columns, used, indent) => {
      const lines = hang(said.join(' '), columns, used, indent).split('\n');
      expect(lines.map((line) => line.trim()).join(' ')).toBe(said.join(' '));
      lines.forEach((line, i) => {
        expect(widthOf(line) + (i === 0 ? used : 0)).toBeLessThanOrEqual(columns);
        if (i > 0) expect(line).toMatch(new RegExp(`^ {${indent}}\\S`));
      });
    }),
  );
  expect(hang('x '.repeat(200), Infinity, 3, 3)).not.toContain('\n');
});
