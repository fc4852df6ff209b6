// A process whose shim was killed before it could say which process its command is, or by an older Realm that never asked.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { alive, place, until } from './place.ts';

test('without its shim, and with a command that nobody named, it runs while anything carries its token', async () => {
  const { again, processes, wish, log } = place();
  const handle = await processes.start(wish('one', 'echo up; while :; do sleep 1; done'));
  await until('it has become its program', () => log('one') === 'up\n');
  const { command, dir, shim, token } = handle;
  process.kill(shim!.pid, 'SIGKILL');
  await until('the shim is gone', () => !alive(shim));
  processes.close();
  const file = join(dir, 'pid');
  writeFileSync(file, `${readFileSync(file, 'utf8').split('\n')[0]}\n`);
  const later = again();
  expect(later.look(dir, token)).toEqual({ state: 'running', shim, command: undefined });
  process.kill(command!.pid, 'SIGKILL');
  await until('nothing of it runs', () => later.look(dir, token).state === 'ended');
});
