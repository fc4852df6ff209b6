// How an agent stands between two passes: what its list shows, and whether a gate may stand open for it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Context } from '../../../core/contract/context.ts';
import type { StandingCondition } from '../../../core/plugin.ts';
import { type Agent, Pulse } from '../../../plugins/agents/pulse.ts';
import { isThere, standingOf } from '../../../plugins/agents/standing.ts';
import { specOf } from './world.ts';

const is = (type: string, status: 'True' | 'False', since: number): StandingCondition => ({
  type,
  status,
  reason: type,
  message: '',
  since,
});

test('a gate closes with the service, though the agent was heard a moment ago, and opens when it is heard again', () => {
  const home = mkdtempSync(join(tmpdir(), 'realm-standing-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const beat = (): void => writeFileSync(join(home, 'heartbeat.json'), '{}');
  const [began, pulse] = [Date.now() - 1_000, new Pulse()];
  let service = [is('Started', 'True', began), is('Ready', 'True', began)];
  const ctx = {
    now: () => Date.now(),
    rows: { get: () => undefined, list: () => [] },
    paths: { root: home },
    resources: () => [],
    conditions: (ref: string) => (ref === 'service/agent-z' ? service : []),
    runs: () => [],
  } as unknown as Context;
  const z = { ref: 'agent/z', name: 'z', spec: specOf({ home }), overrides: [], after: [] } as unknown as Agent;
  beat();
  expect([standingOf(z, pulse, ctx).state, isThere(z, pulse, ctx)]).toEqual(['alive', true]);
  service = [is('Started', 'False', Date.now()), is('Ready', 'False', Date.now())];
  expect([standingOf(z, pulse, ctx).state, isThere(z, pulse, ctx)]).toEqual(['alive', false]);
  const again = Date.now() + 1_000; // the file has its time from another clock
  service = [is('Started', 'True', again), is('Ready', 'True', again)];
  ctx.now = () => again + 10;
  expect([standingOf(z, pulse, ctx).state, isThere(z, pulse, ctx)]).toEqual(['starting', false]);
});
