// Outboxes and inboxes with everything in them that is no message: told, set aside, never followed, and nobody else waits.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Office } from '../../../../plugins/agents/messages/office.ts';
import { listVerb } from '../../../../plugins/agents/messages/verbs.ts';
import { names, Stage } from './stage.ts';

test('more than there may be stays in the outbox, for that agent alone, and comes in order when there is room', async () => {
  const stage = await Stage.begin({ agents: ['z', 'jay', 'rick'], settings: { most: 3 } });
  for (let n = 1; n <= 5; n++) stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay', reference: 'A' });
  stage.write('z', '6.json', { id: 'm6', to: 'rick' });
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1', 'm2', 'm3']);
  expect(stage.ids('rick')).toEqual(['m6']);
  expect(stage.outbox('z')).toEqual(['4.json', '5.json']);
  expect(stage.events('stuck')).toMatchObject([{ ref: 'agent/z' }]);
  await stage.turn();
  expect(stage.events('stuck'), 'told once').toHaveLength(1);
  stage.acknowledge('jay');
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m4', 'm5']);
  expect(stage.outbox('z')).toEqual([]);
});

test('files that are no messages are set aside with the reason beside them; links and pipes are not followed', async () => {
  const stage = await Stage.begin({ settings: { largest: '1KiB' } });
  const outbox = join(stage.home('z'), 'outbox');
  mkdirSync(outbox, { recursive: true });
  writeFileSync(join(stage.root, 'secret'), '{"to":"jay","payload":"secret"}');
  symlinkSync(join(stage.root, 'secret'), join(outbox, 'link.json'));
  execFileSync('mkfifo', [join(outbox, 'pipe.json')]);
  mkdirSync(join(outbox, 'folder.json'));
  stage.write('z', 'huge.json', { to: 'jay', payload: 'x'.repeat(2_000) });
  stage.write('z', 'list.json', '[1]');
  stage.write('z', 'nobody.json', { payload: 1 });
  stage.write('z', 'word.json', { to: 'jay', type: 'two words' });
  stage.write('z', 'twice.json', { to: 'jay', To: 'z' });
  stage.write('z', 'when.json', { to: 'jay', timestamp: 'yesterday' });
  stage.write('z', 'what.json', { to: 'jay', priority: 'asap' });
  writeFileSync(Buffer.from(`${outbox}/odd\xff.json`, 'latin1'), 'no json');
  stage.now = Date.now() + 60_000;
  await stage.turn();
  expect(readdirSync(outbox)).toEqual(['refused']);
  const why = (name: string): string => readFileSync(join(outbox, 'refused', `${name}.why.txt`), 'utf8').trim();
  expect(why('link.json')).toBe('it is a link, which is not followed');
  expect(why('pipe.json')).toBe('it is no regular file');
  expect(why('folder.json')).toBe('it is no regular file');
  expect(why('huge.json')).toMatch(/bytes, more than the 1024 that a message may have/);
  expect(why('list.json')).toBe('it is no JSON object');
  expect(why('nobody.json')).toBe('it does not say `to` whom');
  expect(why('twice.json')).toBe('it says `to` twice, in capitals and without');
  expect(why('what.json')).toContain('none of urgent, high, normal, low');
  expect(readdirSync(join(outbox, 'refused'))).toHaveLength(22);
  expect(stage.inbox('jay')).toEqual([]);
  const told = stage.events('refused').reduce((sum, { data }) => sum + Number(data['count']), 0);
  expect(told).toBe(11);
});

test('one that is half written is left alone for a moment, and then refused', async () => {
  const stage = await Stage.begin();
  stage.write('z', 'a.json', '{"to":"jay","pay');
  const path = join(stage.home('z'), 'outbox/a.json');
  utimesSync(path, stage.now / 1_000, stage.now / 1_000);
  await stage.turn(1_000);
  expect(stage.outbox('z')).toEqual(['a.json']);
  await stage.turn(1_500);
  expect(names(join(stage.home('z'), 'outbox/refused'))).toEqual(['a.json']);
});

test('an inbox that is a link, or no folder, is not written through: its messages wait', async () => {
  const stage = await Stage.begin();
  mkdirSync(join(stage.root, 'elsewhere'));
  symlinkSync(join(stage.root, 'elsewhere'), join(stage.home('jay'), 'inbox'));
  stage.write('z', 'a.json', { id: 'm1', to: 'jay' });
  await stage.turn();
  expect(stage.stateOf('m1')).toBe('held');
  expect(stage.reasonOf('m1')).toMatch(/inbox is a link$/);
  expect(readdirSync(join(stage.root, 'elsewhere'))).toEqual([]);
});

test('what stands in the way is told once, also when it is two things', async () => {
  const stage = await Stage.begin({ agents: ['z', 'jay', 'rick'], settings: { most: 1 } });
  for (const to of ['jay', 'rick']) for (const n of [1, 2]) stage.write('z', `${to}-${n}.json`, { to });
  for (let turns = 0; turns < 4; turns++) await stage.turn();
  expect(stage.events('stuck')).toHaveLength(2);
  stage.acknowledge('jay');
  await stage.turn();
  await stage.turn();
  stage.write('z', 'jay-3.json', { to: 'jay' });
  await stage.turn();
  expect(stage.events('stuck'), 'again').toHaveLength(3);
});

test('an agent that writes nonsense all the time is told of once, and then now and again', async () => {
  const stage = await Stage.begin();
  let written = 0;
  for (let turns = 0; turns < 30; turns++) {
    for (let n = 0; n < 5; n++) stage.write('z', `${written++}.json`, { nonsense: written });
    await stage.turn(1_000);
  }
  const told = stage.events('refused');
  expect(told.length).toBeLessThanOrEqual(4);
  expect(told[0]).toMatchObject({ data: { count: 5, id: '0.json', reason: 'it does not say `to` whom' } });
  await stage.end();
  const counted = stage.events('refused').reduce((sum, { data }) => sum + Number(data['count']), 0);
  expect(counted).toBe(150);
});

test('a message that is renamed over one that is just being taken is another message, and is taken too', async () => {
  let isOver = false;
  const crash = (name: string): void => {
    if (name !== 'messages.take:after' || isOver) return;
    isOver = true;
    stage.write('z', 'out.json', { id: 'm2', to: 'jay' });
  };
  const stage = await Stage.begin({ crash });
  stage.write('z', 'out.json', { id: 'm1', to: 'jay' });
  await stage.turn();
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1', 'm2']);
  expect(stage.outbox('z')).toEqual([]);
});

test('a time to live without end is one that has no date, and nothing else breaks', async () => {
  const stage = await Stage.begin();
  stage.write('z', '1.json', { id: 'm1', to: 'jay', ttl: '999999999999d' });
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1']);
  const office = { look: async () => stage.post.book } as unknown as Office;
  expect(await listVerb(office).run({ limit: 10 }, stage.context())).toMatchObject({ messages: [{ id: 'm1' }] });
});

test('an id of several lines makes no rows of its own in the list for people', async () => {
  const stage = await Stage.begin();
  stage.write('z', '1.json', { id: 'm1\n9 s ago  em  jay  update  routed  all is well', to: 'jay' });
  await stage.turn();
  const office = { look: async () => stage.post.book } as unknown as Office;
  const { text } = (await listVerb(office).run({ limit: 10 }, stage.context())) as { text: string };
  expect(text.trim().split('\n')).toHaveLength(2);
});
