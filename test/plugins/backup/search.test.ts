// A path looked for in many snapshots: others have their turn meanwhile, it can be ended, and what is damaged is told.
import { appendFileSync, chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Kept } from '../../../plugins/backup/find.ts';
import { search } from '../../../plugins/backup/search.ts';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { type World, world } from './tree/world.ts';

const FILES = 5_000;

async function saved(w: World, times: number): Promise<readonly Kept[]> {
  const engine = treeEngine({ path: w.target, root: w.folder, reserveBytes: 0 });
  for (let n = 0; n < times; n += 1) {
    w.file('notes.md', `${n}`);
    await w.write();
  }
  return (await engine.list('daily')).snapshots.map((snapshot) => ({ engine, snapshot }));
}
const forever = { most: 1_000, signal: new AbortController().signal };

test('others have their turn while it is looked for, and it ends when it is told to', async () => {
  using w = world();
  for (let n = 0; n < FILES; n += 1) w.file(`d${n % 20}/f${n}`, '');
  const kept = await saved(w, 3);
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const { hits, isCut } = await search(kept, 'notes', forever);
  isOver = true;
  expect(hits.map(({ entry }) => entry.path)).toEqual(Array(3).fill('src/notes.md'));
  expect(hits.map(({ id }) => id)).toEqual(kept.map(({ snapshot }) => snapshot.id));
  expect(isCut).toBe(false);
  expect(turns).toBeGreaterThan(6);
  const cut = await search(kept, 'd1/f', { ...forever, most: 3 });
  expect([cut.isCut, cut.hits.length, cut.hits[0]!.id]).toEqual([true, 3, kept.at(-1)!.snapshot.id]);
  const ends = new AbortController();
  setImmediate(() => ends.abort(new Error('enough')));
  await expect(search(kept, 'nowhere', { most: 1, signal: ends.signal })).rejects.toThrow('enough');
});

test('names as people see them: quotes, line ends, no text; and a list that is damaged is told and passed over', async () => {
  using w = world();
  w.file('a "quoted" name');
  w.file('line\nend');
  w.file('plain');
  writeFileSync(Buffer.concat([Buffer.from(`${w.src}/`), Buffer.of(0xff, 0x2e, 0x31)]), '');
  const kept = await saved(w, 2);
  const paths = async (part: string): Promise<string[]> =>
    [...new Set((await search(kept, part, forever)).hits.map(({ entry }) => entry.path as string))].toSorted();
  expect(await paths('"quoted"')).toEqual(['src/a "quoted" name']);
  expect(await paths('line\\x0aend')).toEqual(['src/line\nend']);
  expect(await paths('\\xff.1')).toEqual(['src/\xff.1']);
  expect(await paths('src')).toHaveLength(5);
  const list = join(kept[0]!.snapshot.path, 'entries.jsonl');
  chmodSync(list, 0o600);
  appendFileSync(list, '{}');
  const { hits, unread } = await search(kept, 'plain', forever);
  expect(hits).toHaveLength(1);
  expect(unread).toMatchObject([{ target: kept[0]!.snapshot.path, why: expect.stringContaining('entries.jsonl') }]);
});
