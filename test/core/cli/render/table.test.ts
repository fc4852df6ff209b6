// Tables, exactly as they are printed.
import { expect, test } from 'vitest';
import { colourPaint, plainPaint } from '../../../../core/cli/render/colour.ts';
import { table } from '../../../../core/cli/render/table.ts';
import { widthOf } from '../../../../core/cli/render/text.ts';

const columns = [{ title: 'NAME' }, { title: 'READY' }, { title: 'WHY' }];
const rows = [
  ['service/web', 'yes', ''],
  ['service/größe', 'no', 'exited with 1 five times in a minute'],
  ['file/日本', 'unknown', 'nas is away'],
];

test('columns are as wide as what is in them, and lines end without spaces', () => {
  expect(table(columns, rows, Infinity, plainPaint)).toBe(
    `NAME           READY    WHY
service/web    yes
service/größe  no       exited with 1 five times in a minute
file/日本      unknown  nas is away
`,
  );
});

test('in a narrow terminal the last column goes on below: in its place, or where that is too narrow, under the row', () => {
  const long = [...rows, ['file/x', 'no', `${'word '.repeat(60)}end`]];
  expect(table(columns, long, 60, plainPaint)).toBe(
    `NAME           READY    WHY
service/web    yes
service/größe  no       exited with 1 five times in a minute
file/日本      unknown  nas is away
file/x         no       word word word word word word word
                        word word word word word word word
                        word word word word word word word
                        word word word word word word word…
`,
  );
  expect(table(columns, rows, 40, plainPaint)).toBe(
    `NAME           READY
service/web    yes
service/größe  no
    exited with 1 five times in a minute
file/日本      unknown
    nas is away
`,
  );
});

test('no line is wider than the terminal when the columns can give way', () => {
  const many = [
    { title: 'A', shrinks: true },
    { title: 'B', shrinks: true },
  ];
  const text = table(many, [['a'.repeat(90), '漢'.repeat(90)]], 50, plainPaint);
  for (const line of text.trimEnd().split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(50);
});

test('colour changes nothing about the columns', () => {
  const styled = rows.map((row) => row.map((text) => ({ text, style: 'red' as const })));
  const plain = table(columns, rows, 40, plainPaint);
  // oxlint-disable-next-line no-control-regex -- takes the colours away
  expect(table(columns, styled, 40, colourPaint).replace(/\u001b\[\d+m/g, '')).toBe(plain);
});

test('a cell cannot break out of its line', () => {
  expect(table([{ title: 'X' }], [['a\nb\u001b[31m']], Infinity, plainPaint)).toBe('X\na⏎b\\x1b[31m\n');
});

test('no rows, no table', () => {
  expect(table(columns, [], 80, plainPaint)).toBe('');
});

test('one name that is too long gets a line of its own, and moves no other row', () => {
  const long = [...rows, [`file/${'n'.repeat(60)}`, 'yes', ''], [`file/${'m'.repeat(60)}`, 'no', 'away']];
  expect(table(columns, long, 60, plainPaint)).toBe(
    `NAME           READY    WHY
service/web    yes
service/größe  no       exited with 1 five times in a minute
file/日本      unknown  nas is away
file/${'n'.repeat(60)}
               yes
file/${'m'.repeat(60)}
               no       away
`,
  );
});
