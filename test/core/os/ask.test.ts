// Real programs asked: what they say comes back, and what they do wrong ends in time, with all they started.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { messageOf } from '../../../core/errors.ts';
import { askHere, type Question } from '../../../core/os/ask.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';

const ask = askHere(systemClock);
const never = new AbortController().signal;
const question = (tool: string, args: readonly string[], more: Partial<Question> = {}): Question => ({
  tool,
  args,
  cwd: tmpdir(),
  env: { PATH: process.env['PATH'] },
  timeoutMs: 20_000,
  mostBytes: 1_000_000,
  ...more,
});
const script = (text: string, more?: Partial<Question>) => question('sh', ['-c', text], more);

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'realm-ask-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Whether the process is gone, or only waits for its parent; a killed one may still be on its way out. */
async function gone(pid: number): Promise<boolean> {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    try {
      if (/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return true;
    } catch {
      return true; // no such process
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}

test('both outputs and the status come back; arguments and environment go in as they are', async () => {
  const text = 'printf %s "$1$A"; printf ä >&2; exit 3';
  const given = {
    ...script('x', { env: { PATH: process.env['PATH'], A: 'é' } }),
    args: ['-c', text, 'sh', '$(id) "x"; '],
  };
  expect(await ask(given, never)).toEqual({ status: 3, text: '$(id) "x"; é', errors: 'ä' });
});

test('there is no input, no terminal, and the folder is the given one', async () => {
  const cwd = folder();
  const { text } = await ask(script('pwd; cat; (: < /dev/tty) 2> /dev/null || echo no terminal', { cwd }), never);
  expect(text).toBe(`${cwd}\nno terminal\n`);
});

test('a program that is not there is TOOL_MISSING, one that is none is TOOL_FAILED', async () => {
  await expect(ask(question('no-such-program', []), never)).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  await expect(ask(question('sh', ['a\0b']), never)).rejects.toMatchObject({ code: 'TOOL_FAILED' });
  await expect(ask(script('kill -SEGV $$'), never)).rejects.toThrow('sh was ended by SIGSEGV');
});

test('one that never stops talking is ended', async () => {
  await expect(ask(question('yes', [], { mostBytes: 10_000 }), never)).rejects.toThrow(
    'yes said more than 10000 bytes',
  );
});

test.each(['late', 'aborted'])('a %s one ends with all it started, also what left its session', async (how) => {
  const dir = folder();
  const clock = virtualClock();
  const stop = new AbortController();
  const text = 'setsid sleep 300 & echo $! > a; sleep 300 & echo "$! $$" > b; mv b c; wait';
  const asked = askHere(clock)(script(text, { cwd: dir, timeoutMs: 5_000 }), stop.signal).catch(messageOf);
  while (!existsSync(join(dir, 'c'))) await new Promise((resolve) => setImmediate(resolve));
  if (how === 'aborted') stop.abort(new Error('enough'));
  else await clock.advance(5_000);
  expect(await asked).toBe(how === 'late' ? 'sh did not answer within 5 s' : 'enough');
  const pids = ['a', 'c'].flatMap((name) => readFileSync(join(dir, name), 'utf8').trim().split(' ').map(Number));
  expect(pids).toHaveLength(3);
  expect(await Promise.all(pids.map(gone))).toEqual([true, true, true]);
});

test('nothing is started for somebody who left already', async () => {
  const dir = folder();
  await expect(ask(script('touch here', { cwd: dir }), AbortSignal.abort(new Error('left')))).rejects.toThrow('left');
  expect(existsSync(join(dir, 'here'))).toBe(false);
});
