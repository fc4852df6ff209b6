// What lies in an outbox, in its order, however much it is.
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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

test('what is written while an outbox is looked at is taken up in its order, and leaves no earlier one behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'realm-outbox-')); // of a disk, whose listings mix
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const written: string[] = [];
  const write = (): void => {
    const name = `${String(written.length).padStart(6, '0')}.json`;
    writeFileSync(join(folder, name), '{}');
    utimesSync(join(folder, name), written.length, written.length);
    written.push(name);
  };
  for (let n = 0; n < 2_000; n++) write();
  const pause = (): undefined => void (written.length < 6_000 && write());
  const found = await lyingIn(folder, pause, 20_000);
  expect(found.length).toBeGreaterThanOrEqual(2_000);
  expect(found.map(({ name }) => name)).toEqual(written.slice(0, found.length));
});
