// A full disk of state under services that run: what dies is started again, the reason is said, and nothing is lost.
import { mkdirSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { ServiceRow } from '../../plugins/services/verbs/ps.ts';
import { fill } from '../plugins/services/fill.ts';
import { HANGS_MS, realm, tempRealm, until } from './realm.ts';
import { body, isLiving, killAll, servicesOf, tokensOf } from './service-world.ts';

vi.setConfig({ testTimeout: 300_000 });

test('a full disk of state: what dies runs again and can be seen, and once there is room all is told', async (context) => {
  const dir = await tempRealm({
    'realm.config.yaml':
      'plugins: [services]\nservices:\n  web: { command: [sh, body.sh, web, quiet] }\n  db: { command: [sh, body.sh, db, quiet], after: [service/web] }\n',
    'body.sh': body,
    'tokens/.keep': '',
  });
  const state = join(dir, '.realm');
  mkdirSync(state, { mode: 0o700 });
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=0700', 'tmpfs', state]).status !== 0) {
    console.warn('NOT RUN: no tmpfs can be mounted here, so no disk could be filled');
    return context.skip();
  }
  onTestFinished(() => void spawnSync('umount', ['-l', state]));
  onTestFinished(() => killAll(dir));
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  onTestFinished(async () => void (await realm(dir, ['down', '--services'])));
  const row = async (name: string): Promise<ServiceRow | undefined> => (await servicesOf(dir)).get(name);
  const known = async (name: string, lives: number): Promise<boolean> => {
    const tokens = tokensOf(dir, name);
    const found = await row(name);
    return tokens.length === lives && found?.state === 'running' && found.pid === Number.parseInt(tokens.at(-1)!, 10);
  };
  for (const name of ['web', 'db']) await until(() => known(name, 1), HANGS_MS, `${name} to run`);

  fill(join(state, 'filler'));
  for (let life = 1; life <= 3; life++) {
    for (const name of ['web', 'db']) process.kill(Number.parseInt(tokensOf(dir, name).at(-1)!, 10), 'SIGKILL');
    for (const name of ['web', 'db'])
      await until(
        () => known(name, life + 1),
        HANGS_MS,
        `${name} to run again`,
        () =>
          spawnSync('sh', ['-c', 'cat .realm/logs/*.log | tail -c 3000; ls -la .realm/data/services/web'], {
            cwd: dir,
          }).stdout.toString(),
      );
  }
  const status = await realm(dir, ['status']);
  expect(status.stdout).toContain('full');
  const stop = await realm(dir, ['stop', 'service/web']);
  expect(stop.code).toBe(1);
  expect(stop.stderr).toContain('STORE_FULL');
  expect(stop.stderr).toContain('df -h');

  rmSync(join(state, 'filler'));
  const isTold = async (): Promise<boolean> => {
    const { stdout } = await realm(dir, ['events', '--json', '--ref', 'service/web']);
    return stdout.split('"service.exited"').length - 1 >= 3;
  };
  await until(isTold, HANGS_MS, 'the ends to be told');
  await until(async () => (await realm(dir, ['stop', 'service/web'])).code === 0, HANGS_MS, 'words to be taken again');
  await until(() => !isLiving(tokensOf(dir, 'web').at(-1)!), HANGS_MS, 'web to end');
  expect(isLiving(tokensOf(dir, 'db').at(-1)!)).toBe(true);
});
