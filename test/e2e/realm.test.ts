// The frame of the end-to-end tests ends what it starts, waits with deadlines, and says what it waited for.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { realm, tempRealm, until, watch } from './realm.ts';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
};

/** A stand-in for bin/realm. */
async function program(text: string): Promise<{ dir: string; bin: string }> {
  const dir = await tempRealm({ 'program.mjs': text });
  return { dir, bin: join(dir, 'program.mjs') };
}

test('runs the real command line in the folder', async () => {
  const dir = await tempRealm({ 'a/b.txt': 'hi' });
  expect(await realm(dir, ['--version'])).toMatchObject({ code: 0, signal: null, stderr: '' });
});

test('hands over arguments, folder and input, and brings back both outputs and the code', async () => {
  const { dir, bin } = await program(`
    let input = '';
    for await (const part of process.stdin) input += part;
    console.log(JSON.stringify([process.cwd(), process.argv.slice(2), input, process.env.VITEST, process.env.MINE]));
    console.error('said');
    process.exitCode = 3;
  `);
  const { code, stdout, stderr } = await realm(dir, ['plan', '--json'], { bin, stdin: 'yes', env: { MINE: '1' } });
  expect(JSON.parse(stdout)).toEqual([dir, ['plan', '--json'], 'yes', null, '1']);
  expect([code, stderr]).toEqual([3, 'said\n']);
});

test('a command that hangs is killed, and what it printed is told', async () => {
  const { dir, bin } = await program(`console.log('so far'); setInterval(() => {}, 1e6);`);
  await expect(realm(dir, ['apply'], { bin, timeoutMs: 500 })).rejects.toThrow(/realm apply took longer than 500 ms/);
});

test('a watch that ignores signals is killed, and the test is told', async () => {
  const { dir, bin } = await program(`process.on('SIGINT', () => {}); console.log('up'); setInterval(() => {}, 1e6);`);
  const watching = watch(dir, ['watch'], { bin });
  await watching.prints('up');
  await expect(watching.stop('SIGINT', 300)).rejects.toThrow('waited 300 ms for realm watch to end after SIGINT\nup');
  expect((await watching.ended).signal).toBe('SIGKILL');
  expect(isAlive(watching.pid)).toBe(false);
});

test('a watch that ends early does not let the test wait', async () => {
  const { dir, bin } = await program(`console.error('no config');`);
  await expect(watch(dir, ['watch'], { bin }).prints('ready')).rejects.toThrow(
    /ended without printing ready\nno config/,
  );
});

test('until gives up at its deadline', async () => {
  await expect(until(() => false, 30, 'a miracle')).rejects.toThrow('waited 30 ms for a miracle');
});
