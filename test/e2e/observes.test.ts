// Under `realm plan` a kind asks the programs it names, and nothing else can start one: not when it is imported, not ever.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HANGS_MS, realm, tempRealm, until } from './realm.ts';

const plugin = await readFile(join(import.meta.dirname, '../core/kernel/plugins/asking.ts'), 'utf8');
const config = (answers: string): string => `plugins: [./asking.ts]\nanswers:\n${answers}`;

/** A zombie only waits for its parent. */
const isAlive = (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/status`, 'utf8').then(
    (status) => !/^State:\s+[ZX]/m.test(status),
    () => false,
  );

interface Plan {
  readonly changes: readonly { readonly ref: string; readonly fields: readonly { readonly from: unknown }[] }[];
  readonly unseen: readonly { readonly ref: string; readonly why: string }[];
}

test.each(['plan', 'drift'])('`realm %s` asks what is named, and starts nothing else', async (verb) => {
  const dir = await tempRealm({
    'asking.ts': plugin,
    'realm.config.yaml': config(
      '  good: { tool: sh, args: [-c, "echo 42"] }\n  stray: { tool: "true" }\n  missing: { tool: no-such-program }\n' +
        '  slow: { tool: sh, args: [-c, "sleep 300"], within: 200ms }\n',
    ),
  });
  const { stdout, stderr } = await realm(dir, [verb, '--json']);
  const plan = JSON.parse(stdout) as Plan;
  const denied = 'ERR_ACCESS_DENIED';
  if (verb === 'plan') expect(plan.changes[0]!.fields[0]!.from, stderr).toEqual(['42', denied, denied, denied]);
  const unseen = Object.fromEntries(plan.unseen.map(({ ref, why }) => [ref, why]));
  expect(unseen['answer/stray']).toContain('which none of its kinds observes');
  expect(unseen['answer/missing']).toContain('there is no program no-such-program on the PATH');
  expect(unseen['answer/slow']).toContain('sh did not answer within 0.2 s');
  expect(stderr).not.toContain('Warning');
});

test('what a program started is gone when the plan is killed', async () => {
  const slow = 'sleep 300 & setsid sleep 300 & echo $$ $! > pids.tmp; mv pids.tmp pids; wait';
  const dir = await tempRealm({
    'asking.ts': plugin,
    'realm.config.yaml': config(`  slow: { tool: sh, args: [-c, "${slow}"], within: 60s }\n`),
  });
  const bin = join(import.meta.dirname, '../../bin/realm');
  const child = spawn(process.execPath, [bin, 'plan'], { cwd: dir, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await until(async () => existsSync(join(dir, 'pids')), HANGS_MS, 'the program to run');
  child.kill('SIGKILL');
  const pids = (await readFile(join(dir, 'pids'), 'utf8')).trim().split(' ').map(Number);
  expect(pids).toHaveLength(2);
  for (const pid of pids) await until(async () => !(await isAlive(pid)), HANGS_MS, `process ${pid} to be gone`);
});
