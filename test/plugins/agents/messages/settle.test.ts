// What is settled over the socket while messages are being carried stays settled: nobody gets it again.
import { expect, test } from 'vitest';
import type { Office } from '../../../../plugins/agents/messages/office.ts';
import { ackVerb, dropVerb, replayVerb } from '../../../../plugins/agents/messages/settle.ts';
import { settingsOf, Stage } from './stage.ts';

/** As the office of a daemon whose loop has the log open. */
const officeOf = ({ post, root }: Stage): Office =>
  ({
    settings: settingsOf({}, root),
    use: (_: unknown, work: (post: unknown) => unknown) => work(post),
    ring: () => {},
  }) as unknown as Office;

test('what is acknowledged over the socket while its inbox is being looked at is not given again', async () => {
  const stage = await Stage.begin();
  const ack = ackVerb(officeOf(stage));
  for (let n = 0; n < 60; n++) {
    stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
    await stage.turn();
    await Promise.all([stage.turn(), ack.run({ agent: 'jay', ids: [`m${n}`] }, stage.context())]);
    expect(stage.stateOf(`m${n}`)).toBe('acknowledged');
    expect(stage.ids('jay')).toEqual([]);
  }
});

test('what is dropped while it is being put into an inbox is taken out of it', async () => {
  let dropping: unknown;
  const crash = (name: string): void => {
    if (name === 'messages.put:after')
      dropping ??= dropVerb(officeOf(stage)).run({ ids: ['m1'], why: 'no more' }, stage.context());
  };
  const stage = await Stage.begin({ crash });
  for (const n of [1, 2]) stage.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
  await stage.turn();
  await dropping;
  expect(stage.stateOf('m1')).toBe('dropped');
  expect(stage.ids('jay')).toEqual(['m2']);
});

test('what is acknowledged while it is put into another inbox is not given again', async () => {
  const first = await Stage.begin();
  for (const n of [1, 2]) first.write('z', `${n}.json`, { id: `m${n}`, to: 'jay' });
  await first.turn();
  await first.end();
  const next = await Stage.begin({ root: first.root });
  next.renewInbox('jay');
  const read = next.post.read.bind(next.post);
  next.post.read = async (entry) => {
    if (entry.id === 'm2') await ackVerb(officeOf(next)).run({ agent: 'jay', ids: ['m2'] }, next.context());
    return read(entry);
  };
  await next.turn();
  expect(next.stateOf('m2')).toBe('acknowledged');
  expect(next.ids('jay')).toEqual(['m1']);
});

test('what is given again by a replay, and past its time, counts anew', async () => {
  const stage = await Stage.begin();
  stage.write('z', '1.json', { id: 'm1', to: 'jay', ttl: '1h' });
  await stage.turn();
  stage.acknowledge('jay');
  await stage.turn(2 * 3_600_000);
  expect(stage.stateOf('m1')).toBe('acknowledged');
  await replayVerb(officeOf(stage)).run({ agent: 'jay', after: 0 }, stage.context());
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1']);
  expect(stage.events('dead')).toEqual([]);
  await stage.turn(8 * 86_400_000);
  expect(stage.stateOf('m1'), 'but not for ever').toBe('dead');
});
