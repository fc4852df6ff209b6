// Who listens on a port of this machine, and what keeps a service from being started.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { decode } from '../../../core/schema/decode.ts';
import { obstacleOf } from '../../../plugins/services/obstacle.ts';
import { isListenedOnBy, listenerOn } from '../../../plugins/services/port.ts';
import { serviceSpec, type ServiceSpec } from '../../../plugins/services/spec.ts';
import { freePort } from '../../free-port.ts';

async function listening(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const specOf = (written: object): ServiceSpec => {
  const decoded = decode(serviceSpec, { command: ['x'], ...written }, { root: '/' });
  if (!decoded.ok) throw new Error(decoded.why);
  return decoded.value;
};

test.each(['127.0.0.1', '0.0.0.0', '::'])('the one who listens on %s is found, with its command', async (host) => {
  const port = await listening(host);
  expect(listenerOn(port)).toMatchObject({ pid: process.pid, command: expect.stringContaining('node') as string });
  expect(isListenedOnBy([process.pid], port)).toBe(true);
  expect(isListenedOnBy([process.ppid], port)).toBe(false);
});

test('nobody listens on a port that was given back', async () => {
  const port = await freePort(); // which had it for a moment
  expect(listenerOn(port)).toBeUndefined();
});

test('a taken port is an obstacle that names who has it; a free one is none', async () => {
  const port = await listening('127.0.0.1');
  expect(obstacleOf(specOf({ port }), '/realm')).toMatch(
    new RegExp(`^port ${port} is taken by .*\\(pid ${process.pid}\\)$`),
  );
  expect(obstacleOf(specOf({ ports: [port] }), '/realm')).toContain(`port ${port} is taken`);
  expect(obstacleOf(specOf({}), '/realm')).toBeUndefined();
});

test('another service of the same realm on the port is named as such', async () => {
  const script = `require('net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const env = { ...process.env, REALM_SERVICE: 'old', REALM_ROOT: '/realm' };
  const other = spawn(process.execPath, ['-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void other.kill('SIGKILL'));
  const [said] = (await once(other.stdout, 'data')) as [Buffer];
  const port = Number(said.toString());
  expect(obstacleOf(specOf({ port }), '/realm')).toBe(`port ${port} is taken by service/old (pid ${other.pid})`);
  expect(obstacleOf(specOf({ port }), '/another')).not.toContain('service/old');
});
