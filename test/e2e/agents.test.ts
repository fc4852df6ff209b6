// The agents of examples/agents as they are lived with: killed, damaged, brought back from weekly and daily, given up on, written to.
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { agentsWorld, allWell, handledBy, isWell, post, waitingIn } from './agents-world.ts';
import { expectNothingLost } from './agents-storm.ts';
import { realm, until } from './realm.ts';

vi.setConfig({ testTimeout: 400_000 }); // agents live, die and come back in real time
const WEIGHTS = 'agents/z/skills/hot-list/priority_weights.json';

const backUp = async (dir: string, policy: string): Promise<void> => {
  const ran = await realm(dir, ['backup', 'run', policy], { timeoutMs: 120_000 });
  expect(ran, ran.stdout + ran.stderr).toMatchObject({ code: 0 });
};

test('they work; one is killed and damaged, then three at once; one cannot be brought back until a person mends it', async () => {
  const oneTry = (config: string): string => config.replace('command: [node, em.mjs]', '$&\n    attempts: 1');
  const { dir, text, write, until: untilAgents, kill, agents } = await agentsWorld(oneTry);
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  await untilAgents('all agents to live', allWell);
  const submissions = join(dir, 'agents/leroy/memory/submissions.jsonl');
  await until(
    () => existsSync(submissions) && readFileSync(submissions, 'utf8').includes('ada'),
    60_000,
    'a submission',
  );

  await backUp(dir, 'weekly');
  const charter = text('agents/z/SOUL.md');
  write(WEIGHTS, '{ "experience": 0.7, "interest": 0.3, "least": 5 }');
  await backUp(dir, 'daily');

  rmSync(join(dir, 'agents/z/SOUL.md'));
  write('agents/z/agent.mjs', 'garbage');
  write(WEIGHTS, '{');
  write('agents/z/stray.txt', 'somebody was here\n');
  appendFileSync(join(dir, 'agents/z/memory/done.jsonl'), '{"id":"after the backup"}\n');
  await kill('z');
  await untilAgents(
    'z to be recovered',
    (all) => isWell(all.get('z')) && all.get('z')!.recovery?.phase === 'recovered',
  );
  expect(text('agents/z/SOUL.md')).toBe(charter); // from the weekly one
  expect(text(WEIGHTS)).toContain('0.7'); // from the daily one, which is newer
  expect(handledBy(dir, 'z')).toContain('after the backup'); // what is only added to stays
  expect(existsSync(join(dir, 'agents/z/stray.txt'))).toBe(false); // moved aside
  const [tried] = (await agents()).get('z')!.recovery!.tries;
  expect(tried!.snapshots.map((id) => id.split('/')[0])).toEqual(['weekly', 'daily']);

  for (const name of ['z', 'jay', 'rick']) write(`agents/${name}/agent.mjs`, 'garbage');
  await kill('z', 'jay', 'rick');
  const since = new Date().toISOString();
  const isBack = (name: string) => (all: Awaited<ReturnType<typeof agents>>) =>
    isWell(all.get(name)) && all.get(name)!.recovery?.phase === 'recovered' && all.get(name)!.recovery!.began > since;
  await untilAgents('three to be recovered', (all) => ['z', 'jay', 'rick'].every((name) => isBack(name)(all)));
  const report = await agents();
  const ended = (name: string): string => report.get(name)!.recovery!.ended!;
  for (const name of ['jay', 'rick']) expect(ended(name) > ended('z'), `${name} waits for z`).toBe(true);

  renameSync(join(dir, 'agents/mailbox.mjs'), join(dir, 'mailbox.mjs')); // in no home: no backup of em brings it back
  await kill('em');
  await untilAgents('em to be given up', (all) => all.get('em')!.state === 'escalated');
  const { bundle } = (await agents()).get('em')!.recovery!;
  expect(existsSync(bundle!)).toBe(true);
  await until(
    () => existsSync(join(dir, 'alerts.jsonl')) && text('alerts.jsonl').includes(bundle!),
    60_000,
    'the alert',
  );
  expect(text('agents/em/SOUL.md')).toContain('EM'); // what was there is there
  for (const name of ['z', 'jay', 'rick', 'leroy']) expect(isWell((await agents()).get(name)), name).toBe(true);
  renameSync(join(dir, 'mailbox.mjs'), join(dir, 'agents/mailbox.mjs'));
  expect(await realm(dir, ['restart', 'service/agent-em', '--why', 'mended'])).toMatchObject({ code: 0 });
  await untilAgents('em to be heard again', (all) => isWell(all.get('em')));
});

test('the safety gate: while z is stopped nothing reaches leroy; then all of it does, in order', async () => {
  const { dir, until: untilAgents } = await agentsWorld();
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  await untilAgents('all agents to live', allWell);
  expect(await realm(dir, ['stop', 'agent/z', '--why', 'its weights are looked at'])).toMatchObject({ code: 0 });
  await untilAgents('z to be away', (all) => all.get('z')!.state === 'paused' && !all.get('z')!.alive);
  for (const id of ['gate-1', 'gate-2', 'gate-3'])
    post(dir, 'rick', { id, to: 'leroy', type: 'request', reference: 'gate', payload: { name: id } });
  await until(() => waitingIn(dir, 'agents/rick/outbox') === 0, 30_000, 'the messages to be taken up');
  const held = async (): Promise<readonly { id: string; reason: string }[]> => {
    const { stdout } = await realm(dir, ['messages', 'leroy', '--only', 'held', '--json']);
    const { messages } = JSON.parse(stdout) as { messages: readonly { id: string; reason: string }[] };
    return messages.filter(({ id }) => id.startsWith('gate-')); // rick has words of its own for leroy, which are held too
  };
  await until(async () => (await held()).length === 3, 30_000, 'three held messages');
  expect((await held())[0]!.reason).toContain('safety gate');
  expect(handledBy(dir, 'leroy')).not.toContain('gate-1');
  expect(await realm(dir, ['start', 'agent/z'])).toMatchObject({ code: 0 });
  await until(() => handledBy(dir, 'leroy').includes('gate-3'), 60_000, 'the messages to reach leroy');
  expect(handledBy(dir, 'leroy').filter((id) => ['gate-1', 'gate-2', 'gate-3'].includes(id))).toEqual([
    'gate-1',
    'gate-2',
    'gate-3',
  ]);
});

test('a storm of 1,000 messages, the router killed in the middle of it: none lost, none doubled', async () => {
  await expectNothingLost({ messages: 1_000, kills: 2, timeoutMs: 120_000 });
});
