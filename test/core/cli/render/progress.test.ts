// The lines of an apply, in a pipe and on a terminal.
import { expect, test } from 'vitest';
import { plainPaint } from '../../../../core/cli/render/colour.ts';
import { progress, reportText, stepText } from '../../../../core/cli/render/progress.ts';
import { reportOf } from '../stage.ts';

const refs = ['file/a', 'service/with-a-long-name'] as const;
function follow(isTTY: boolean): string {
  let written = '';
  const shown = progress({ write: (text) => void (written += text), isTTY, columns: 50, paint: plainPaint }, refs);
  shown.tell({ ref: 'service/with-a-long-name', end: 'waiting', action: 'update', why: 'waits for file/a' });
  shown.tell({ ref: 'file/a', phase: 'copying' });
  shown.tell({ ref: 'file/a', end: 'applied', action: 'create', why: '' });
  shown.tell({ ref: 'file/same', end: 'unchanged', action: null, why: '' });
  shown.tell({ ref: 'service/with-a-long-name', end: 'failed', action: 'update', why: 'exit 1' });
  shown.end();
  shown.end();
  return written;
}

test('in a pipe there is one plain line for each that ended', () => {
  expect(follow(false)).toBe('created   file/a\nfailed    service/with-a-long-name  exit 1\n');
});

test('on a terminal the last line says what is in hand, and is taken away before the next one', () => {
  expect(follow(true).split('\r\u001b[K')).toEqual([
    '0 of 2 done; at file/a, service/with-a-long-name',
    '0 of 2 done; at file/a, service/with-a-long-name…',
    '0 of 2 done; at file/a (copying), service/with-a…',
    'created   file/a\n1 of 2 done; at service/with-a-long-name (waits …',
    '1 of 2 done; at service/with-a-long-name (waits …',
    'failed    service/with-a-long-name  exit 1\n',
  ]);
});

test('what its word says already is not said again', () => {
  const output = { write: () => {}, isTTY: false, columns: Infinity, paint: plainPaint };
  expect(stepText({ ref: 'file/a', end: 'applied', action: 'remove', why: 'removed' }, output)).toBe(
    'removed   file/a\n',
  );
});

test('the last words name what still waits, count the ends, and say when nobody watches', () => {
  const output = { write: () => {}, isTTY: false, columns: Infinity, paint: plainPaint };
  const steps = [
    { ref: 'file/a', end: 'applied', action: 'create', why: '' },
    { ref: 'file/b', end: 'held', action: 'remove', why: 'needs a yes' },
    { ref: 'file/c', end: 'waiting', action: null, why: 'waits for file/b' },
  ] as const;
  expect(reportText(reportOf(...steps), output)).toBe(
    'waiting   file/c  waits for file/b\n\n3 resources: 1 applied, 1 waiting, 1 held.\n',
  );
  expect(reportText({ ...reportOf(steps[0]), watched: false }, output)).toBe(
    '\n1 resource: 1 applied.\nNothing watches it until `realm up`.\n',
  );
  expect(reportText(reportOf(), output)).toBe('Nothing to change.\n');
});
