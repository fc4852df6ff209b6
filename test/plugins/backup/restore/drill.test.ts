// A drill restores for real, asserts, measures, notes what came of it, and leaves nothing behind.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drill, type DrillWish } from '../../../../plugins/backup/restore/drill.ts';
import { setting } from './place-for-tests.ts';
import { type Setting } from './realm-for-tests.ts';

const wishOf = (at: Setting, rest: Partial<DrillWish> = {}): DrillWish => ({
  engine: at.engine,
  policy: 'daily',
  pick: 'latest',
  assert: [],
  scratchIn: at.state,
  never: [at.target],
  ...rest,
});

async function saved(at: Setting): Promise<string> {
  at.write({ 'agents/z/weights.json': '{"a":1}' });
  return at.backup();
}

test('a good one says what it restored, how fast, and notes it', async () => {
  const at = setting();
  const id = await saved(at);
  const assert = ['test "$(cat agents/z/weights.json)" = \'{"a":1}\'', ['test', '-d', 'agents']];
  const result = await drill(wishOf(at, { assert }), at.tools);
  expect(result).toMatchObject({ isGood: true, why: undefined, files: 1, bytes: 7, snapshot: { id } });
  expect(result.assertions.map(({ isGood }) => isGood)).toEqual([true, true]);
  expect(result.tookMs).toBeGreaterThan(0);
  expect(at.engine.notes).toMatchObject([{ level: 'drill', isGood: true, coverage: 1, damaged: [] }]);
  expect(readdirSync(at.state)).toEqual([]);
});

test('an assertion that fails, one that hangs, and a restore that is late fail the drill', async () => {
  const at = setting();
  await saved(at);
  const failed = await drill(wishOf(at, { assert: ['true', 'echo too few; exit 3', 'true'] }), at.tools);
  expect(failed).toMatchObject({ isGood: false, why: 'echo too few; exit 3 ended with 3: too few' });
  const hung = await drill(wishOf(at, { assert: [['sleep', '60']], assertTimeout: 50 }), at.tools);
  expect(hung.why).toContain('took longer than 0.1 s');
  const late = await drill(wishOf(at, { within: 1 }), at.tools);
  expect(late.why).toMatch(/it took .* s, and is to take at most 0.0 s/);
  const missing = await drill(wishOf(at, { assert: [['no-such-program']] }), at.tools);
  expect(missing.isGood).toBe(false);
  expect(at.engine.notes.map(({ isGood }) => isGood)).toEqual([false, false, false, false]);
});

test('a damaged snapshot fails its drill, although another one has the file', async () => {
  const at = setting();
  await saved(at);
  const id = await saved(at);
  writeFileSync(join(at.target, id, 'data/agents/z/weights.json'), '{"a":2}');
  const result = await drill(wishOf(at), at.tools);
  expect(result).toMatchObject({ isGood: false, snapshot: { id } });
  expect(result.why).toContain('agents/z/weights.json');
  expect(at.engine.notes).toMatchObject([{ isGood: false, damaged: ['data/agents/z/weights.json'] }]);
  expect((await drill(wishOf(at, { pick: 'oldest' }), at.tools)).isGood).toBe(true);
});

test('nothing to drill is an error, and what a killed one left is cleared', async () => {
  const at = setting();
  await saved(at);
  at.write({ '.realm/drill-daily/agents/old': 'left' });
  const result = await drill(wishOf(at, { assert: ['test ! -e agents/old'] }), at.tools);
  expect(result.isGood).toBe(true);
  rmSync(join(at.target, 'daily'), { recursive: true });
  await expect(drill(wishOf(at), at.tools)).rejects.toThrow(/./);
  expect(existsSync(join(at.state, 'drill-daily'))).toBe(false);
});
