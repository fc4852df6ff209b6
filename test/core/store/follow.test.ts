// Following: at least once, over restarts and throws, from a position stored only after the work was done.
import { expect, test } from 'vitest';
import { virtualClock } from '../../../core/simulate/clock.ts';
import type { VirtualClock } from '../../../core/simulate/clock.ts';
import { place, said, say, START } from './places.ts';

const TYPES = ['plugin.recovered'];
const settle = (clock: VirtualClock): Promise<void> => clock.advance(20);

test('a new follower begins at the end, an old one where it was', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const store = at.open();
  say(store, 'past');
  store.journal.flush();
  const heard: string[] = [];
  const follower = store.follow('alerts', TYPES, (event) => void heard.push(...said([event])));
  say(store, 'one');
  await settle(clock);
  await follower.stop();
  say(store, 'two');
  store.close();
  const next = at.open();
  next.follow('alerts', TYPES, (event) => void heard.push(...said([event])));
  say(next, 'three');
  await settle(clock);
  expect(heard).toEqual(['one', 'two', 'three']);
});

test('the position is stored after the work: a death in between means hearing it again', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const store = at.open();
  const positions: (number | undefined)[] = [];
  const follower = store.follow('f', TYPES, () => {
    positions.push(store.cursors.get('f'));
    return new Promise(() => {}); // dies here
  });
  say(store, 'one');
  await settle(clock);
  expect(positions).toEqual([0]);
  void follower.stop();
  store.close();
  const heard: string[] = [];
  at.open().follow('f', TYPES, (event) => void heard.push(...said([event])));
  await settle(clock);
  expect(heard).toEqual(['one']);
});

test('a throw is tried again with growing pauses up to 5 minutes, and blocks nobody else', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const store = at.open();
  const tries: number[] = [];
  const other: string[] = [];
  let works = false;
  store.follow('bad', TYPES, () => {
    tries.push(clock.now() - START);
    if (!works) throw new Error('not now');
  });
  store.follow('good', TYPES, (event) => void other.push(...said([event])));
  say(store, 'one');
  await clock.advance(30 * 60_000);
  expect(other).toEqual(['one']);
  const pauses = tries.slice(1).map((time, index) => time - tries[index]!);
  expect(pauses.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
  expect(Math.max(...pauses)).toBe(300_000);
  expect(at.troubles[0]).toBe('follower bad: Error: not now');
  works = true;
  await clock.advance(300_000);
  const count = tries.length;
  say(store, 'two');
  await settle(clock);
  expect(tries).toHaveLength(count + 1); // its pause begins small again
});

test('other types are passed over without waiting for them', async () => {
  const clock = virtualClock(START);
  const store = place(clock).open();
  const heard: string[] = [];
  const follower = store.follow('f', ['realm.stopped'], (event) => void heard.push(event.type));
  for (let index = 0; index < 3000; index += 1) say(store, index);
  store.journal.append({ type: 'realm.stopped', actor: 'kernel', data: { reason: 'x' } });
  await settle(clock);
  expect(heard).toEqual(['realm.stopped']);
  expect(follower.position).toBe(3001);
});

test('a follower that was away too long is told the gap when it asks for it', async () => {
  const clock = virtualClock(START);
  const at = place(clock);
  const store = at.open();
  const follower = store.follow('f', TYPES, () => {});
  await follower.stop();
  for (let index = 0; index < 5000; index += 1) say(store, index);
  store.close();
  const next = at.open({ limits: { maxEvents: 1000 } });
  while (next.sweep());
  const heard: string[] = [];
  next.follow('f', [...TYPES, 'journal.gap'], (event) => void heard.push(...said([event])));
  await settle(clock);
  expect(heard[0]).toBe('journal.gap');
  expect(heard.at(-1)).toBe('4999');
  expect(heard.length).toBeLessThan(3500);
});
