// What takes too long is told, once each: a recovery of more than a quarter of an hour, and half an hour without any agent.
import { expect, test } from 'vitest';
import type { Context } from '../../../core/plugin.ts';
import { ALL_DOWN_MS, oversee, SLOW_MS } from '../../../plugins/agents/oversee.ts';
import { MIN, NOW, recoveryOf, specOf } from './world.ts';

interface Stage {
  now: number;
  readonly rows: Map<string, unknown>;
  readonly readySince: Map<string, { status: string; reason: string; since: number }>;
  readonly told: string[];
  /** Those of agents that an operator spoke of. */
  services: readonly object[];
  look(): Promise<void>;
}

function stage(...names: readonly string[]): Stage {
  const rows = new Map<string, unknown>();
  const readySince = new Map(names.map((name) => [name, { status: 'True', reason: '', since: NOW }]));
  const told: string[] = [];
  const agents = names.map((name) => ({ ref: `agent/${name}`, name, spec: specOf(), overrides: [] }));
  const self: Stage = {
    now: NOW,
    rows,
    readySince,
    told,
    services: [],
    async look() {
      const ctx = {
        now: () => self.now,
        every: async function* () {
          yield;
        },
        resources: (kind: string) => (kind === 'agent' ? agents : self.services),
        conditions: (ref: string) => [{ type: 'Ready', message: '', ...readySince.get(ref.slice(6))! }],
        rows: {
          get: (key: string) => rows.get(key),
          set: (key: string, value: unknown) => rows.set(key, value),
          delete: (key: string) => rows.delete(key),
        },
        emit: (type: string, data: object) => told.push(`${type} ${JSON.stringify(data)}`),
      };
      await oversee(ctx as unknown as Context);
    },
  };
  return self;
}

test('a recovery that takes more than 15 minutes is told once', async () => {
  const one = stage('z');
  one.rows.set('recovery/z', recoveryOf({ beganAt: NOW }));
  for (const ms of [0, SLOW_MS - 1, SLOW_MS, SLOW_MS + MIN, 60 * MIN]) {
    one.now = NOW + ms;
    await one.look();
  }
  expect(one.told).toEqual([`agent.recoverySlow {"ref":"agent/z","id":"r1","forMs":${SLOW_MS}}`]);
  one.rows.set('recovery/z', recoveryOf({ phase: 'recovered', endedAt: one.now }));
  await one.look();
  expect(one.told).toHaveLength(1);
});

test('all agents down for half an hour is told once, and so is that one is up again', async () => {
  const one = stage('z', 'jay');
  const is = (name: string, status: string): void =>
    void one.readySince.set(name, { status, reason: '', since: one.now });
  is('z', 'False');
  one.now += 60 * MIN;
  await one.look(); // jay lives
  expect(one.told).toEqual([]);
  is('jay', 'False');
  one.now += ALL_DOWN_MS - 1;
  await one.look();
  expect(one.told).toEqual([]);
  one.now += 1;
  await one.look();
  await one.look();
  expect(one.told).toEqual([`agents.allDown {"count":2,"forMs":${ALL_DOWN_MS}}`]);
  is('z', 'True');
  await one.look();
  await one.look();
  expect(one.told.slice(1)).toEqual(['agents.someUp {"count":1}']);
});

test('what nobody has looked at is not known to be down', async () => {
  const one = stage('z', 'jay');
  one.readySince.set('z', { status: 'False', reason: '', since: NOW });
  one.readySince.set('jay', { status: 'Unknown', reason: '', since: NOW });
  one.now += 24 * 60 * MIN;
  await one.look();
  expect(one.told).toEqual([]);
});

test('what is disabled, or lives on another host, is not down', async () => {
  const one = stage('z', 'jay');
  one.readySince.set('z', { status: 'False', reason: 'Disabled', since: NOW });
  one.readySince.set('jay', { status: 'False', reason: 'Elsewhere', since: NOW });
  one.now += 24 * 60 * MIN;
  await one.look();
  expect(one.told).toEqual([]);
});

test('nor is what a person stopped, be it the agent or its service', async () => {
  const one = stage('z');
  one.readySince.set('z', { status: 'False', reason: 'Suspect', since: NOW });
  one.services = [{ ref: 'service/agent-z', overrides: [{ effect: 'stop', why: 'a test', actor: 'user:ann' }] }];
  one.now += 24 * 60 * MIN;
  await one.look();
  expect(one.told).toEqual([]);
  one.services = [];
  await one.look();
  expect(one.told).toHaveLength(1);
});
