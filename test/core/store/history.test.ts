// The history file: one whole line for each event, also after torn lines, deaths, full disks and rotation.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { historyPath } from '../../../core/store/store.ts';
import type { Store } from '../../../core/store/store.ts';
import { lines, place, say, START } from './places.ts';

const ids = (dir: string): unknown[] => lines(historyPath(dir)).map((line) => line['id']);
const tell = (store: Store, ...what: (string | number)[]): void => {
  for (const one of what) say(store, one);
  store.journal.flush();
};

test('a line has the fixed fields and the own ones; an own one of the same name carries its noun', () => {
  const at = place();
  const store = at.open();
  store.journal.append({
    type: 'run.ended',
    actor: 'plugin:backup',
    ref: 'backup/daily',
    status: 'failed',
    durationMs: 12.5,
    data: { id: 'r1', key: 'k', action: 'backup.run', state: 'failed', reason: 'line\nbreak' },
  });
  store.journal.flush();
  expect(lines(historyPath(at.dir))).toEqual([
    {
      event_type: 'run.ended',
      timestamp: '2026-01-01T00:00:00.000Z',
      id: 1,
      actor: 'plugin:backup',
      status: 'failed',
      duration: 12.5,
      ref: 'backup/daily',
      run_id: 'r1',
      key: 'k',
      action: 'backup.run',
      state: 'failed',
      reason: 'line\nbreak',
    },
  ]);
});

test('a torn last line is cut off and written again, and lines that a death kept back are caught up', () => {
  const at = place();
  const store = at.open();
  tell(store, 1, 2, 3, 4);
  store.close();
  const whole = readFileSync(historyPath(at.dir), 'utf8');
  const third = whole.split('\n').slice(0, 2).join('\n').length;
  writeFileSync(historyPath(at.dir), whole.slice(0, third + 20));
  at.open();
  expect(ids(at.dir)).toEqual([1, 2, 3, 4]);
  expect(readFileSync(historyPath(at.dir), 'utf8')).toBe(whole);
});

test('a missing file is written anew from the journal, one of noise is put aside', () => {
  const at = place();
  const store = at.open();
  tell(store, 1, 2);
  store.close();
  rmSync(historyPath(at.dir));
  at.open().close();
  expect(ids(at.dir)).toEqual([1, 2]);
  writeFileSync(historyPath(at.dir), 'noise\n{"half": ');
  at.open().close();
  expect(ids(at.dir)).toEqual([1, 2]);
  expect(readdirSync(at.dir).filter((name) => name.startsWith('system-history.damaged'))).toHaveLength(1);
});

test('rotates by size, keeps four old files, and no event is missing or doubled between them', () => {
  const at = place();
  const store = at.open({ limits: { historyBytes: 1000 } });
  for (let index = 0; index < 100; index += 1) tell(store, index);
  store.close();
  const old = readdirSync(at.dir)
    .filter((name) => /^system-history-\d+\.jsonl$/.test(name))
    .toSorted();
  expect(old).toHaveLength(4);
  const all = [...old.map((name) => join(at.dir, name)), historyPath(at.dir)].flatMap((path) =>
    lines(path).map((line) => Number(line['id'])),
  );
  expect(all).toEqual(Array.from({ length: all.length }, (_, index) => 100 - all.length + 1 + index));
  expect(all.length).toBeGreaterThan(20);
});

test('a crash right after a rotation doubles nothing: the name of the last file says how far it went', () => {
  const at = place();
  const store = at.open({ limits: { historyBytes: 100 } });
  tell(store, 1);
  tell(store, 2);
  store.close();
  rmSync(historyPath(at.dir)); // died before the first line of the new one
  at.open().close();
  expect(ids(at.dir)).toEqual([2]);
});

test('rotates by age', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const store = at.open({ limits: { historyAgeMs: 86_400_000 } });
  tell(store, 1);
  await clock.advance(86_400_000 + 1);
  tell(store, 2);
  expect(ids(at.dir)).toEqual([2]);
  store.close();
  await clock.advance(86_400_000 + 1);
  tell(at.open({ limits: { historyAgeMs: 86_400_000 } }), 3);
  expect(ids(at.dir)).toEqual([3]);
});

test('a folder in the place of the history is a clear error, and the database is let go', () => {
  const at = place();
  at.open().close({ clean: true });
  rmSync(historyPath(at.dir));
  mkdirSync(historyPath(at.dir));
  expect(() => at.open()).toThrow(expect.objectContaining({ code: 'STORE_UNREADABLE' }) as Error);
  rmSync(historyPath(at.dir), { recursive: true });
  expect(at.open().health).toBe('ok');
});

test('a line that cannot be written stops nothing, is told once, and is made up for', () => {
  const at = place();
  let works = true;
  const crash = (name: string): void => {
    if (name === 'history.append:before' && !works) throw new Error('no room');
  };
  const store = at.open({ crash });
  tell(store, 1);
  works = false;
  tell(store, 2);
  tell(store, 3);
  expect(at.troubles).toEqual([`${historyPath(at.dir)}: Error: no room`]);
  works = true;
  tell(store, 4);
  expect(ids(at.dir)).toEqual([1, 2, 3, 4]);
});
