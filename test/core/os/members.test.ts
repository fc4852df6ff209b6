// What belongs to a process: the command and all it started, and never the shim, however little is known of it.
import { expect, test } from 'vitest';
import { place, until } from './place.ts';

test('the shim is no member, also for somebody who knows only folder and token', async () => {
  const { processes, wish, log } = place();
  const handle = await processes.start(wish('one', 'echo up; exec sleep 30'));
  const { dir, token } = handle;
  const stranger = { dir, token, shim: undefined, command: undefined, exit: undefined, neverStarted: false };
  await until('its first word', () => log('one') === 'up\n');
  expect(processes.members(stranger)).toEqual(processes.members(handle));
  expect(processes.members(stranger).map(({ pid }) => pid)).not.toContain(handle.shim!.pid);
  expect(processes.signal(stranger, 'SIGTERM')).toBe(1);
  await until('its end', () => handle.exit !== undefined);
  expect(handle.exit?.status).toBe(143);
});
