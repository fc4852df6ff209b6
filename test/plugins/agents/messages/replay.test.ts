// Offsets and inboxes that are put back, lost, spoilt or taken away: nothing is lost, and what has to be given again is.
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Stage } from './stage.ts';

test('W: replay and offsets: an older offset that is put back has an agent get again what came after it', async () => {
  const first = await Stage.begin();
  const offset = join(first.root, 'messages/offsets/jay.json');
  for (const n of [1, 2, 3, 4]) {
    first.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
    await first.turn();
    first.acknowledge('jay');
    await first.turn(10_000);
    if (n === 2) renameSync(offset, `${offset}.saved`);
  }
  await first.end();
  expect(JSON.parse(readFileSync(offset, 'utf8'))).toMatchObject({ version: 1, agent: 'jay', position: 4 });
  renameSync(`${offset}.saved`, offset);
  const second = await Stage.begin({ root: first.root });
  await second.turn();
  expect(second.ids('jay')).toEqual(['m3', 'm4']);
  expect(second.events('replayed')).toMatchObject([{ ref: 'agent/jay', data: { after: 2, count: 2 } }]);
  second.acknowledge('jay');
  await second.turn(10_000);
  await second.end();
  const third = await Stage.begin({ root: first.root });
  await third.turn();
  expect(third.ids('jay'), 'once').toEqual([]);
});

test('an offset that is put back under a living daemon is noticed', async () => {
  const stage = await Stage.begin();
  const offset = join(stage.root, 'messages/offsets/jay.json');
  for (const n of [1, 2]) {
    stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
    await stage.turn();
    stage.acknowledge('jay');
    await stage.turn(10_000);
    await stage.turn(10_000);
    if (n === 1) writeFileSync(`${offset}.saved`, readFileSync(offset));
  }
  renameSync(`${offset}.saved`, offset);
  await stage.turn(10_000);
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m2']);
});

test('lost or spoilt offsets lose nothing and repeat nothing: the log knows them too', async () => {
  const first = await Stage.begin();
  first.write('z', 'a.json', { id: 'm1', to: 'jay' });
  await first.turn();
  first.acknowledge('jay');
  await first.turn(10_000);
  await first.end();
  writeFileSync(join(first.root, 'messages/offsets/jay.json'), '{"position":');
  const second = await Stage.begin({ root: first.root });
  await second.turn();
  expect(second.ids('jay')).toEqual([]);
  await second.end();
  rmSync(join(first.root, 'messages/offsets'), { recursive: true });
  const third = await Stage.begin({ root: first.root });
  await third.turn();
  expect(third.ids('jay')).toEqual([]);
});

test('an inbox that goes away with its home acknowledges nothing: in another one all of it lies again', async () => {
  const stage = await Stage.begin();
  for (const n of [1, 2, 3]) stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
  await stage.turn();
  stage.acknowledge('jay', 'done', ['m2']);
  renameSync(stage.home('jay'), `${stage.home('jay')}.old`);
  await stage.turn();
  expect([1, 2, 3].map((n) => stage.stateOf(`m${n}`))).toEqual(['routed', 'routed', 'routed']);
  mkdirSync(join(stage.home('jay'), 'inbox'), { recursive: true });
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1', 'm2', 'm3']);
  stage.acknowledge('jay');
  await stage.turn();
  expect(stage.stateOf('m3')).toBe('acknowledged');
});

test('where offsets cannot be kept, messages go on', async () => {
  const stage = await Stage.begin();
  mkdirSync(join(stage.root, 'messages'));
  writeFileSync(join(stage.root, 'messages/offsets'), 'no folder');
  for (const n of [1, 2]) {
    stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
    await stage.turn();
    stage.acknowledge('jay');
    await stage.turn(10_000);
  }
  expect([stage.stateOf('m1'), stage.stateOf('m2')]).toEqual(['acknowledged', 'acknowledged']);
  const why = expect.stringMatching(/^how far agents have read cannot be kept: /);
  expect(stage.events('stuck'), 'said once').toMatchObject([{ ref: 'realm/messages', data: { why } }]);
});

test('an inbox that is made anew acknowledges nothing, also where the system gives it the number of the one before', async () => {
  // Not in memory: there no number is given twice.
  const root = mkdtempSync(join(import.meta.dirname, '../../../../node_modules/.realm-inbox-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const stage = await Stage.begin({ root });
  for (const n of [1, 2, 3]) stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
  await stage.turn();
  const inbox = join(stage.home('jay'), 'inbox');
  rmSync(inbox, { recursive: true });
  mkdirSync(inbox);
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1', 'm2', 'm3']);
});

test('what was tried again keeps its new time when it is written again so that its old segment can go', async () => {
  const stage = await Stage.begin({
    alive: ['z'],
    settings: { keep: '2kB', ttl: '2d' },
    parts: { segmentBytes: 1_000, remembered: 5 },
  });
  stage.write('z', '0.json', { id: 'm0', to: 'jay', ttl: '1h' });
  await stage.turn();
  await stage.turn(2 * 3_600_000);
  const [entry] = [stage.post.book.withId('m0')!];
  expect(entry.state).toBe('dead');
  const expiresAt = stage.now + 86_400_000;
  const again = { state: 'accepted', decision: null, reason: '', by: 'retried', expiresAt } as const;
  await stage.post.move([{ entries: [entry], from: ['dead'], ...again }]);
  for (let n = 1; n < 60; n++) {
    stage.write('jay', `${n}.json`, { id: `m${n}`, to: 'z' });
    await stage.turn();
    stage.acknowledge('z');
  }
  await stage.end();
  const next = await Stage.begin({ root: stage.root, alive: ['z'], now: stage.now });
  expect(next.post.book.withId('m0')?.place.segment).toBeGreaterThan(1);
  expect(next.post.book.withId('m0')).toMatchObject({ state: 'held', expiresAt });
});

test('an offset that is put back in the moment in which a newer one is written is noticed all the same', async () => {
  let writes = 0;
  const crash = (name: string): void => {
    if (name !== 'messages.offset:before') return;
    writes += 1;
    if (writes === 3) renameSync(`${offset}.saved`, offset);
  };
  const stage = await Stage.begin({ crash });
  const offset = join(stage.root, 'messages/offsets/jay.json');
  for (const n of [1, 2, 3]) {
    stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
    await stage.turn();
    stage.acknowledge('jay');
    await stage.turn(10_000);
    await stage.turn(10_000);
    if (n === 1) writeFileSync(`${offset}.saved`, readFileSync(offset));
  }
  expect(writes).toBeGreaterThan(2);
  await stage.turn(10_000);
  await stage.turn();
  expect(stage.events('replayed')).toMatchObject([{ ref: 'agent/jay', data: { after: 1 } }]);
  expect(stage.ids('jay')).toContain('m2');
});
