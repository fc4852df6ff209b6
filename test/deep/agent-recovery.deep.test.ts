// An agent comes back whenever the daemon is killed: in each phase of its recovery, with real processes and real backups.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Phase } from '../../plugins/agents/recovery/row.ts';
import { endAgent, killedIn, RecoveryWorld } from '../e2e/agent-recovery-world.ts';

vi.setConfig({ testTimeout: 600_000 });

test('killed in each phase', async () => {
  const world = await RecoveryWorld.make();
  await world.save('weekly');
  await world.save('daily');
  world.write('weights.json', 'bad, and saved\n');
  await world.save('daily');
  world.write('weights.json', 'good\n');
  await world.run('up');
  for (const phase of ['clearing', 'starting', 'stopping', 'restoring'] satisfies Phase[]) {
    const ended = await killedIn(phase, world);
    expect(ended, `${phase}: ${JSON.stringify(ended)}`).toMatchObject({ phase: 'recovered' });
  }
});

test('ended with everything in the middle of its restore it goes on when the realm is up again', async () => {
  const world = await RecoveryWorld.make();
  mkdirSync(join(world.dir, 'agents/z/many'));
  for (let file = 0; file < 4_000; file++) world.write(`many/${file}`, String(file)); // so that it takes its time
  await world.save('weekly');
  await world.run('up');
  await world.is('idle');
  world.write('weights.json', 'bad\n');
  await endAgent(world);
  await world.until('phase restoring', ({ phase }) => phase === 'restoring');
  await world.run('down', '--services');
  expect(await world.run('runs')).toMatch(/cancelled +backup\.recover/);
  await world.run('up');
  await world.until('the recovery', ({ endedAt }) => endedAt !== null);
  expect(world.recovery()).toMatchObject({ phase: 'recovered', attempts: 1, lost: 1 });
});
