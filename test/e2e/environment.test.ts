// Whose environment counts: the daemon's; a shell that sees another one is told so, without any value.
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { realm, tempRealm, watch } from './realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

const CONFIG = `plugins: [file]
secrets: { key: { env: API_KEY } }
profiles:
  loud: { files: { hello: { text: "HI \${env:LOUD_ONLY:-all}" } } }
files:
  hello: { path: hello.txt, text: "hi \${env:NAME} \${env:TITLE:-dear}" }
`;
const env = { NAME: 'ann-of-the-daemon', API_KEY: 'k-of-the-daemon' };

test('plan, drift and apply name what differs, one line each, and never a value', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG });
  const daemon = watch(dir, ['watch', '--yes'], { env });
  await daemon.prints('until Ctrl-C');
  const who = `process ${daemon.pid} (daemon)`;
  expect(await realm(dir, ['plan'], { env })).toMatchObject({ code: 0, stderr: '' });
  const other = { NAME: 'bob-of-the-shell', TITLE: 'sir', LOUD_ONLY: 'x' };
  for (const words of [['plan'], ['drift'], ['apply', '--yes'], ['plan', '--json']]) {
    const { code, stdout, stderr } = await realm(dir, words, { env: other });
    expect([code, words]).toEqual([0, words]);
    expect(stderr.trimEnd().split('\n')).toEqual([
      `${who} has a value of API_KEY, which is not set in this shell; it keeps its own`,
      `${who} sees another value of NAME than this shell; it keeps its own, \`realm up --restart\` takes this one`,
      `${who} has no value of TITLE, which is set in this shell; it keeps its own, \`realm up --restart\` takes this one`,
    ]);
    expect(stdout + stderr).not.toMatch(/of-the|sir/);
  }
  expect(await realm(dir, ['status'])).toMatchObject({ code: 0, stderr: '' });
  await daemon.stop();
});

test('another profile or config than the one in force is refused, and the same one is not', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': CONFIG, 'other/realm.config.yaml': 'plugins: [file]\n' });
  const daemon = watch(dir, ['--profile', 'loud', 'watch', '--yes'], { env });
  await daemon.prints('until Ctrl-C');
  expect(await realm(dir, ['plan'], { env })).toMatchObject({ code: 0, stderr: '' });
  expect(await realm(dir, ['plan', '--profile', 'loud'], { env })).toMatchObject({ code: 0, stderr: '' });
  const profile = await realm(dir, ['apply', '--yes', '--profile', 'quiet'], { env });
  expect(profile).toMatchObject({ code: 1, stderr: expect.stringContaining('DAEMON_CONFIG') });
  expect(profile.stderr).toContain('the profile loud');
  const config = await realm(join(dir, 'other'), ['plan', '--state', '../.realm'], { env });
  expect(config).toMatchObject({ code: 1, stderr: expect.stringContaining('DAEMON_CONFIG') });
  await daemon.stop();
});
