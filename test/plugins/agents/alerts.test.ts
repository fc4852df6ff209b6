// What a person is told of agents, through the real alerts: what was not brought back at once, what is slow, and when none lives.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { agentsOf, BEATS } from './under-kernel.ts';
import { MIN, S } from './world.ts';

/** Dead of the loss of its folder, and not to be saved: it is never heard again. */
const lose = async (agents: Awaited<ReturnType<typeof agentsOf>>, ...names: readonly string[]): Promise<void> => {
  for (const name of names) agents.beating.delete(name);
  await agents.realm.invoke('services.restart', { refs: names.map((name) => `service/agent-${name}`), why: 'a test' });
};
const about = (agents: Awaited<ReturnType<typeof agentsOf>>, what: string): readonly string[] =>
  agents.told().filter((line) => line.includes(what));

test('W: a critical agent that was not brought back is told at once, with the path of its bundle; another one needs a person', async () => {
  const agents = await agentsOf({ z: `${BEATS}, critical: true`, y: BEATS, x: BEATS });
  await agents.pass(2 * MIN);
  await lose(agents, 'z', 'y');
  await agents.pass(5 * MIN + 5 * MIN); // until it is dead, and then until it should have been heard
  await agents.pass(30 * S);
  for (const [name, severity] of [
    ['z', 'critical'],
    ['y', 'needs-you'],
  ] as const) {
    const { phase, bundle } = agents.recovery(name)!;
    expect(phase).toBe('escalated');
    expect(existsSync(join(bundle!, 'README.txt'))).toBe(true);
    const told = about(agents, `agent/${name} escalated`);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(new RegExp(`^${severity} agent/${name} escalated: .*`));
    expect(told[0]).toContain(bundle!);
  }
  expect(about(agents, 'all down')).toEqual([]); // x lives
});

test('W: a recovery of more than 15 minutes is told once, and so is its end', async () => {
  const agents = await agentsOf({ z: `${BEATS}, recoverWithin: 2h` });
  await agents.pass(2 * MIN);
  await lose(agents, 'z');
  await agents.realm.invoke('agents.recover', { agent: 'z', why: 'a test', detach: true });
  await agents.pass(14 * MIN);
  expect(about(agents, 'agent/z slow')).toEqual([]);
  await agents.pass(2 * MIN);
  expect(about(agents, 'agent/z slow')).toEqual([expect.stringMatching(/^warning .* has taken 15 min/)]);
  await agents.pass(30 * MIN);
  expect(about(agents, 'agent/z slow')).toHaveLength(1);
  agents.beating.add('z');
  await agents.pass(2 * MIN);
  expect(agents.recovery('z')).toMatchObject({ phase: 'recovered' });
  expect(about(agents, 'agent/z recovered').length).toBeGreaterThan(0);
});

test('W: no agent for more than 30 minutes is critical, once; and one that is back ends it', async () => {
  const agents = await agentsOf({ z: BEATS, y: BEATS });
  await agents.pass(2 * MIN);
  await lose(agents, 'z', 'y');
  await agents.pass(30 * MIN);
  expect(about(agents, 'realm/agents')).toEqual([]);
  await agents.pass(5 * MIN);
  expect(about(agents, 'realm/agents')).toEqual([expect.stringMatching(/^critical realm\/agents down: all 2 agents/)]);
  await agents.pass(20 * MIN);
  expect(about(agents, 'realm/agents')).toHaveLength(1);
  agents.beating.add('y');
  await agents.pass(3 * MIN);
  expect(about(agents, 'realm/agents').at(-1)).toMatch(/recovered: 1 up again/);
});
