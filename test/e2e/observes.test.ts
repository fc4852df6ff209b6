// Under `realm plan` a kind asks the programs it names, and nothing else can start one: not when it is imported, not ever.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { HANGS_MS, realm, tempRealm, until, watch } from './realm.ts';

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

/** Says at the end how many processes it started, and whether it may start one still. */
const WITNESS = `const processes = require('node:child_process');
const { spawn } = processes;
let started = 0;
processes.spawn = (...words) => { started += 1; return spawn(...words); };
require('node:module').syncBuiltinESMExports();
process.on('exit', () => process._rawDebug('started ' + started + ', may start: ' + process.permission.has('child')));
`;
const EMPTY = `export default { name: 'empty', summary: 'Declares nothing.', setup() {} };\n`;

test.each([
  ['built-in plugins that ask nothing', 'plugins: [file]\nfiles: { a: { path: a, text: a } }\n', 0],
  ['a config that is invalid', 'plugins: [file]\nfiles: { a: 5 }\n', 0],
  ['a built-in plugin that may ask', 'plugins: [backup]\nbackups: { b: { sources: [a], keep: { last: 1 } } }\n', 1],
  ['a plugin of somebody', 'plugins: [./empty.ts]\n', 1],
  ['one that cannot be loaded', 'plugins: [./broken.ts]\n', 1],
])('%s: the right to start processes is gone in the end', async (_, text, shells) => {
  const dir = await tempRealm({
    'realm.config.yaml': text,
    'witness.cjs': WITNESS,
    'empty.ts': EMPTY,
    'broken.ts': 'throw new Error("broken");',
  });
  const { stderr } = await realm(dir, ['plan'], { env: { NODE_OPTIONS: `--require ${join(dir, 'witness.cjs')}` } });
  expect(stderr).toContain(`started ${shells}, may start: false`);
});

const STARTS = `import { execFileSync } from 'node:child_process';
try { execFileSync('sh', ['-c', 'echo ran > ran']); } catch {}
${EMPTY}`;

test('beside a daemon that keeps an older config, too, a plugin starts nothing when it is imported', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: [./starts.ts]\n', 'starts.ts': STARTS });
  const daemon = watch(dir);
  await daemon.prints('resources true');
  await writeFile(join(dir, 'realm.config.yaml'), 'plugins: [./starts.ts]\nnobody: {}\n');
  await daemon.prints('nobody');
  await rm(join(dir, 'ran')); // of the daemon, which may
  const { code, stderr } = await realm(dir, ['plan']);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('CONFIG_SECTION_UNKNOWN') });
  expect(existsSync(join(dir, 'ran'))).toBe(false);
});
