// Messages through the doors that people use: a real daemon, its command line, its socket by curl, and no daemon at all.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../core/clock.ts';
import { acquire, read } from '../../../../core/daemon/lease.ts';
import { systemRandom } from '../../../../core/random.ts';
import { realm, tempRealm, until, watch } from '../../../e2e/realm.ts';

const YAML = `plugins: [services, agents]
agents:
  a: { home: agents/a, command: [sleep, '1000'] }
  b: { home: agents/b, command: [sleep, '1000'] }
messages: { most: 3, rules: [{ when: { type: riddle }, then: hold, why: nobody knows the answer }] }
`;

interface Row {
  readonly id: string;
  readonly state: string;
  readonly reason: string;
  readonly sequence: number;
}

async function folder(): Promise<string> {
  const dir = await tempRealm({ 'realm.config.yaml': YAML, 'agents/a/SOUL.md': '', 'agents/b/SOUL.md': '' });
  onTestFinished(async () => void (await realm(dir, ['down', '--services'])));
  return dir;
}

async function rows(dir: string, ...args: readonly string[]): Promise<readonly Row[]> {
  const { stdout, stderr } = await realm(dir, ['messages', ...args, '--json']);
  if (stdout === '') throw new Error(stderr);
  const { version, messages } = JSON.parse(stdout) as { version: number; messages: readonly Row[] };
  expect(version).toBe(1);
  return messages;
}

const codeOf = async (dir: string, ...args: readonly string[]): Promise<string> => {
  const { stderr, stdout, code } = await realm(dir, ['messages', ...args]);
  expect(code).not.toBe(0);
  return `${stderr}${stdout}`;
};

test('sent, listed, received and settled by hand; each wrong word has its code', { timeout: 240_000 }, async () => {
  const dir = await folder();
  expect(await realm(dir, ['up', '--until-ready'])).toMatchObject({ code: 0 });
  await realm(dir, ['messages', 'send', 'b', 'hello', '--id', 'm1', '--type', 'REQUEST', '--from', 'a']);
  await realm(dir, ['messages', 'send', 'b', 'what is it?', '--id', 'm2', '--type', 'riddle']);
  await realm(dir, ['messages', 'send', 'bb', 'lost', '--id', 'm3']);
  const state = async (): Promise<string> => (await rows(dir)).map((row) => `${row.id} ${row.state}`).join(', ');
  await until(async () => (await state()) === 'm1 routed, m2 held, m3 dead', 60_000, 'all to be decided');
  expect(await rows(dir, 'a')).toMatchObject([{ id: 'm1', reason: 'b is alive', sequence: 1 }]);
  expect(await rows(dir, '--only', 'held')).toMatchObject([{ id: 'm2', reason: 'nobody knows the answer' }]);

  const curl = (action: string, input: object): unknown =>
    JSON.parse(
      execFileSync(
        'curl',
        [
          '-s',
          '--unix-socket',
          join(dir, '.realm/realm.sock'),
          '-H',
          'content-type: application/json',
          '-d',
          JSON.stringify({ input }),
          `http://realm/api/actions/${action}`,
        ],
        { encoding: 'utf8' },
      ),
    );
  expect(curl('agents.messages.receive', { agent: 'b' })).toMatchObject({
    output: { messages: [{ id: 'm1', from: 'a', to: 'b', type: 'request', payload: 'hello', sequence: 1 }] },
  });
  expect(curl('agents.messages.ack', { agent: 'b', ids: ['m1'] })).toMatchObject({ output: { acknowledged: 1 } });
  expect(readdirSync(join(dir, 'agents/b/inbox'))).toEqual([]);
  expect(curl('agents.messages.send', { to: 'b', id: 'm4', payload: { deep: [1] } })).toMatchObject({
    output: { id: 'm4' },
  });

  expect(await codeOf(dir, 'ack', 'b', 'm2')).toContain('MESSAGE_UNSUITED');
  expect(await codeOf(dir, 'retry', 'nothing')).toContain('MESSAGE_UNKNOWN');
  expect(await codeOf(dir, 'replay', 'c', '--after', '0')).toContain('AGENT_UNKNOWN');
  expect(await codeOf(dir, 'send', 'b', '--timestamp', 'soon')).toContain('MESSAGE_REFUSED');
  await realm(dir, ['messages', 'send', 'b', 'one more']);
  expect(await codeOf(dir, 'send', 'b', 'too much')).toContain('MESSAGES_FULL');

  expect(await realm(dir, ['messages', 'drop', 'm2', '--yes'])).toMatchObject({ code: 0 });
  await realm(dir, ['messages', 'retry', 'm3']);
  await until(
    async () => (await rows(dir, '--only', 'dead')).some(({ id }) => id === 'm3'),
    60_000,
    'm3 to be dead again',
  );
  expect(await rows(dir, '--only', 'dropped')).toMatchObject([{ id: 'm2', reason: 'a person said so' }]);
  const events = await realm(dir, ['events']);
  expect(events.stdout).toContain(`message m3 is a person's to look at: no agent is called "bb"`);
});

test(
  'without a daemon it is taken and kept, and carried by the next one; an edited rule counts at once',
  { timeout: 240_000 },
  async () => {
    const dir = await folder();
    expect(await realm(dir, ['messages'])).toMatchObject({ code: 0, stdout: 'None.\n' });
    expect(existsSync(join(dir, 'messages')), 'looking makes nothing').toBe(false);
    await realm(dir, ['messages', 'send', 'b', 'hello', '--id', 'm1']);
    expect(await rows(dir)).toMatchObject([{ id: 'm1', state: 'accepted' }]);
    expect(await realm(dir, ['up', '--until-ready'])).toMatchObject({ code: 0 });
    await until(async () => (await rows(dir))[0]!.state === 'routed', 60_000, 'it to be routed');
    expect(readdirSync(join(dir, 'agents/b/inbox'))).toEqual(['000000000001-m1.json']);

    await realm(dir, ['messages', 'send', 'b', 'what is it?', '--id', 'm2', '--type', 'riddle']);
    await until(async () => (await rows(dir, '--only', 'held')).length === 1, 60_000, 'the riddle to be held');
    writeFileSync(join(dir, 'realm.config.yaml'), YAML.replace('then: hold', 'then: route'));
    expect(await realm(dir, ['reload'])).toMatchObject({ code: 0 });
    await until(
      async () => (await rows(dir, '--only', 'routed')).length === 2,
      60_000,
      'an edited rule to be in force',
    );
    expect((await realm(dir, ['plugin', 'list'])).stdout).not.toContain('degraded');
  },
);

test('sent while another command is at work, and a daemon takes the realm first: the daemon is asked', async () => {
  const dir = await folder();
  const stateDir = join(dir, '.realm');
  const { signal } = new AbortController();
  const parts = { clock: systemClock, random: systemRandom, signal };
  const other = await acquire({ stateDir, purpose: 'realm apply', ...parts });
  const sending = watch(dir, ['messages', 'send', 'b', 'hello', '--id', 'm1']);
  await sending.prints('waiting for process');
  process.kill(sending.pid, 'SIGSTOP'); // so that the daemon is first
  const up = realm(dir, ['up']);
  await other.release();
  expect(await up).toMatchObject({ code: 0 });
  expect(await read(stateDir, systemClock)).toMatchObject({ purpose: 'daemon' });
  process.kill(sending.pid, 'SIGCONT');
  await until(async () => (await rows(dir)).some(({ id }) => id === 'm1'), 60_000, 'it to be sent');
  expect(await sending.ended).toMatchObject({ code: 0 });
});
