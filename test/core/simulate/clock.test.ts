// Virtual time: order of timers, real files in flight, registered work, leaps, and misuse.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sleep } from '../../../core/clock.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';

test('time stands still until told to move', async () => {
  const clock = virtualClock('2026-03-29T00:30:00Z');
  const start = clock.now();
  expect(start).toBe(Date.UTC(2026, 2, 29, 0, 30));
  await clock.settled();
  expect(clock.now()).toBe(start);
  await clock.advanceTo('2026-03-29T01:00:00Z');
  expect(clock.now() - start).toBe(30 * 60_000);
});

test('timers fire in order of time, then of creation, each at its own instant', async () => {
  const clock = virtualClock(0);
  const heard: string[] = [];
  const hear = (name: string) => () => heard.push(`${name}@${clock.now()}`);
  clock.after(20, hear('c'));
  clock.after(10, hear('a'));
  clock.after(10, hear('b'));
  clock.after(10, () => clock.after(0, hear('soon')));
  clock.after(-5, hear('past'));
  clock.after(31, hear('beyond'));
  clock.after(15, hear('cancelled')).cancel();
  expect([clock.timers, clock.nextTimer]).toEqual([6, 0]);
  await clock.advance(30);
  expect(heard).toEqual(['past@0', 'a@10', 'b@10', 'soon@10', 'c@20']);
  expect([clock.timers, clock.nextTimer, clock.now()]).toEqual([1, 31, 30]);
});

test('cancelling late or twice changes nothing', async () => {
  const clock = virtualClock(0);
  const first = clock.after(1, () => {});
  await clock.advance(1);
  first.cancel();
  first.cancel();
  expect(clock.timers).toBe(0);
});

test('a loop of real file work keeps its rhythm: no look is skipped, however slow the disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'realm-clock-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'count');
  await writeFile(file, '0');
  const clock = virtualClock(0);
  const stop = new AbortController();
  const at: number[] = [];
  const loop = async (): Promise<void> => {
    for (;;) {
      await sleep(clock, 1_000, stop.signal);
      const count = Number(await readFile(file, 'utf8'));
      await writeFile(file, String(count + 1));
      await rm(join(folder, 'none'), { recursive: true, force: true });
      at.push(clock.now());
    }
  };
  const ended = loop().catch((error: unknown) => error);
  await clock.advance(300_000);
  stop.abort(new Error('over'));
  expect(await ended).toEqual(new Error('over'));
  expect(at).toEqual(Array.from({ length: 300 }, (_, n) => (n + 1) * 1_000));
  expect(await readFile(file, 'utf8')).toBe('300');
});

test('time waits for registered work and for held time', async () => {
  const clock = virtualClock(0);
  const real = (turns: number): Promise<void> =>
    turns === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(resolve)).then(() => real(turns - 1));
  const seen: number[] = [];
  clock.after(10, () => void clock.busy(real(50)).then(() => seen.push(clock.now())));
  clock.after(20, () => {
    const release = clock.hold();
    void real(50).then(() => {
      seen.push(clock.now());
      release();
      release();
    });
  });
  clock.after(
    30,
    () => void clock.busy(real(50).then(() => Promise.reject(new Error('x')))).catch(() => seen.push(clock.now())),
  );
  await clock.advance(1_000);
  expect(seen).toEqual([10, 20, 30]);
  clock.hold()();
  await clock.settled();
});

test('a leap of the system clock moves now, and no timer', async () => {
  const clock = virtualClock(10_000);
  const at: number[] = [];
  clock.after(100, () => at.push(clock.now()));
  clock.jump(-5_000);
  expect([clock.now(), clock.nextTimer]).toEqual([5_000, 5_100]);
  await clock.advanceTo(5_200);
  expect(at).toEqual([5_100]);
});

test('misuse is refused with a sentence', async () => {
  const clock = virtualClock(0);
  clock.after(5, () => {
    throw new Error('from a timer');
  });
  const first = clock.advance(1);
  await expect(clock.advance(1)).rejects.toThrow('already moving');
  await first;
  await expect(clock.advanceTo(0)).rejects.toThrow('cannot go back');
  await expect(clock.advance(Number.NaN)).rejects.toThrow('cannot go back');
  await expect(clock.advance(10)).rejects.toThrow('from a timer');
  await expect(clock.advance(10)).resolves.toBeUndefined();
  expect(() => virtualClock('yesterday')).toThrow('not an instant');
});

test('timers that never let time pass are named instead of hanging', async () => {
  const clock = virtualClock(0, { mostAtOneInstant: 50 });
  const again = (): void => void clock.after(0, again);
  again();
  await expect(clock.advance(1)).rejects.toThrow('without a pause');
});
