// The lines of an apply, in a pipe and on a terminal.
import { expect, test } from 'vitest';
import { plainPaint } from '../../../../core/cli/render/colour.ts';
import { progress, reportText } from '../../../../core/cli/render/progress.ts';
import { reportOf } from '../stage.ts';

function follow(isTTY: boolean): string {
  let written = '';
  const shown = progress({ write: (text) => void (written += text), isTTY, columns: 30, paint: plainPaint }, 2);
  shown.tell({ ref: 'file/a', phase: 'applying' });
  shown.tell({ ref: 'file/a', end: 'applied', action: 'create', why: '' });
  shown.tell({ ref: 'service/with-a-long-name', phase: 'waiting' });
  shown.end();
  shown.tell({ ref: 'file/same', end: 'unchanged', action: null, why: '' });
  shown.tell({ ref: 'service/b', end: 'failed', action: 'update', why: 'exit 1' });
  shown.end();
  return written;
}

test('in a pipe there is one plain line for each that ended', () => {
  expect(follow(false)).toBe('created file/a\nfailed service/b  exit 1\n');
});

test('on a terminal the line in hand is taken away before the next one', () => {
  const clear = '\r\u001b[K';
  expect(follow(true)).toBe(
    `1 of 2  file/a  applying${clear}created file/a\n2 of 2  service/with-a-long-…${clear}failed service/b  exit 1\n`,
  );
});

test('the last words count the ends, and say when nobody watches', () => {
  const steps = [
    { ref: 'file/a', end: 'applied', action: 'create', why: '' },
    { ref: 'file/b', end: 'held', action: 'remove', why: 'needs a yes' },
  ] as const;
  expect(reportText(reportOf(...steps))).toBe('1 applied, 1 held of 2 resources.\n');
  expect(reportText({ ...reportOf(steps[0]), watched: false })).toBe(
    '1 applied of 1 resource.\nNothing watches it until `realm up`.\n',
  );
});
