// Messages carried between agents: taken up, decided, delivered, acknowledged; and every way in which yesterday's systems lost one.
import { expect, test } from 'vitest';
import { Stage } from './stage.ts';

const GATE = { when: { to: 'jay', type: 'request' }, unless: { ready: 'agent/z' }, then: 'hold', why: 'safety gate' };

test('a message goes from an outbox into an inbox, and is acknowledged by being taken out of it', async () => {
  const stage = await Stage.begin();
  stage.write('z', 'a.json', { id: 'm1', to: 'jay', type: 'request', payload: { list: [1, 2] }, extra: true });
  await stage.turn();
  expect(stage.outbox('z')).toEqual([]);
  expect(stage.inbox('jay')).toMatchObject([
    {
      id: 'm1',
      sequence: 1,
      from: 'z',
      to: 'jay',
      type: 'request',
      priority: 'normal',
      payload: { list: [1, 2] },
      extra: true,
    },
  ]);
  expect(stage.stateOf('m1')).toBe('routed');
  stage.acknowledge('jay');
  await stage.turn();
  expect(stage.stateOf('m1')).toBe('acknowledged');
});

test('one that is moved to done/ is acknowledged too', async () => {
  const stage = await Stage.begin();
  stage.write('z', 'a.json', { id: 'm1', to: 'jay' });
  await stage.turn();
  stage.acknowledge('jay', 'done');
  await stage.turn();
  expect(stage.stateOf('m1')).toBe('acknowledged');
});

test('a plain old envelope is taken: capitals in keys and words, and in the name of the agent', async () => {
  const stage = await Stage.begin();
  const old = {
    From: 'EM',
    To: 'Jay',
    Type: 'REQUEST',
    Priority: 'URGENT',
    Timestamp: '2026-11-21T07:00:00+02:00',
    Reference: 'C-42',
    Payload: 'x',
    Context: { a: 1 },
  };
  stage.write('z', 'old.json', old);
  await stage.turn();
  expect(stage.inbox('jay')).toMatchObject([
    {
      from: 'z',
      to: 'jay',
      type: 'request',
      priority: 'urgent',
      timestamp: '2026-11-21T05:00:00.000Z',
      reference: 'C-42',
      payload: 'x',
      context: { a: 1 },
    },
  ]);
});

test('who sends is who owns the outbox, whatever the file claims', async () => {
  const stage = await Stage.begin();
  stage.write('z', 'a.json', { id: 'm1', from: 'jay', From2: 'x', to: 'jay' });
  await stage.turn();
  expect(stage.inbox('jay')).toMatchObject([{ from: 'z' }]);
});

test('W: held messages are really held, and released in order when the rule no longer matches, also after a restart', async () => {
  const first = await Stage.begin({ settings: { rules: [GATE] } });
  first.alive.delete('z');
  for (const n of [1, 2, 3]) first.write('jay', `${n}.json`, { id: `m${n}`, to: 'jay', type: 'request' });
  await first.turn();
  expect(first.inbox('jay')).toEqual([]);
  expect(first.outbox('jay')).toEqual([]);
  expect(first.reasonOf('m1')).toBe('safety gate');
  await first.end();
  const second = await Stage.begin({ root: first.root, alive: ['jay'], settings: { rules: [GATE] } });
  await second.turn();
  expect(second.stateOf('m2')).toBe('held');
  expect(second.inbox('jay')).toEqual([]);
  second.alive.add('z');
  await second.turn();
  expect(second.ids('jay')).toEqual(['m1', 'm2', 'm3']);
});

test('W: state is not in memory alone: another life knows every message, its decision and its reason', async () => {
  const first = await Stage.begin({ settings: { rules: [GATE] } });
  first.alive.delete('z');
  first.write('z', 'a.json', { id: 'held', to: 'jay', type: 'request' });
  first.write('z', 'b.json', { id: 'routed', to: 'jay', type: 'update' });
  first.write('z', 'c.json', { id: 'dead', to: 'jya' });
  await first.turn();
  const said = [...first.post.book.entries.values()].map(({ place: _, ...entry }) => entry);
  expect(said.map(({ state }) => state)).toEqual(['held', 'routed', 'dead']);
  await first.end();
  const second = await Stage.begin({ root: first.root, alive: ['jay'], settings: { rules: [GATE] } });
  expect([...second.post.book.entries.values()].map(({ place: _, ...entry }) => entry)).toEqual(said);
});

test('W: ids made of the second do not collide: two messages with one id both arrive, under two ids', async () => {
  const stage = await Stage.begin({ agents: ['z', 'jay', 'rick'] });
  stage.write('z', 'a.json', { id: 'MSG-1795287876', to: 'jay', payload: 1 });
  stage.write('z', 'b.json', { id: 'MSG-1795287876', to: 'jay', payload: 2 });
  stage.write('rick', 'c.json', { id: 'MSG-1795287876', to: 'jay', payload: 1 });
  await stage.turn();
  const inbox = stage.inbox('jay');
  expect(inbox.map(({ from, payload }) => [from, payload])).toEqual([
    ['z', 1],
    ['z', 2],
    ['rick', 1],
  ]);
  expect(new Set(inbox.map(({ id }) => id)).size).toBe(3);
});

test('W: a duplicate is dropped and on record, also in another life', async () => {
  const first = await Stage.begin();
  first.write('z', 'a.json', { id: 'm1', to: 'jay', payload: 1, timestamp: '2026-11-21T10:00:00Z' });
  first.write('z', 'b.json', { id: 'm1', to: 'jay', payload: 1, timestamp: '2026-11-21T10:00:09Z' });
  await first.turn();
  expect(first.ids('jay')).toEqual(['m1']);
  first.acknowledge('jay');
  await first.turn();
  await first.end();
  const second = await Stage.begin({ root: first.root });
  second.write('z', 'c.json', { id: 'm1', to: 'jay', payload: 1 });
  await second.turn();
  expect(second.ids('jay')).toEqual([]);
  const states = [...second.post.book.entries.values()].map(({ state, decision, reason }) => ({
    state,
    decision,
    reason,
  }));
  const dropped = { state: 'dropped', decision: 'drop', reason: 'it is message 1 once more' };
  expect(states).toMatchObject([{ state: 'acknowledged' }, dropped, dropped]);
});

test('two messages without an id that say the same are two', async () => {
  const stage = await Stage.begin();
  stage.write('z', 'a.json', { to: 'jay', payload: 'ping' });
  stage.write('z', 'b.json', { to: 'jay', payload: 'ping' });
  await stage.turn();
  expect(stage.inbox('jay')).toHaveLength(2);
});

test('W: the gate pauses what needs it, and hands nothing to a person for that', async () => {
  const stage = await Stage.begin({ settings: { rules: [GATE] } });
  stage.alive.delete('z');
  stage.write('z', 'a.json', { id: 'm1', to: 'jay', type: 'request', priority: 'urgent' });
  await stage.turn();
  expect(stage.stateOf('m1')).toBe('held');
  expect(stage.events('escalated')).toEqual([]);
  expect(stage.events('held')).toMatchObject([
    { ref: 'agent/jay', data: { count: 1, id: 'm1', reason: 'safety gate' } },
  ]);
});

test('the gate closes with the life of the agent it waits for, not with the next look at it', async () => {
  const stage = await Stage.begin({ settings: { rules: [GATE] } });
  stage.alive.delete('z');
  stage.wasAlive.add('z');
  stage.write('z', '1.json', { id: 'm1', to: 'jay', type: 'request', payload: 'go' });
  await stage.turn();
  expect(stage.stateOf('m1')).toBe('held');
  stage.alive.add('z');
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1']);
});

test('W: an unknown target is never healthy: urgent mail to a misspelt agent is a dead letter, and a person is told', async () => {
  const stage = await Stage.begin();
  stage.write('z', 'a.json', { id: 'm1', to: 'jya', priority: 'urgent' });
  await stage.turn();
  expect(stage.stateOf('m1')).toBe('dead');
  expect(stage.reasonOf('m1')).toBe('no agent is called "jya"; there are z, jay');
  expect(stage.events('escalated')).toMatchObject([{ ref: 'agent/z', data: { count: 1, id: 'm1' } }]);
});

test('what is for one that is not alive waits, and is told at once when it is urgent', async () => {
  const stage = await Stage.begin();
  stage.alive.delete('jay');
  stage.write('z', 'a.json', { id: 'm1', to: 'jay' });
  stage.write('z', 'b.json', { id: 'm2', to: 'jay', priority: 'urgent' });
  await stage.turn();
  await stage.turn();
  expect([stage.stateOf('m1'), stage.stateOf('m2')]).toEqual(['held', 'held']);
  expect(stage.events('escalated')).toMatchObject([
    { data: { count: 1, id: 'm2', reason: 'urgent, and held: jay is not alive' } },
  ]);
  expect(stage.events('held')).toHaveLength(1);
  stage.alive.add('jay');
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1', 'm2']);
});

test('what is held for longer than its priority allows is told once', async () => {
  const stage = await Stage.begin();
  stage.alive.delete('jay');
  stage.write('z', 'a.json', { id: 'm1', to: 'jay', priority: 'high' });
  await stage.turn(29 * 60_000);
  expect(stage.events('escalated')).toEqual([]);
  await stage.turn(31 * 60_000);
  await stage.turn(60 * 60_000);
  expect(stage.events('escalated')).toHaveLength(1);
});

test('order is kept per reference: what is held holds the later ones of its reference, and no others', async () => {
  const stage = await Stage.begin({
    settings: { rules: [{ when: { type: 'slow' }, unless: { ready: 'agent/z' }, then: 'hold' }] },
  });
  stage.alive.delete('z');
  stage.write('z', '1.json', { id: 'm1', to: 'jay', type: 'slow', reference: 'A' });
  stage.write('z', '2.json', { id: 'm2', to: 'jay', type: 'quick', reference: 'A' });
  stage.write('z', '3.json', { id: 'm3', to: 'jay', type: 'quick', reference: 'B' });
  stage.write('z', '4.json', { id: 'm4', to: 'jay', type: 'quick' });
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m3', 'm4']);
  expect(stage.reasonOf('m2')).toBe('an earlier message of its reference waits: A');
  stage.alive.add('z');
  await stage.turn();
  expect(stage.ids('jay')).toEqual(['m1', 'm2', 'm3', 'm4']);
});

test('past its time a message is a dead letter, held or not acknowledged', async () => {
  const stage = await Stage.begin({ agents: ['z', 'jay', 'rick'] });
  stage.alive.delete('jay');
  stage.write('z', 'a.json', { id: 'm1', to: 'jay', ttl: '1h' });
  stage.write('z', 'b.json', { id: 'm2', to: 'rick', ttl: '2h' });
  stage.write('z', 'c.json', { id: 'm3', to: 'rick' });
  await stage.turn();
  await stage.turn(2 * 3_600_000);
  expect(stage.stateOf('m1')).toBe('dead');
  expect(stage.reasonOf('m1')).toBe('not delivered in time: jay is not alive');
  expect(stage.stateOf('m2')).toBe('dead');
  expect(stage.ids('rick')).toEqual(['m3']);
  await stage.turn(7 * 86_400_000);
  expect(stage.stateOf('m3')).toBe('dead');
  expect(stage.events('dead')).toHaveLength(3);
});

test('a rule that waits for what nobody declares is told: such a gate never opens', async () => {
  const stage = await Stage.begin({ settings: { rules: [GATE, { ...GATE, unless: { ready: 'service/zz' } }] } });
  await stage.turn();
  expect(stage.events('stuck')).toMatchObject([
    { ref: 'realm/messages', data: { why: 'rule 2 of `messages:` speaks of service/zz, which is not declared' } },
  ]);
});

test('what lies in the inbox of one that is declared no more runs out of its time all the same', async () => {
  const stage = await Stage.begin({ agents: ['z', 'jay', 'rick'] });
  for (const n of [1, 2]) stage.write('z', `${n}.json`, { id: `m${n}`, to: 'rick', ttl: '1h' });
  await stage.turn();
  stage.agents.splice(stage.agents.indexOf('rick'), 1);
  await stage.turn(3_599_000);
  expect(stage.stateOf('m1')).toBe('routed');
  await stage.turn(1_000);
  expect([stage.stateOf('m1'), stage.stateOf('m2')]).toEqual(['dead', 'dead']);
  expect(stage.events('dead')).toMatchObject([{ ref: 'realm/messages', data: { count: 2 } }]);
});

test('while much is being put a gate closes all the same: facts are of now', async () => {
  const crash = (name: string): void => {
    if (name === 'messages.put:after' && ++put === 60) stage.alive.delete('z');
  };
  let put = 0;
  const stage = await Stage.begin({ crash, settings: { rules: [{ ...GATE, when: { to: 'jay' } }] } });
  stage.alive.delete('z');
  for (let n = 1; n <= 300; n++) stage.write('jay', `${String(n).padStart(3, '0')}.json`, { id: `m${n}`, to: 'jay' });
  await stage.turn();
  stage.alive.add('z');
  await stage.turn();
  expect(stage.inbox('jay').length).toBeGreaterThanOrEqual(60);
  expect(stage.inbox('jay').length, 'no more than are on their way').toBeLessThanOrEqual(110);
});

test('a rule that holds what is for nobody is told: such a gate is none', async () => {
  const rules = [
    { ...GATE, when: { to: ['Jay', 'jya'] } },
    { when: { to: 'human' }, then: 'drop' },
  ];
  const stage = await Stage.begin({ settings: { rules } });
  await stage.turn();
  expect(stage.events('stuck')).toMatchObject([
    { ref: 'realm/messages', data: { why: 'rule 1 of `messages:` speaks of agent/jya, which is not declared' } },
  ]);
});
