// What is read from the conditions of a service: whether its home may be touched, and whose word it is that it failed.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Context, StandingCondition } from '../../../core/plugin.ts';
import { conditionsOf } from '../../../plugins/agents/conditions.ts';
import { observe, restoreKey, serviceFacts } from '../../../plugins/agents/observe.ts';
import { type Agent, Pulse } from '../../../plugins/agents/pulse.ts';
import type { Recovery } from '../../../plugins/agents/recovery/row.ts';
import { NOW, recoveryOf, specOf } from './world.ts';

const is = (type: string, status: string, reason = '', message = '', since = NOW): StandingCondition =>
  ({ type, status, reason, message, since }) as StandingCondition;
const of = (...conditions: StandingCondition[]) => serviceFacts(conditions, 'agent/z');

test('its home may be touched only when it was looked at since the agent said no, and nothing of it runs', () => {
  const kept = is('Ready', 'False', 'DependencyLost', 'agent/z was lost');
  expect(of(kept, is('Started', 'False')).isDown).toBe(true);
  expect(of(is('Ready', 'False', 'Waiting', 'waits for agent/z to be started'), is('Started', 'False')).isDown).toBe(
    true,
  );
  // It is on its way down.
  expect(of(kept, is('Started', 'False'), is('Progressing', 'True')).isDown).toBe(false);
  expect(of(kept, is('Started', 'True')).isDown).toBe(false);
  // It waits for something else, or pauses: nobody knows whether it has heard.
  expect(of(is('Ready', 'False', 'Waiting', 'waits for agent/y to be ready'), is('Started', 'False')).isDown).toBe(
    false,
  );
  expect(of(is('Ready', 'False', 'Backoff', 'exit 1'), is('Started', 'False')).isDown).toBe(false);
  expect(of().isDown).toBe(false);
  // Nothing starts it again: it waits for nobody. A crash loop starts again after its pause.
  expect(of(is('Completed', 'True', '', 'completed (exit 0)'), is('Started', 'False')).isDown).toBe(true);
  expect(of(is('Stalled', 'True', 'Exited', 'exit 3'), is('Started', 'False')).isDown).toBe(true);
  expect(of(is('Stalled', 'True', 'Override', 'hold'), is('Started', 'False')).isDown).toBe(false);
  expect(of(is('CrashLoop', 'True', '', 'ended 5 times'), is('Started', 'False')).isDown).toBe(false);
});

test('a crash loop, an end for good and a good end are failures; what an operator or the kernel holds is none', () => {
  expect(
    of(is('CrashLoop', 'True', '', 'ended 5 times in a row, last: exit 3; starts again at noon\nlast words')),
  ).toMatchObject({
    failed: 'its service ended 5 times in a row, last: exit 3',
    failedSince: NOW,
  });
  expect(of(is('Stalled', 'True', 'Exited', 'exit 3')).failed).toBe('its service failed: exit 3');
  expect(of(is('Completed', 'True', '', 'completed (exit 0)')).failed).toBe('its service completed (exit 0)');
  for (const reason of ['Override', 'ApprovalNeeded', 'StoreFull', 'ObserveOnly'])
    expect(of(is('Stalled', 'True', reason, 'held')).failed).toBeNull();
  expect(of(is('CrashLoop', 'False', '', 'ended 5 times')).failed).toBeNull();
});

const agent = (name: string, home = specOf().home): Agent =>
  ({ ref: `agent/${name}`, name, spec: { ...specOf(), home }, overrides: [], after: [] }) as unknown as Agent;
const nowhere = {
  now: () => NOW,
  paths: { root: '/realm', data: '/realm/.realm' },
  rows: { get: () => undefined, list: () => [] },
  runs: () => [],
  resources: () => [],
  conditions: () => [],
} as unknown as Context;

test('what its home is: gone only when that is known, and a link is told', () => {
  const dir = mkdtempSync(join(tmpdir(), 'realm-home-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const factsOf = (name: string) => observe(agent('z', join(dir, name)), new Pulse(), nowhere);
  mkdirSync(join(dir, 'real'));
  writeFileSync(join(dir, 'file'), '');
  symlinkSync('real', join(dir, 'link'));
  symlinkSync('loop', join(dir, 'loop'));
  const is = (name: string) => ({ home: factsOf(name).home, isLink: factsOf(name).isLink });
  expect(is('real')).toEqual({ home: 'there', isLink: false });
  expect(is('link')).toEqual({ home: 'there', isLink: true });
  expect(is('file')).toEqual({ home: 'no folder', isLink: false });
  expect(is('loop')).toEqual({ home: 'no folder', isLink: true });
  expect(is('none')).toEqual({ home: 'missing', isLink: false });
  expect(is('file/none')).toEqual({ home: 'missing', isLink: false });
  expect(is('x'.repeat(300))).toEqual({ home: 'there', isLink: false }); // the system does not say: as on a share that hangs
  const told = conditionsOf(specOf(), factsOf('link'), NOW).filter(({ type }) => type === 'HomeLinked');
  expect(told).toMatchObject([{ status: 'True', message: expect.stringContaining('a link') as string }]);
});

test('renamed in the middle of its recovery it does not start before its home is put back', () => {
  const old = recoveryOf({ phase: 'restoring', attempts: 1, home: specOf().home });
  const startedIn = (one: Recovery, endedAt: number | null, declared: readonly string[] = ['new']): string => {
    const agents = declared.map((name) => agent(name));
    const run = { id: 'x', key: restoreKey('old', one), state: endedAt === null ? 'running' : 'succeeded', endedAt };
    const facts = observe(agents[0]!, new Pulse(), {
      ...nowhere,
      rows: { get: () => undefined, list: () => [{ key: 'recovery/old', value: one }] },
      runs: (prefix: string) => (run.key.startsWith(prefix) ? [run] : []),
      resources: (kind: string) => (kind === 'agent' ? agents : []),
    } as unknown as Context);
    const [started] = conditionsOf(specOf(), { ...facts, home: 'there' }, NOW).filter(({ type }) => type === 'Started');
    return started!.reason;
  };
  expect(startedIn(old, null)).toBe('Recovering');
  expect(startedIn(old, NOW)).toBe('HomeThere');
  expect(startedIn({ ...old, home: '/elsewhere' }, null)).toBe('HomeThere');
  expect(startedIn({ ...old, phase: 'starting' }, null)).toBe('HomeThere');
  expect(startedIn(old, null, ['new', 'old'])).toBe('HomeThere'); // it has another home now
});
