// Disks that are full and logs that were harmed: what was taken stays, what cannot be taken waits where it is, and it is told.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fill } from '../../services/fill.ts';
import { newRoot, Stage } from './stage.ts';

test('on a full disk messages stay in the outbox, and go once there is room', async () => {
  const root = newRoot();
  const disk = join(root, 'messages');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]).status !== 0)
    return console.warn('NOT RUN: no tmpfs can be mounted here, so no disk could be filled');
  onTestFinished(() => void spawnSync('umount', ['-l', disk]));
  const stage = await Stage.begin({ root });
  stage.write('z', '1.json', { id: 'm1', to: 'jay' });
  await stage.turn();
  fill(join(disk, 'filler'));
  const payload = 'x'.repeat(100_000);
  stage.acknowledge('jay');
  for (const n of [2, 3]) stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay', payload });
  await stage.turn();
  await stage.turn();
  expect(stage.outbox('z')).toEqual(['2.json', '3.json']);
  const why = expect.stringContaining('ENOSPC');
  expect(stage.events('stuck')).toMatchObject([
    { ref: 'agent/z', data: { why } },
    { ref: 'realm/messages', data: { why } },
  ]);
  rmSync(join(disk, 'filler'));
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m2', 'm3']);
  await stage.end();
  const next = await Stage.begin({ root });
  expect(['m1', 'm2', 'm3'].map((id) => next.stateOf(id))).toEqual(['acknowledged', 'routed', 'routed']);
  expect(next.events('damaged')).toEqual([]);
  await next.end();
});

test('what became of messages while the log could not be written is kept once it can be, and nothing is given twice', async () => {
  let isFull = false;
  const crash = (name: string): void => {
    if (isFull && name === 'messages.append:before')
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  };
  const stage = await Stage.begin({ alive: ['z'], crash });
  for (const n of [1, 2]) stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
  await stage.turn();
  isFull = true;
  stage.alive.add('jay');
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1', 'm2']);
  stage.acknowledge('jay', 'delete', ['m1']);
  await stage.turn();
  await stage.turn();
  expect(stage.ids('jay'), 'not put there again').toEqual(['m2']);
  expect(stage.events('stuck')).toMatchObject([
    { ref: 'realm/messages', data: { why: 'what becomes of messages cannot be kept: no space left' } },
  ]);
  isFull = false;
  stage.acknowledge('jay');
  await stage.turn();
  await stage.end();
  const next = await Stage.begin({ root: stage.root });
  expect([next.stateOf('m1'), next.stateOf('m2')]).toEqual(['acknowledged', 'acknowledged']);
  expect(next.ids('jay')).toEqual([]);
});

test('a torn end and a line that was harmed are told, and what is whole goes on', async () => {
  const first = await Stage.begin({ alive: ['z'] });
  for (const n of [1, 2, 3]) first.write('z', `${n}.json`, { id: `m${n}`, to: 'jay', payload: `word ${n}` });
  await first.turn();
  await first.end();
  const log = join(first.root, 'messages/log/00000001.jsonl');
  writeFileSync(log, readFileSync(log, 'utf8').replace('word 2', 'sword2'));
  appendFileSync(log, '{"sum":"0000');
  const second = await Stage.begin({ root: first.root });
  await second.turn();
  expect(second.ids('jay')).toEqual(['m1', 'm3']);
  const kept = join(first.root, 'messages/damaged/00000001-');
  expect(second.events('damaged')).toMatchObject([
    { data: { segment: 1, bytes: 12, lines: 1, kept: expect.stringContaining(kept) } },
  ]);
});

test('one whose words cannot be read any more when its turn comes is a dead letter, and a person is told', async () => {
  const stage = await Stage.begin({ alive: ['z'] });
  stage.write('z', '1.json', { id: 'm1', to: 'jay', payload: 'word 1' });
  await stage.turn();
  await stage.end();
  const next = await Stage.begin({ root: stage.root, alive: ['z'] });
  const log = join(stage.root, 'messages/log/00000001.jsonl');
  writeFileSync(log, readFileSync(log, 'utf8').replace('word 1', 'sword1'));
  next.alive.add('jay');
  await next.turn();
  expect(next.stateOf('m1')).toBe('dead');
  expect(next.events('escalated')).toMatchObject([
    { ref: 'agent/jay', data: { id: 'm1', reason: 'what it says cannot be read any more' } },
  ]);
});

test('a log that was moved away is not written to: messages stay in the outbox until it is back, and it is told', async () => {
  const stage = await Stage.begin();
  const log = join(stage.root, 'messages/log');
  stage.write('z', '1.json', { id: 'm1', to: 'jay' });
  await stage.turn();
  renameSync(log, `${log}.moved`);
  for (const isNew of [false, true]) {
    if (isNew) cpSync(`${log}.moved`, log, { recursive: true });
    stage.write('z', `${isNew ? 3 : 2}.json`, { id: `m${isNew ? 3 : 2}`, to: 'jay' });
    await stage.turn();
  }
  expect(stage.outbox('z')).toEqual(['2.json', '3.json']);
  expect(stage.events('stuck').length).toBeGreaterThan(0);
  rmSync(log, { recursive: true });
  renameSync(`${log}.moved`, log);
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1', 'm2', 'm3']);
});

test('what cannot be read just now is no dead letter: it waits, and stays in its segment', async () => {
  const stage = await Stage.begin({
    alive: ['z'],
    settings: { keep: '2kB' },
    parts: { segmentBytes: 1_000, remembered: 5 },
  });
  stage.write('z', '0.json', { id: 'm0', to: 'jay', payload: 'word' });
  await stage.turn();
  await stage.end();
  const next = await Stage.begin({
    root: stage.root,
    alive: ['z'],
    settings: { keep: '2kB' },
    parts: { segmentBytes: 1_000, remembered: 5 },
  });
  let n = 0;
  const exchange = async (): Promise<void> => {
    n += 1;
    next.write('jay', `${n}.json`, { id: `m${n}`, to: 'z' });
    await next.turn();
    next.acknowledge('z');
  };
  while (next.post.log.fullSegments.length === 0) await exchange();
  const segment = join(stage.root, 'messages/log/00000001.jsonl');
  renameSync(segment, `${segment}.away`);
  next.alive.add('jay');
  for (let more = 0; more < 50; more++) await exchange();
  expect(next.reasonOf('m0')).toMatch(/^what it says cannot be read now: ENOENT/);
  expect(next.stateOf('m0')).toBe('held');
  expect(next.events('stuck').map(({ data }) => data['why'])).toEqual([
    expect.stringMatching(/^old messages cannot be let go: ENOENT/),
  ]);
  renameSync(`${segment}.away`, segment);
  await next.turn();
  expect(next.inbox('jay')).toMatchObject([{ id: 'm0', payload: 'word' }]);
});

test('a home or a file that cannot be looked at keeps nobody else’s messages', async () => {
  const root = newRoot();
  const rule = { when: { to: 'z' }, unless: { fresh: { file: 'loop', within: '1h' } }, then: 'hold' };
  const stage = await Stage.begin({ root, agents: ['z', 'jay', 'rick'], settings: { rules: [rule] } });
  symlinkSync('loop', join(root, 'loop'));
  rmSync(stage.home('rick'), { recursive: true });
  symlinkSync('rick', stage.home('rick'));
  stage.write('z', '1.json', { id: 'm1', to: 'jay' });
  stage.write('z', '2.json', { id: 'm2', to: 'rick' });
  stage.write('jay', '3.json', { id: 'm3', to: 'z' });
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1']);
  expect([stage.stateOf('m2'), stage.stateOf('m3')]).toEqual(['held', 'held']);
});
