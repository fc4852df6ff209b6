// What lies in an outbox, in its order, however much it is.
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lyingIn } from '../../../../plugins/agents/messages/outbox.ts';
import { newRoot } from './stage.ts';

test.each([
  ['the first to be written are the oldest', (n: number) => n],
  ['the last to be written are the oldest', (n: number) => -n],
  ['some of them in between are', (n: number) => (n * 37) % 100],
])('of more than one look takes it is the oldest that are taken: %s', async (_, ageOf) => {
  const folder = join(newRoot(), 'outbox');
  mkdirSync(folder);
  const all = Array.from({ length: 100 }, (_unused, n) => ({ name: `${n}.json`, at: 1_000 + ageOf(n) }));
  for (const { name, at } of all) {
    writeFileSync(join(folder, name), '{}');
    utimesSync(join(folder, name), at, at);
  }
  const found = await lyingIn(folder, () => undefined, 10);
  const oldest = all.toSorted((a, b) => a.at - b.at).slice(0, 10);
  expect(found.map(({ name }) => name)).toEqual(oldest.map(({ name }) => name));
});
