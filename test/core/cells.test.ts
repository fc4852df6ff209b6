// Rows in columns, as plugins print them: by the cells that characters take, numbers to the right, nothing at the end of lines.
import { expect, test } from 'vitest';
import { table, widthOf } from '../../core/cells.ts';

test('columns are as wide as their widest cell, and no line ends in spaces', () => {
  expect(
    table(
      ['ID', 'WHY'],
      [
        ['a', ''],
        ['long one', 'because'],
      ],
    ),
  ).toBe('ID        WHY\na\nlong one  because\n');
});

test('numbers and the title over them stand to the right', () => {
  expect(
    table(
      ['FILES', 'SIZE'],
      [
        [7, '1 B'],
        [1_234_567, '2 B'],
      ],
    ),
  ).toBe('  FILES  SIZE\n      7  1 B\n1234567  2 B\n');
  expect(
    table(
      ['N', ''],
      [
        [12, 'x'],
        ['none', 'y'],
      ],
    ),
    'what is no number stays to the left',
  ).toBe('   N\n  12  x\nnone  y\n');
});

test('wide characters take two cells, marks that combine none', () => {
  const lines = table(
    [],
    [
      ['名前', '|'],
      ['e\u0301', '|'],
      ['abcd', '|'],
    ],
  )
    .trimEnd()
    .split('\n');
  expect(lines.map((line) => widthOf(line))).toEqual([7, 7, 7]);
});

test('without titles there is no line of them, and without rows only that', () => {
  expect(table([], [['a', 'b']])).toBe('a  b\n');
  expect(table(['A', 'B'], [])).toBe('A  B\n');
  expect(table([], [])).toBe('');
});

test('what a stranger wrote steers no terminal and begins no line', () => {
  expect(table([], [['a\n\u001b[31mb', 'c']])).toBe('a⏎\\x1b[31mb  c\n');
});
