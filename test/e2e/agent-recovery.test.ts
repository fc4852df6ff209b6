// An agent is brought back by the real daemon from real backups: older ones when the newest is bad, and whenever the daemon is killed.
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Phase } from '../../plugins/agents/recovery/row.ts';
import { damage, endAgent, killedIn, QUICK, RecoveryWorld } from './agent-recovery-world.ts';
import { realm, until } from './realm.ts';

vi.setConfig({ testTimeout: 400_000 }); // agents die and come back in real time, several times over

test('W: a daily of weights and memory is laid over the weekly one, and replaces nothing else; a bad one is taken back, and an older one brings it back', async () => {
  const world = await RecoveryWorld.make();
  const weekly = await world.save('weekly');
  world.write('memory/lessons.md', 'new lesson\n');
  const good = await world.save('daily');
  await world.run('up');
  await world.is('idle');
  appendFileSync(join(world.dir, 'agents/z/memory/log.jsonl'), 'never rolled back\n');

  damage(world);
  await endAgent(world);
  await world.until('the first recovery', ({ phase }) => phase === 'recovered');
  expect(world.recovery()!.tries.map(({ snapshots }) => snapshots)).toEqual([[weekly, good]]);
  expect(world.text('SOUL.md')).toBe('I am z');
  expect(world.text('memory/lessons.md')).toBe('new lesson\n');
  expect(world.text('memory/log.jsonl')).toContain('never rolled back');
  expect(world.has('stray.txt')).toBe(false);
  await world.is('idle');

  world.write('weights.json', 'bad, and nobody notices before the backup\n');
  const bad = await world.save('daily');
  await endAgent(world);
  await world.until('the second recovery', ({ id, phase }) => id === 'r2' && phase === 'recovered');
  expect(world.recovery()!.tries).toMatchObject([
    { top: bad, outcome: 'failed', snapshots: [weekly, bad] },
    { top: good, outcome: 'recovered', snapshots: [weekly, good] },
  ]);
  expect(world.text('weights.json')).toBe('good\n');

  // `clearing` first: what failed twice is poison, and then there is nothing to clear. All phases: test/deep.
  for (const phase of ['clearing', 'restoring'] satisfies Phase[]) {
    const ended = await killedIn(phase, world);
    expect(ended, JSON.stringify(ended)).toMatchObject({ phase: 'recovered' });
  }
});

test('W: one that cannot be brought back is escalated at once, with a bundle; it is as it was before; heard again it is over', async () => {
  const world = await RecoveryWorld.make();
  world.write('weights.json', 'bad from the beginning\n');
  const ids = [await world.save('daily'), await world.save('weekly')];
  world.write('weights.json', 'good\n');
  await world.run('up');
  await world.is('idle');
  damage(world);
  await endAgent(world);
  await world.until('the escalation', ({ phase }) => phase === 'escalated');
  const { bundle, tries } = world.recovery()!;
  expect(tries.map(({ top }) => top)).toEqual([...ids.toReversed(), null]); // no older one is left
  expect(world.text('weights.json')).toBe('broken\n');
  expect(world.has('SOUL.md')).toBe(false);
  expect(world.has('stray.txt')).toBe(true);
  const report = JSON.parse(readFileSync(join(bundle!, 'report.json'), 'utf8')) as Record<string, unknown>;
  expect(report).toMatchObject({
    agent: 'agent/z',
    exit: expect.stringMatching(/exit [34]/) as string,
    lastHeartbeat: expect.stringMatching(/Z$/) as string,
    attempts: [{ outcome: 'failed', snapshots: [ids[1]] }, { outcome: 'failed' }, { snapshots: [] }],
    nextStep: expect.stringContaining('realm recover z') as string,
  });
  expect(report['lastLines']).toContain('no soul');
  expect(readFileSync(join(bundle!, 'README.txt'), 'utf8')).toContain('was not brought back');
  await until(
    () => world.told().includes(`"severity":"critical"`) && world.told().includes(bundle!),
    30_000,
    'the alert',
    world.told,
  );
  expect(await world.agent()).toMatchObject({ state: 'escalated' });
  const byHand = await realm(world.dir, ['recover', 'z', '--why', 'a second try'], { timeoutMs: 90_000 });
  expect(byHand).toMatchObject({ code: 1, stderr: expect.stringContaining('AGENT_NOT_RECOVERED') as string });

  world.write('SOUL.md', 'I am z');
  world.write('weights.json', 'good\n');
  await world.run('restart', 'agent-z');
  await world.is('idle');
  await world.until('the end of the escalation', ({ phase }) => phase === 'recovered'); // it lives before that is written
});

test('an agent that hangs is silent and so dead; paused it is left alone; by hand it comes back from what was named', async () => {
  const world = await RecoveryWorld.make(QUICK.replace('file: true', 'file: true, token: true'));
  const weekly = await world.save('weekly');
  await world.run('up');
  await world.is('idle');

  // A token of its own, for itself alone.
  const token = readFileSync(join(world.dir, '.realm/data/agents/z/token'), 'utf8').trim();
  expect(await realm(world.dir, ['beat', 'z', '--token', 'guessed'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('AGENT_TOKEN_WRONG') as string,
  });
  await world.run('beat', 'z', '--token', token, '--is', 'busy');
  expect(await realm(world.dir, ['recover', 'nobody'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('AGENT_UNKNOWN') as string,
  });

  await world.run('pause', 'agent/z', '--why', 'somebody looks at it');
  const { services } = JSON.parse(await world.run('ps', '--json')) as { services: { ref: string; pid: number }[] };
  const { pid } = services.find(({ ref }) => ref === 'service/agent-z')!;
  process.kill(pid, 'SIGSTOP');
  await until(async () => !(await world.agent()).alive, 60_000, 'its silence');
  expect(await world.agent()).toMatchObject({ state: 'paused' });
  expect(world.recovery()).toBeNull();
  expect(await realm(world.dir, ['recover', 'z'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('is left alone') as string,
  });
  await world.run('resume', 'agent/z', '--why', 'seen');
  await world.until('the recovery', ({ phase }) => phase === 'recovered');
  expect(world.recovery()).toMatchObject({ by: 'death', why: expect.stringContaining('last heard') as string });
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  await world.is('idle', 'busy');

  // One flipped byte in the newest, and no other copy: that one is not used, and it is said.
  const older = weekly;
  world.write('memory/lessons.md', 'newer lesson\n');
  const newer = await world.save('weekly');
  const file = join(world.dir, 'backups', newer, 'data/agents/z/memory/lessons.md');
  execFileSync('chmod', ['u+w', file]);
  rmSync(file);
  writeFileSync(file, 'Newer lesson\n');
  await realm(world.dir, ['backup', 'verify', 'weekly', '--deep'], { timeoutMs: 60_000 });
  expect(await world.run('recover', 'z', '--dry-run', '--from', 'weekly')).toContain(`${newer} is damaged`);
  await world.run('recover', 'z', '--from', 'weekly', '--why', 'a test');
  const { tries } = world.recovery()!;
  expect(tries[0]).toMatchObject({ snapshots: [older], outcome: 'recovered' });
  expect(tries[0]!.remarks.join('\n')).toContain(`${newer} is damaged`);
  expect(world.text('memory/lessons.md')).toBe('old lesson\n');
  const safety = readdirSync(join(world.dir, 'backups/weekly')).filter((name) => /^\d{4}-/.test(name));
  expect(safety.length).toBeGreaterThan(2); // what was there before each restore was saved first
});
