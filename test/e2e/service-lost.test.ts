// A service whose folder is deleted while it runs: found by what the machine knows, and never started beside itself.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { mayGoFirst } from '../autogroup.ts';
import { HANGS_MS, isRunning, realm, tempRealm, until } from './realm.ts';
import { body, isLiving, killAll, processesOf, servicesOf, tokensOf } from './service-world.ts';

vi.setConfig({ testTimeout: 240_000 });

async function begun(): Promise<string> {
  const dir = await tempRealm({
    'realm.config.yaml':
      'plugins: [services]\nservices:\n  web: { command: [sh, body.sh, web, quiet] }\n  db: { command: [sh, body.sh, db, quiet] }\n',
    'body.sh': body,
    'tokens/.keep': '',
  });
  onTestFinished(() => killAll(dir));
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  onTestFinished(async () => void (await realm(dir, ['down', '--services'])));
  const areUp = (): boolean => ['web', 'db'].every((name) => tokensOf(dir, name).length === 1);
  await until(areUp, HANGS_MS, 'both to run');
  return dir;
}

const killDaemon = async (dir: string): Promise<void> => {
  const { pid } = JSON.parse(readFileSync(join(dir, '.realm/lease.json'), 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
  await until(() => !isRunning(pid), HANGS_MS, 'the daemon to end'); // on a busy machine that takes a moment
};

const isKnown = async (dir: string, name: string): Promise<boolean> => {
  const row = (await servicesOf(dir)).get(name);
  const [token] = tokensOf(dir, name).slice(-1);
  return row?.state === 'running' && token !== undefined && row.pid === Number.parseInt(token, 10);
};

test('its folder deleted, then the daemon killed: the next one finds what runs, and hears how it ends', async () => {
  const dir = await begun();
  rmSync(join(dir, '.realm/data/services/web'), { recursive: true });
  await killDaemon(dir);
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  await until(() => isKnown(dir, 'web'), HANGS_MS, 'web to be known again');
  const [first] = tokensOf(dir, 'web');
  expect(isLiving(first!)).toBe(true);
  expect(tokensOf(dir, 'web')).toHaveLength(1);
  process.kill(Number.parseInt(first!, 10), 'SIGKILL');
  await until(() => tokensOf(dir, 'web').length === 2, HANGS_MS, 'web to run anew');
  const isTold = async (): Promise<boolean> =>
    (await realm(dir, ['events', '--json', '--ref', 'service/web'])).stdout.includes('signal 9');
  await until(isTold, HANGS_MS, 'its end to be told'); // it is started again first of all
  const sleeps = (): number =>
    processesOf(dir).filter(({ service, command }) => service === 'web' && command.startsWith('sleep')).length;
  await until(() => sleeps() === 1, HANGS_MS, 'one web to have become its program');
  expect(tokensOf(dir, 'web')).toHaveLength(2);
});

test('the whole state deleted under a daemon that is then killed: nothing runs twice', async () => {
  const dir = await begun();
  await killDaemon(dir);
  rmSync(join(dir, '.realm'), { recursive: true });
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  for (const name of ['web', 'db']) await until(() => isKnown(dir, name), HANGS_MS, `${name} to be known again`);
  for (const name of ['web', 'db']) expect(tokensOf(dir, name)).toHaveLength(1);
});

test('its folder and its shim gone: what is left is ended before it is started anew', async () => {
  const dir = await begun();
  const [first] = tokensOf(dir, 'web');
  await killDaemon(dir);
  const shim = processesOf(dir).find(({ service, command }) => service === 'web' && command.includes('shim.sh'));
  process.kill(shim!.pid, 'SIGKILL');
  rmSync(join(dir, '.realm/data/services/web'), { recursive: true });
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  await until(() => tokensOf(dir, 'web').length === 2, HANGS_MS, 'web to run anew'); // throws when it saw another
  expect(isLiving(first!)).toBe(false);
});

test.runIf(mayGoFirst)(
  'when all want the processor the daemon goes first; what it runs has the share of everybody',
  async () => {
    const dir = await begun();
    const niceOf = (pid: number): string =>
      readFileSync(`/proc/${pid}/autogroup`, 'utf8')
        .replace(/.* nice /, '')
        .trim();
    const { pid } = JSON.parse(readFileSync(join(dir, '.realm/lease.json'), 'utf8')) as { pid: number };
    expect(niceOf(pid)).toBe('-15');
    expect(niceOf(Number.parseInt(tokensOf(dir, 'web')[0]!, 10))).toBe('0');
  },
);
