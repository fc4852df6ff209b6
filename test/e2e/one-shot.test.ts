// One command that holds the realm answers those who only look meanwhile, and lets go of them when it ends.
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { HANGS_MS, realm, tempRealm, until, watch } from './realm.ts';
import { SLOW } from './slow.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

/** Only whoever holds the realm knows GREETING, so an answer without it comes from there. */
const CONFIG = `plugins: [file, ./slow.ts]
files:
  hello: { path: hello.txt, text: "\${env:GREETING}" }
slows:
  thing: { path: thing, after: [file/hello] }
`;
const env = { GREETING: 'hi' };

async function begun(args: readonly string[], mark: string) {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG, 'slow.ts': SLOW });
  const holder = watch(dir, args, { env });
  await until(() => existsSync(join(dir, mark)), HANGS_MS, `${args.join(' ')} to begin`, holder.output);
  await until(() => existsSync(join(dir, '.realm/daemon.json')), HANGS_MS, 'the socket', holder.output);
  return { dir, holder };
}
const finish = (dir: string): Promise<void> => writeFile(join(dir, 'go'), '');

test('apply without a daemon answers other shells; who wants to act waits for it by name', async () => {
  const { dir, holder } = await begun(['apply', '--yes'], 'thing.begun');
  const status = await realm(dir, ['status']);
  expect(status).toMatchObject({ code: 0, stderr: '' });
  expect(status.stdout).toMatch(/file\/hello +yes/);
  expect(status.stdout).toContain(`Process ${holder.pid} (realm apply) works on this realm`);
  const seen = JSON.parse((await realm(dir, ['status', '--json'])).stdout) as { daemon: unknown };
  expect(seen.daemon).toMatchObject({ pid: holder.pid, holder: 'realm apply' });
  expect((await realm(dir, ['events', '--type', 'resource.applied'])).stdout).toContain('file/hello');
  expect(await realm(dir, ['why', 'slow/thing'])).toMatchObject({ code: 0 });
  const plan = JSON.parse((await realm(dir, ['plan', '--json'])).stdout) as { changes: { ref: string }[] };
  expect(plan.changes.map(({ ref }) => ref)).toEqual(['slow/thing']);
  expect(await realm(dir, ['reload'])).toMatchObject({ code: 1, stderr: expect.stringContaining('DAEMON_ABSENT') });
  const busy = await realm(dir, ['apply', '--yes', '--no-wait'], { env });
  expect(busy).toMatchObject({ code: 75, stderr: expect.stringContaining(`process ${holder.pid} (realm apply)`) });
  await finish(dir);
  expect((await holder.ended).code).toBe(0);
  for (const left of ['realm.sock', 'daemon.json', 'lease.json'])
    expect(existsSync(join(dir, '.realm', left))).toBe(false);
});

test('an action without a daemon answers too, and who follows hears all until nobody works any more', async () => {
  const { dir, holder } = await begun(['slow', 'work'], 'work.begun');
  expect((await realm(dir, ['status'])).stdout).toContain('(realm slow work)');
  const follower = watch(dir, ['events', '--since', '0', '--follow', '--json'], { env });
  await follower.prints('plugin.recovered'); // from here on it follows
  await finish(dir);
  expect((await holder.ended).code).toBe(0);
  const { code, stdout } = await follower.ended;
  expect([code, stdout]).toEqual([1, expect.stringMatching(/realm\.stopped.*\n.*DAEMON_ABSENT/s)]);
});

test('down ends a command that holds the realm, and what it did stays', async () => {
  const { dir, holder } = await begun(['apply', '--yes'], 'thing.begun');
  const { code, stdout } = await realm(dir, ['down'], { env });
  expect([code, stdout]).toEqual([0, expect.stringContaining(`Process ${holder.pid} has ended.`)]);
  expect((await holder.ended).code).toBe(143);
  expect(existsSync(join(dir, 'hello.txt'))).toBe(true);
});

test('a command whose lease is taken away stops and says so', async () => {
  const { dir, holder } = await begun(['apply', '--yes'], 'thing.begun');
  await rm(join(dir, '.realm/lease.json'));
  const { code, stderr } = await holder.ended; // at its next heartbeat
  expect([code, stderr]).toEqual([143, expect.stringContaining('was deleted or replaced while it was held')]);
});
