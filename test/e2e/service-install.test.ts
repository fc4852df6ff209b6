// Starting at boot: the unit that is written, what systemd is told, and that services outlive a restart of the unit.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { LASTING_NODE_FLAGS } from '../../core/daemon/node-flags.ts';
import { HANGS_MS, realm, tempRealm, until, watch } from './realm.ts';

vi.setConfig({ testTimeout: 240_000 }); // many commands, each slow on a busy machine

/** A realm, and programs of systemd that only write down how they are called; told in the order of their starts. */
async function place(config = 'plugins: [file]\n') {
  const dir = await tempRealm({ 'realm.config.yaml': config });
  const bin = join(dir, 'bin');
  mkdirSync(bin);
  const calls = join(dir, 'calls');
  for (const name of ['systemctl', 'systemd-notify'])
    writeFileSync(join(bin, name), `#!/bin/sh\n${BEGAN}\necho "$began ${name} $*" >>'${calls}'\n`, { mode: 0o755 });
  const env = { XDG_CONFIG_HOME: join(dir, 'config home'), PATH: `${bin}${delimiter}${process.env['PATH']}` };
  const unit = join(env.XDG_CONFIG_HOME, 'systemd/user', `realm-${basename(dir)}.service`);
  return { dir, env, unit, calls: () => (existsSync(calls) ? inOrder(readFileSync(calls, 'utf8')) : []) };
}

/** Field 22 of proc_pid_stat(5): in ticks since the machine's start. */
const BEGAN = 'read -r _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ began _ </proc/$$/stat';

const inOrder = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .toSorted((one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10))
    .map((line) => line.slice(line.indexOf(' ') + 1));

const valueOf = (text: string, key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];

test('PM2 PR #3956: the unit restarts the daemon and never its services, waits for its signs of life, and is enabled', async () => {
  const { dir, env, unit, calls } = await place();
  expect(await realm(dir, ['service', 'install', '--user'], { env })).toMatchObject({ code: 0, stderr: '' });
  const text = readFileSync(unit, 'utf8');
  expect(
    Object.fromEntries(
      ['Type', 'NotifyAccess', 'WatchdogSec', 'Restart', 'KillMode', 'WantedBy'].map((key) => [
        key,
        valueOf(text, key),
      ]),
    ),
  ).toEqual({
    Type: 'notify',
    NotifyAccess: 'all',
    WatchdogSec: '60',
    Restart: 'always',
    KillMode: 'process',
    WantedBy: 'default.target',
  });
  expect(valueOf(text, 'WorkingDirectory')).toBe(dir);
  expect(valueOf(text, 'ExecStart')).toBe(
    [
      process.execPath,
      ...LASTING_NODE_FLAGS,
      join(import.meta.dirname, '../../bin/realm'),
      '--config',
      join(dir, 'realm.config.yaml'),
      '--state',
      join(dir, '.realm'),
      'watch',
      '--daemon',
    ]
      .map((word) => `"${word}"`)
      .join(' '),
  );
  expect(calls()).toEqual(['systemctl --user daemon-reload', `systemctl --user enable ${basename(unit)}`]);
  const verified = spawnSync('systemd-analyze', ['verify', '--user', unit], { encoding: 'utf8' });
  if (verified.error !== undefined) console.warn('NOT RUN: systemd-analyze is not here, so the unit was not verified');
  else expect(verified.stderr).not.toContain(basename(unit));
  expect(await realm(dir, ['service', 'install', '--user'], { env })).toMatchObject({ code: 0 });
  expect(await realm(dir, ['service', 'uninstall', '--user'], { env })).toMatchObject({ code: 0 });
  expect(existsSync(unit)).toBe(false);
  expect(calls()).toContain(`systemctl --user disable ${basename(unit)}`);
});

test('the unit of another realm is left alone', async () => {
  const { dir, env, unit } = await place();
  await realm(dir, ['service', 'install', '--user'], { env });
  const other = readFileSync(unit, 'utf8').replaceAll(dir, '/somewhere/else');
  writeFileSync(unit, other);
  for (const verb of ['install', 'uninstall']) {
    const refused = await realm(dir, ['service', verb, '--user'], { env });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('UNIT_TAKEN') });
  }
  expect(readFileSync(unit, 'utf8')).toBe(other);
});

test('--print writes nothing; characters that mean something to systemd are written so that they mean nothing', async () => {
  const { dir, env, unit, calls } = await place();
  const odd = join(dir, '50% $HOME "q"');
  mkdirSync(odd);
  writeFileSync(join(odd, 'realm.config.yaml'), 'plugins: [file]\n');
  const { stdout } = await realm(odd, ['service', 'install', '--user', '--print'], { env });
  expect(valueOf(stdout, 'WorkingDirectory')).toBe(odd.replace('%', '%%'));
  expect(valueOf(stdout, 'ExecStart')).toContain('50%% $$HOME \\"q\\"/realm.config.yaml"');
  expect([existsSync(unit), calls()]).toEqual([false, []]);
});

test('PM2 #466, #3124: under systemd the daemon says when it is ready, that it lives, and when it ends; otherwise nothing', async () => {
  const { dir, env, calls } = await place();
  const under = { ...env, NOTIFY_SOCKET: join(dir, 'socket'), WATCHDOG_USEC: '900000' };
  const daemon = watch(dir, ['watch', '--daemon'], { env: under });
  await until(
    () => calls().filter((call) => call === 'systemd-notify WATCHDOG=1').length >= 2,
    HANGS_MS,
    'signs of life',
    daemon.output,
  );
  await until(() => calls()[0] === 'systemd-notify READY=1', HANGS_MS, 'the first sign');
  await daemon.stop('SIGTERM');
  await until(() => calls().at(-1) === 'systemd-notify STOPPING=1', HANGS_MS, 'the last sign');
  const other = await place();
  const alone = watch(other.dir, ['watch', '--yes'], { env: other.env });
  await alone.prints('Ctrl-C');
  await alone.stop();
  expect(other.calls()).toEqual([]);
});
