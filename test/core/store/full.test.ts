// A full disk: transactions are refused, events are kept and told, and afterwards nothing is lost or numbered twice.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { KEPT_WHILE_FULL } from '../../../core/store/journal.ts';
import { historyPath } from '../../../core/store/store.ts';
import type { Store } from '../../../core/store/store.ts';
import { folder, lines, place, said, say, START } from './places.ts';

const BIG = 'x'.repeat(20_000);
const HUGE = 'y'.repeat(200_000); // does not fit into what a refused BIG leaves

/** Fills the store up to its page limit and leaves it full. */
function fill(store: Store): void {
  expect(() => {
    for (let written = 0; ; written += 1) store.transaction(() => store.rows.set('test', `fill/${written}`, BIG));
  }).toThrow(expect.objectContaining({ code: 'STORE_FULL', retryable: true }) as Error);
}

const makeRoom = (store: Store): void => store.allowPages(100_000);

test('refuses transactions, keeps events, tells them, and recovers by itself', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const store = at.open({ limits: { maxPages: 60 } });
  const heard: string[] = [];
  store.journal.listen((events) => heard.push(...said(events)));
  say(store, 'pending');
  fill(store);
  expect(store.health).toBe('full');
  expect(heard).toContain('store.full');
  expect(() => store.transaction(() => 1)).toThrow(expect.objectContaining({ code: 'STORE_FULL' }) as Error);
  const seq = say(store, HUGE);
  expect(heard.at(-1)).toBe(HUGE);
  await clock.advance(10_000);
  expect(store.health).toBe('full');
  makeRoom(store);
  await clock.advance(3_000);
  expect(store.health).toBe('ok');
  expect(said(store.journal.read())).toEqual(['pending', 'store.full', HUGE, 'store.recovered']);
  expect(store.journal.read({ since: seq - 1 })[0]).toMatchObject({ seq });
  expect(heard.filter((one) => one === HUGE)).toHaveLength(1);
  expect(heard.at(-1)).toBe('store.recovered');
  store.close();
  expect(lines(historyPath(at.dir)).map((line) => line['id'])).toEqual([1, 2, 3, 4]);
});

test('what did not fit into memory is told as one gap', async () => {
  const clock = virtualClock(START);
  const store = place(clock).open({ limits: { maxPages: 60 } });
  store.transaction(() => say(store, 'kept before'));
  fill(store);
  const first = store.journal.lastSeq;
  for (let index = 0; index < KEPT_WHILE_FULL + 500; index += 1) say(store, index);
  makeRoom(store);
  await clock.advance(3_000);
  const events = store.journal.read({ since: 0, limit: 50_000 });
  const gaps = events.filter((event) => event.type === 'journal.gap');
  expect(gaps).toHaveLength(1);
  const { from, to } = gaps[0]!.data as { from: number; to: number };
  const numbers = new Set(events.map((event) => event.seq));
  expect(numbers.size).toBe(events.length);
  for (let seq = 1; seq <= store.journal.lastSeq; seq += 1) {
    expect(numbers.has(seq) || (seq >= from && seq <= to)).toBe(true);
  }
  expect(from).toBe(first);
  expect(events.length).toBeGreaterThanOrEqual(KEPT_WHILE_FULL);
});

test('a death while the disk is full gives no number out twice, and says what was lost', () => {
  const at = place();
  const store = at.open({ limits: { maxPages: 60 } });
  fill(store);
  const given = say(store, 'lost with the process');
  // No close: the process is gone. The files are as it left them.
  const next = at.open();
  expect(say(next, 'next')).toBeGreaterThan(given);
  next.journal.flush();
  const [gap] = next.journal.read({ since: 0 }).filter((event) => event.type === 'journal.gap');
  expect(gap!.data).toMatchObject({ from: 1 });
  expect((gap!.data as { to: number }).to).toBeGreaterThanOrEqual(given);
});

const mountable = canMount();
test.skipIf(!mountable)('on a real full filesystem, and after room was made there', async () => {
  const clock = virtualClock(START);
  const mount = tinyFilesystem('2m');
  const at = place(clock);
  const store = at.open({ dir: join(mount, '.realm') });
  const ballast = join(mount, 'ballast');
  expect(() => {
    for (let size = 1_000_000; size >= 4096; size = Math.trunc(size / 2)) {
      try {
        writeFileSync(ballast, Buffer.alloc(size), { flag: 'a' });
      } catch {
        // the disk is full: that is what this is for
      }
    }
    for (let index = 0; index < 1000; index += 1) store.transaction(() => store.rows.set('t', `${index}`, BIG));
  }).toThrow(expect.objectContaining({ code: 'STORE_FULL' }) as Error);
  say(store, 'kept');
  rmSync(ballast);
  await clock.advance(3_000);
  expect(store.health).toBe('ok');
  expect(said(store.journal.read())).toEqual(['store.full', 'kept', 'store.recovered']);
  store.transaction(() => store.rows.set('t', 'again', BIG));
  store.close({ clean: true });
  const ids = lines(historyPath(join(mount, '.realm'))).map((line) => line['id']);
  expect(ids).toEqual([1, 2, 3]);
});

if (!mountable) console.warn('NOT RUN: the full filesystem test needs the right to mount a tmpfs');

function canMount(): boolean {
  const path = join('/tmp', `realm-mount-${process.pid}`);
  try {
    mkdirSync(path);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path], { stdio: 'ignore' });
    execFileSync('umount', [path]);
    return true;
  } catch {
    return false; // no root, no mount: the caller says so
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function tinyFilesystem(size: string): string {
  const path = join(folder(), 'mount');
  mkdirSync(path);
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
  onTestFinished(() => void execFileSync('umount', ['-l', path]));
  return path;
}
