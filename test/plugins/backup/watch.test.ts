// What of all that is heard in a watched folder counts, and when a burst of it is over.
import { expect, test } from 'vitest';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { meant, whenSettled } from '../../../plugins/backup/watch.ts';

test.each([
  ['/r/rules', '/r/rules', true],
  ['/r/rules', '/r/rules/deep/gate.yaml', true],
  ['/r/rules', '/r/rules-of-others', false],
  ['/r/rules/**', '/r/rules/deep/gate.yaml', true],
  ['/r/agents/*/**/*_weights.json', '/r/agents/z/skills/hot-list/priority_weights.json', true],
  ['/r/agents/*/**/*_weights.json', '/r/agents/z/heartbeat.json', false],
  ['/r/agents/*/memory', '/r/agents/z/memory/lessons.md', true], // a folder above it is named
  ['/r/agents/*/memory', '/r/agents/z/.memory/lessons.md', false],
  ['/r/agents/**', '/r/agents/z/.hidden/file', true],
])('%s: %s counts: %s', (glob, path, counts) => {
  expect(meant([glob])(path)).toBe(counts);
  expect(meant(['/elsewhere', glob])(path)).toBe(counts);
});

test('a burst is over when nothing came for as long as it says, and is saved in the middle when it never ends', async () => {
  const clock = virtualClock(Date.UTC(2026, 0, 1));
  const tools = {
    now: () => clock.now(),
    sleep: (ms: number) => new Promise<void>((go) => clock.after(ms, () => go())),
  };
  const told: number[] = [];
  const since = clock.now();
  const heard = whenSettled(2_000, tools, () => told.push(clock.now() - since));
  heard();
  await clock.advance(1_000);
  heard();
  await clock.advance(5_000);
  expect(told).toEqual([3_000]);
  for (let n = 0; n < 500; n += 1) {
    heard();
    await clock.advance(100);
  }
  expect(told.length).toBe(3); // 50 s of it, told every 20
  await clock.advance(60_000);
  expect(told.length).toBe(4);
});
