// What a person is told of agents: which news stand open, how severe they are, and what closes them.
import { expect, test } from 'vitest';
import type { RealmEvent } from '../../../core/plugin.ts';
import { HEARD, newsOf } from '../../../plugins/alerts/news.ts';

const REF = 'agent/z';
const news = (type: string, data: object) => newsOf({ seq: 1, at: 0, type, ref: REF, data } as unknown as RealmEvent);
const about = { ref: REF, id: 'r1', why: 'exit 3', attempts: 3, bundle: '/state/data/agents/z/r1' };

test('W: a critical agent that was not brought back is critical at once, with the path of its bundle; another one needs a person', () => {
  for (const [critical, severity] of [
    [true, 'critical'],
    [false, 'needs-you'],
  ] as const) {
    const [told] = news('agent.escalated', { ...about, critical });
    expect(told).toMatchObject({ subject: REF, topic: 'recovery', severity, how: 'opens' });
    expect(told!.message).toContain(about.bundle);
  }
});

test('a death stands open until it is back, and so does a slow recovery', () => {
  expect(news('agent.recoveryBegan', { ref: REF, why: 'silent', by: 'death' })).toMatchObject([
    { topic: 'recovery', how: 'opens', severity: 'warning' },
  ]);
  expect(news('agent.recoverySlow', { ref: REF, id: 'r1', forMs: 900_000 })).toMatchObject([
    { topic: 'slow recovery', how: 'opens', message: 'its recovery has taken 15 min so far' },
  ]);
  expect(news('agent.recovered', { ref: REF, attempts: 1, snapshots: ['weekly/1'] })).toMatchObject([
    { topic: 'recovery', how: 'clears' },
    { topic: 'slow recovery', how: 'clears' },
  ]);
  expect(news('agent.recoveryBegan', { ref: REF, why: 'a test', by: 'user:ann' })).toMatchObject([
    { how: 'once', severity: 'info' },
  ]);
});

test('all agents down is critical, until one is up', () => {
  expect(news('agents.allDown', { count: 5, forMs: 1_800_000 })).toMatchObject([
    { severity: 'critical', how: 'opens', message: 'all 5 agents are down for 30 min' },
  ]);
  expect(news('agents.someUp', { count: 1 })).toMatchObject([{ how: 'clears' }]);
  for (const type of [
    'agent.escalated',
    'agent.recovered',
    'agent.recoverySlow',
    'agents.allDown',
    'agents.someUp',
  ] as const)
    expect(HEARD).toContain(type);
});

test('states that have events of their own are told once, by those', () => {
  const condition = (reason: string) =>
    news('condition.changed', { ref: REF, type: 'Degraded', from: 'False', to: 'True', reason, message: 'x' });
  expect(condition('Dead')).toMatchObject([{ severity: 'info' }]);
  expect(condition('Suspect')).toMatchObject([{ severity: 'warning' }]);
});
