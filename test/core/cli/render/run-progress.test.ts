// How far a run is, in words: amounts, what is left, why it waits.
import { expect, test } from 'vitest';
import { plainPaint } from '../../../../core/cli/render/colour.ts';
import { progressText, runProgress } from '../../../../core/cli/render/run-progress.ts';
import { virtualClock } from '../../../../core/simulate/clock.ts';

test.each([
  [{ phase: 'copying' }, 60_000, 'copying'],
  [{ phase: 'copying', done: 1200 }, 60_000, 'copying 1,200'],
  [{ phase: 'copying', done: 1200, total: 2400 }, 1_999, 'copying 1,200 of 2,400'],
  [{ phase: 'copying', done: 1200, total: 3600 }, 30_000, 'copying 1,200 of 3,600, 1 min left'],
  [{ phase: 'copying', bytes: 3 * 1024 }, 60_000, 'copying 3\\.0 KiB'],
  [
    { phase: 'copying', done: 999, total: 1000, bytes: 1024, totalBytes: 3 * 1024 },
    30_000,
    'copying 999 of 1,000, 1\\.0 KiB of 3\\.0 KiB, 1 min left',
  ],
  [{ phase: 'copying', done: 1, total: 2, bytes: 0, totalBytes: 0 }, 30_000, 'copying 1 of 2, 0 B of 0 B, 30 s left'],
  [{ phase: 'copying', done: 3600, total: 1200 }, 30_000, 'copying 3,600 of 1,200, 0 s left'],
  [
    { phase: 'copying', done: 0, total: 10, why: 'the disk\u001b[2J is slow' },
    30_000,
    /^copying 0 of 10 \(the disk.*slow\)$/,
  ],
] as const)('%j for %i ms', (progress, forMs, text) => {
  expect(progressText(progress, forMs)).toMatch(typeof text === 'string' ? new RegExp(`^${text}$`) : text);
});

test('on a terminal it is one line that moves, and begins to guess anew with each phase; elsewhere it is silent', async () => {
  const clock = virtualClock(0);
  const written: string[] = [];
  const out = {
    write: (text: string) => void written.push(text),
    isTTY: true,
    columns: 40,
    paint: plainPaint,
  };
  const runs = (phase: string, done: number) =>
    ({ progress: { phase, done, total: 100 } }) as Parameters<ReturnType<typeof runProgress>['tell']>[0];
  const progress = runProgress(out, clock, false);
  progress.tell(runs('copying', 1));
  await clock.advance(10_000);
  progress.tell(runs('copying', 50));
  progress.tell(runs('copying', 50));
  progress.tell(runs('reading back', 50));
  progress.end();
  expect(written.map((text) => text.replace('\r\u001b[K', '<'))).toEqual([
    '<copying 1 of 100',
    '<copying 50 of 100, 10 s left',
    '<reading back 50 of 100',
    '<',
  ]);
  written.length = 0;
  const piped = runProgress({ ...out, isTTY: false }, clock, false);
  piped.tell(runs('copying', 1));
  piped.end();
  expect(written).toEqual([]);
});
