// The life of agents under the real kernel: what ends for good, a machine that sleeps, operators, and a clock that is set.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Program } from '../../../core/simulate/programs.ts';
import { agentsOf, BEATS } from './under-kernel.ts';
import { MIN, S } from './world.ts';

const HOUR = 60 * MIN;

test.each(['never', 'on-failure'])(
  'what ended for good (restart: %s) is down, and is brought back',
  async (restart) => {
    let program: Program = {};
    const agents = await agentsOf({ z: `${BEATS}, service: { restart: ${restart} }` }, { programs: () => program });
    await agents.pass(MIN);
    program = { lastsMs: 10 };
    await agents.realm.invoke('services.restart', { refs: ['service/agent-z'], why: 'a test' });
    agents.beating.clear();
    await agents.pass(20 * S);
    expect(await agents.row('z')).toMatchObject({ state: 'escalated', recovery: { attempts: 1 } }); // there is no backup
    program = {};
    await agents.realm.invoke('agents.recover', { agent: 'z', why: 'mended', detach: true });
    agents.beating.add('z');
    await agents.pass(20 * S);
    expect(await agents.row('z')).toMatchObject({ state: 'alive', recovery: { id: 'r2', phase: 'recovered' } });
  },
);

test('whoever looks first after the machine has slept finds nobody dead', async () => {
  const agents = await agentsOf({ z: BEATS, y: BEATS });
  await agents.pass(10 * MIN);
  agents.realm.realm.clock.jump(8 * HOUR);
  for (const name of ['z', 'y']) agents.realm.kernel.wake(`agent/${name}`);
  await agents.realm.pass(1);
  expect((await agents.row('z')).state).toBe('suspect');
  await agents.pass(10 * MIN);
  for (const name of ['z', 'y']) expect(await agents.row(name)).toMatchObject({ state: 'alive', recovery: null });
});

test('nor one that had not beaten yet since its start', async () => {
  const agents = await agentsOf({ z: BEATS });
  await agents.pass(2 * MIN);
  agents.beating.clear();
  await agents.realm.invoke('services.restart', { refs: ['service/agent-z'], why: 'a test' });
  await agents.pass(30 * S);
  agents.realm.realm.clock.jump(8 * HOUR);
  await agents.realm.pass(MIN / 2);
  agents.beating.add('z');
  await agents.pass(10 * MIN);
  expect(await agents.row('z')).toMatchObject({ state: 'alive', recovery: null });
});

/** z is in its recovery, was started, and has not been heard yet. */
async function starting(): Promise<Awaited<ReturnType<typeof agentsOf>>> {
  const agents = await agentsOf({ z: `${BEATS}, recoverWithin: 5m` });
  await agents.pass(2 * MIN);
  agents.beating.clear();
  await agents.realm.invoke('agents.recover', { agent: 'z', why: 'a test', detach: true });
  await agents.pass(MIN);
  expect(agents.recovery('z')).toMatchObject({ phase: 'starting' });
  return agents;
}

test('while the machine is off nobody can hear it: the time for its first beat begins anew', async () => {
  const agents = await starting();
  agents.realm.realm.clock.jump(HOUR);
  await agents.realm.again();
  await agents.pass(2 * MIN);
  expect(agents.recovery('z')).toMatchObject({ phase: 'starting', attempts: 1 });
  agents.beating.add('z');
  await agents.pass(MIN);
  expect(agents.recovery('z')).toMatchObject({ id: 'r1', phase: 'recovered' });
});

test.each(['agent/z', 'service/agent-z'] as const)('nor while an operator has %s stopped', async (ref) => {
  const agents = await starting();
  await agents.override(ref, 'stop');
  await agents.pass(10 * MIN);
  expect((await agents.row('z')).state).toBe('paused');
  await agents.clear(ref, 'stop');
  await agents.pass(MIN);
  expect(agents.recovery('z')).toMatchObject({ phase: 'starting', attempts: 1 });
  await agents.pass(5 * MIN); // but it does not go on for ever
  expect(agents.recovery('z')).toMatchObject({ phase: 'escalated' });
});

test('a wish is fulfilled once, however the clock is set back', async () => {
  const agents = await agentsOf({ z: BEATS });
  await agents.pass(2 * MIN);
  const recover = async (): Promise<void> => {
    await agents.realm.invoke('agents.recover', { agent: 'z', why: 'a test', detach: true });
    await agents.pass(MIN);
  };
  await recover();
  agents.realm.realm.clock.jump(-24 * HOUR);
  await agents.pass(MIN);
  await recover();
  await agents.pass(10 * MIN);
  expect(agents.recovery('z')).toMatchObject({ id: 'r2', phase: 'recovered' });
});

test.each(['hold', 'maintenance', 'pause', 'stop'] as const)('%s is seen at once', async (effect) => {
  const agents = await agentsOf({ z: BEATS });
  await agents.pass(2 * MIN);
  for (const ref of ['agent/z', 'service/agent-z'] as const) {
    await agents.override(ref, effect);
    expect(await agents.row('z')).toMatchObject({
      state: 'paused',
      why: expect.stringContaining(`${effect} by user:ann`) as string,
    });
    await agents.clear(ref, effect);
    await agents.pass(MIN);
    expect(await agents.row('z')).toMatchObject({ state: 'alive', recovery: null });
  }
});

test('while the state has no room they are heard all the same, and nobody is taken for dead', async () => {
  const agents = await agentsOf({ a: BEATS, z: BEATS });
  await agents.pass(2 * MIN);
  const { store } = agents.realm.kernel;
  store.allowPages(1); // never fewer than there are
  expect(() => {
    for (let n = 0; ; n += 1) store.rows.set('ballast', String(n), 'x'.repeat(20_000));
  }).toThrow(expect.objectContaining({ code: 'STORE_FULL' }) as Error);
  agents.realm.kernel.emit('plugin.recovered', { plugin: 'y'.repeat(200_000) }); // what a refused row leaves is too little
  await agents.pass(10 * MIN);
  expect(store.health).toBe('full');
  const { plugins } = await agents.realm.door().status();
  expect(plugins.find(({ plugin }) => plugin === 'agents')).toEqual({ plugin: 'agents', degraded: null });
  store.allowPages(100_000);
  await agents.pass(10 * MIN);
  for (const name of ['a', 'z']) expect(await agents.row(name)).toMatchObject({ state: 'alive', recovery: null });
});

test('who asks for a recovery that nobody may begin, or go on with, is told so instead of waiting for ever', async () => {
  const agents = await agentsOf({ z: `${BEATS}, recoverWithin: 1h`, off: `${BEATS}, enabled: false` });
  await agents.pass(2 * MIN);
  const recover = (agent: string): Promise<unknown> =>
    agents.realm.door().invoke('agents.recover', { agent }, 'user:ann');
  await expect(recover('off')).rejects.toMatchObject({ code: 'AGENT_NOT_RECOVERED', message: /agent\/off waits/ });
  agents.beating.delete('z');
  const going = recover('z').catch((error: unknown) => error);
  await agents.pass(MIN);
  expect(agents.recovery('z')).toMatchObject({ phase: 'starting' });
  await agents.override('agent/z', 'hold');
  await agents.pass(MIN);
  expect(await going).toMatchObject({
    code: 'AGENT_NOT_RECOVERED',
    message: expect.stringContaining('hold by user:ann') as string,
  });
});

test('its token is its own, and counts only while it is to have one', async () => {
  const agents = await agentsOf({ z: 'heartbeat: { token: true }', y: 'heartbeat: { token: true }', off: BEATS });
  await agents.pass(MIN);
  const fileOf = (name: string): string => join(agents.root, '.realm/data/agents', name, 'token');
  const token = readFileSync(fileOf('z'), 'utf8').trim();
  mkdirSync(dirname(fileOf('off')), { recursive: true });
  writeFileSync(fileOf('off'), `${token}\n`); // of a time when it had one
  const beat = (agent: string): Promise<unknown> => agents.realm.invoke('agents.beat', { agent, token });
  await beat('z');
  expect((await agents.row('z')).state).toBe('alive');
  for (const other of ['y', 'off']) await expect(beat(other)).rejects.toMatchObject({ code: 'AGENT_TOKEN_WRONG' });
  expect(JSON.stringify(agents.realm.kernel.store.journal.read({}))).not.toContain(token);
});
