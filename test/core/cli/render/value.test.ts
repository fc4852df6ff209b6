// Whatever an action answers can be read.
import { expect, test } from 'vitest';
import { plainPaint } from '../../../../core/cli/render/colour.ts';
import { valueTable } from '../../../../core/cli/render/value.ts';

const output = { write: () => {}, columns: Infinity, isTTY: false, paint: plainPaint };

test('a list without anything in it is shown as nothing, not left blank', () => {
  const answer = { version: 1, open: [], targets: [{ to: 'desktop', failed: 0, words: [] }] };
  expect(valueTable(answer, output, 0)).toBe('open  -\n\nTO       FAILED  WORDS\ndesktop  0       -\n');
});
