// The log as it grows and is let go of: bounded, with everything unfinished still in it; and open in one place at a time.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { draftOf } from '../../../../plugins/agents/messages/draft.ts';
import { readEnvelope } from '../../../../plugins/agents/messages/envelope.ts';
import { type Move, Post, readBook } from '../../../../plugins/agents/messages/post.ts';
import { UNFINISHED } from '../../../../plugins/agents/messages/records.ts';
import { newRoot } from './stage.ts';

const DAY = 86_400_000;
const draft = (n: number, to = 'jay') =>
  draftOf('z', readEnvelope({ id: `m${n}`, to, payload: 'x'.repeat(100) }), '', DAY);
const opened = (folder: string, more: object = {}): Promise<Post> =>
  Post.open({ folder, now: () => 0, segmentBytes: 1_000, remembered: 10, ...more });
const segments = (folder: string): readonly string[] => readdirSync(join(folder, 'log')).sort();
const done = {
  from: UNFINISHED,
  state: 'acknowledged',
  decision: 'route',
  reason: 'done',
  by: 'test',
} as const satisfies Omit<Move, 'entries'>;

test('finished messages are forgotten and their segments go; an old unfinished one stays, and can be read', async () => {
  const folder = newRoot();
  const post = await opened(folder);
  const [first] = await post.take([draft(0)]);
  for (let n = 1; n < 100; n++) {
    const taken = await post.take([draft(n)]);
    await post.move([{ entries: taken, ...done }]);
    await post.tidy(10_000);
  }
  await post.close();
  expect(segments(folder)).not.toContain('00000001.jsonl');
  expect(post.log.bytes).toBeLessThan(12_000);
  const again = await opened(folder);
  const found = again.book.withId('m0')!;
  expect(found).toMatchObject({ seq: first!.seq, state: 'accepted' });
  expect(await again.read(found)).toMatchObject({ id: 'm0', payload: 'x'.repeat(100) });
  expect(again.book.withId('m99')).toMatchObject({ state: 'acknowledged' });
  expect(again.book.entries.size).toBeLessThan(60);
  expect(again.book.lastSeq).toBe(100);
  await again.close();
});

test('what is unfinished is never let go, however much there is', async () => {
  const folder = newRoot();
  const post = await opened(folder);
  for (let n = 0; n < 50; n++) await post.take([draft(n)]);
  await post.tidy(1_000);
  await post.close();
  const book = await readBook(folder);
  expect([...book.entries.values()].map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => `m${n}`));
});

test('a sequence number that an agent has read is never given again, though the log was lost', async () => {
  const folder = newRoot();
  const post = await opened(folder);
  const taken = await post.take([draft(1), draft(2)]);
  await post.move([{ entries: taken, ...done, state: 'routed' }]);
  await post.move([{ entries: taken, ...done }]);
  await post.keepOffset('jay');
  await post.close();
  for (const name of segments(folder)) await import('node:fs/promises').then(({ rm }) => rm(join(folder, 'log', name)));
  const again = await opened(folder);
  const [next] = await again.take([draft(3)]);
  expect(next!.seq).toBe(3);
  await again.close();
});

test('whoever opens it while another has it waits until that one is done', async () => {
  const folder = newRoot();
  const first = await opened(folder);
  let isOpen = false;
  const second = opened(folder).then((post) => ((isOpen = true), post));
  await first.take([draft(1)]);
  expect(isOpen).toBe(false);
  await first.close();
  const post = await second;
  expect(post.book.withId('m1')).toBeDefined();
  await post.close();
});

test('messages that come at once through two doors get numbers of their own, and a duplicate is one', async () => {
  const folder = newRoot();
  const post = await opened(folder);
  const [one, two] = await Promise.all([post.take([draft(1), draft(2)]), post.take([draft(2), draft(3)])]);
  expect([...one, ...two].map(({ seq, state }) => `${seq} ${state}`)).toEqual([
    '1 accepted',
    '2 accepted',
    '3 dropped',
    '4 accepted',
  ]);
  await post.close();
});
