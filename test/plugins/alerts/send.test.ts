// Each sort of target gets its message as promised; what goes wrong is said without addresses, and leaves nothing running.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testRealm, type TestRealm } from 'realm-runner/testing';
import { expect, test } from 'vitest';
import alerts from '../../../plugins/alerts/index.ts';
import { bodyOf } from '../../../plugins/alerts/message.ts';
import { type Item, itemOf } from '../../../plugins/alerts/outbox.ts';
import { send } from '../../../plugins/alerts/send.ts';
import type { AlertSpec, Target } from '../../../plugins/alerts/spec.ts';
import { type Resource, Secret } from 'realm-runner/plugin';
import { receiver } from './receiver.ts';

const item = (message: string, state = 'crashlooping'): Item => {
  const [subject, hint] = ['service/web', 'realm why service/web'];
  return itemOf(`test-${state}`, { subject, state, message, hint, topic: '', severity: 'critical', how: 'once' }, 0, 0);
};

async function told(realm: TestRealm, target: unknown, items: readonly Item[], signal?: AbortSignal): Promise<void> {
  const isDecoded = JSON.stringify(target).includes('(secret ');
  const want = realm.want(
    'alert',
    { to: [isDecoded ? 'desktop' : target], timeout: '2m' },
    'phone',
  ) as Resource<AlertSpec>;
  const ctx = realm.contextFor('alert', signal);
  await send(want, isDecoded ? (target as Target) : want.spec.to[0]!, bodyOf(items, ctx), ctx);
}

const open = (secrets = {}) => testRealm({ plugins: alerts, clock: 'system', secrets });

test('a command gets JSON on its input and the parts in variables, and no shell reads its words', async () => {
  await using realm = await open();
  const out = join(realm.root, 'out');
  writeFileSync(
    join(realm.root, 'tell'),
    `#!/bin/sh\ncat > ${out}\nprintf '%s|%s|%s' "$1" "$REALM_ALERT_STATE" "$REALM_ALERT_MESSAGE" >> ${out}\n`,
    { mode: 0o755 },
  );
  await told(realm, { command: [join(realm.root, 'tell'), '$(id); "x"'] }, [item('bad\u0000 news')]);
  const text = readFileSync(out, 'utf8');
  const end = text.lastIndexOf('}') + 1;
  expect(JSON.parse(text.slice(0, end))).toMatchObject({
    subject: 'service/web',
    items: [{ id: 'test-crashlooping' }],
  });
  expect(text.slice(end)).toBe('$(id); "x"|crashlooping|bad\uFFFD news');
});

test('a command that fails says how it ended and its last words', async () => {
  await using realm = await open();
  const failing = ['/bin/sh', '-c', 'echo no route >&2; exit 3'];
  await expect(told(realm, { command: failing }, [item('x')])).rejects.toThrow('exit 3: no route');
  await expect(told(realm, { command: ['/no/such/program'] }, [item('x')])).rejects.toThrow(/127.*no\/such\/program/s);
});

test('one that takes too long is killed with all it started, and the next try starts anew', async () => {
  await using realm = await open();
  const pids = join(realm.root, 'pids');
  const script = `echo $$ >> ${pids}; sleep 1000 & echo $! >> ${pids}; setsid sleep 1000 & echo $! >> ${pids}; wait`;
  const late = new AbortController();
  const telling = told(realm, { command: ['/bin/sh', '-c', script] }, [item('x')], late.signal).catch(String);
  const linesOf = (): string[] => (existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n') : []);
  await expect.poll(() => linesOf().length, { timeout: 60_000 }).toBe(3);
  late.abort(new Error('too late'));
  expect(await telling).toContain('too late');
  const started = linesOf().map(Number);
  await expect.poll(() => started.filter(isAlive), { timeout: 60_000 }).toEqual([]);
  await told(realm, { command: ['/bin/true'] }, [item('x')]);
});

test('one that a daemon left running when it died is ended before its message goes out again', async () => {
  await using realm = await open();
  const pids = join(realm.root, 'pids');
  const script = `if [ -e ${realm.root}/again ]; then echo $$ >> ${pids}; else echo $$ >> ${pids}; exec sleep 1000; fi`;
  const death = new AbortController();
  const telling = told(realm, { command: ['/bin/sh', '-c', script] }, [item('x')], death.signal).catch(String);
  const hasSaid = (): boolean => existsSync(pids) && readFileSync(pids, 'utf8').endsWith('\n');
  await expect.poll(hasSaid, { timeout: 60_000 }).toBe(true);
  realm.restart();
  writeFileSync(join(realm.root, 'again'), '');
  await told(realm, { command: ['/bin/sh', '-c', script] }, [item('x')]);
  const [first = 0, second] = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
  expect(second).toBeGreaterThan(0);
  await expect.poll(() => isAlive(first), { timeout: 60_000 }).toBe(false);
  death.abort(new Error('dead'));
  await telling;
});

test('a file gets one line for each message, also after one that was left half written', async () => {
  await using realm = await open();
  const path = join(realm.root, 'told.jsonl');
  await told(realm, { file: 'told.jsonl' }, [item('a'), item('b', 'recovered')]);
  writeFileSync(path, `${readFileSync(path, 'utf8')}{"version":1,"real`);
  await told(realm, { file: 'told.jsonl' }, [item('c')]);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  expect([0, 1, 3].map((at) => (JSON.parse(lines[at]!) as Item).message)).toEqual(['a', 'b', 'c']);
  await expect(told(realm, { file: 'no/folder/here' }, [item('d')])).rejects.toThrow('ENOENT');
});

test('a desktop without notify-send says so', async () => {
  await using realm = await open();
  const path = process.env['PATH'];
  process.env['PATH'] = realm.root;
  try {
    await expect(told(realm, 'desktop', [item('x')])).rejects.toThrow(/127.*notify-send/s);
    writeFileSync(
      join(realm.root, 'notify-send'),
      `#!/bin/sh\nfor word; do echo "<$word>"; done > ${realm.root}/shown\n`,
      { mode: 0o755 },
    );
    await told(realm, 'desktop', [item('x')]);
  } finally {
    process.env['PATH'] = path;
  }
  expect(readFileSync(join(realm.root, 'shown'), 'utf8')).toContain(
    '<--urgency=critical>\n<-->\n<service/web: crashlooping>\n',
  );
});

test('a webhook takes the forms of others, and headers with secrets', async () => {
  const phone = await receiver();
  await using realm = await open({ pass: 'hunter22' });
  for (const as of ['slack', 'discord', 'text'])
    await told(realm, { webhook: phone.url, as, headers: { authorization: new Secret('pass') } }, [
      item('x'.repeat(3_000)),
    ]);
  const [slack, discord, text] = phone.got.map((got) => got.text);
  expect(JSON.parse(slack!)).toEqual({ text: expect.stringMatching(/^\[critical\] service\/web: xxx/) as string });
  expect((JSON.parse(discord!) as { content: string }).content.length).toBeLessThanOrEqual(2_000);
  expect(text).toMatch(/\n→ realm why service\/web\n\(test on .*\)$/s);
  expect(phone.got.map(({ headers }) => headers['authorization'])).toEqual(Array(3).fill('hunter22'));
});

test('no error shows a URL, a secret or a header', async () => {
  const phone = await receiver();
  const secrets = {
    url: 'http://user:very-secret@127.0.0.1:1/very-secret',
    odd: 'very-secret',
    header: 'very-secret\u0000',
  };
  await using realm = await open(secrets);
  phone.mood = 500;
  const targets = [
    { webhook: phone.url },
    { webhook: new Secret('url'), as: 'json', headers: {} },
    { webhook: new Secret('odd'), as: 'json', headers: {} },
    { webhook: phone.url, as: 'json', headers: { authorization: new Secret('header') } },
    { webhook: 'http://127.0.0.1:1/very-secret' },
    { webhook: 'http://no-such-host.invalid/very-secret' },
  ];
  for (const target of targets) {
    const why = await told(realm, target, [item('x')]).then(
      String,
      (error: Error) => `${error.message} ${error.stack} ${String(error.cause)}`,
    );
    expect(why).toMatch(/it |its /);
    expect(why).not.toContain('very-secret');
  }
});

const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
