// An apply that is interrupted says what it did, and the next one finishes; two at once take turns.
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HANGS_MS, isRunning, realm, tempRealm, until, watch } from './realm.ts';
import { SLOW } from './slow.ts';

const config = `plugins: [file, ./slow.ts]
files:
  first: { path: first.txt, text: first }
  last: { path: last.txt, text: last, after: [slow/middle] }
slows:
  middle: { path: middle.txt, after: [file/first] }
`;

async function begun(): Promise<{ dir: string; apply: ReturnType<typeof watch> }> {
  const dir = await tempRealm({ 'realm.config.yaml': config, 'slow.ts': SLOW });
  const apply = watch(dir, ['apply', '--yes']);
  await until(() => existsSync(join(dir, 'middle.txt.begun')), HANGS_MS, 'the slow change to begin', apply.output);
  return { dir, apply };
}

/** The next apply does the rest, and nothing twice. */
async function finishes(dir: string): Promise<void> {
  await writeFile(join(dir, 'go'), '');
  const next = await realm(dir, ['apply', '--yes']);
  expect(next, next.stdout).toMatchObject({ code: 0, stderr: '' });
  expect(await readFile(join(dir, 'last.txt'), 'utf8')).toBe('last');
  expect(await realm(dir, ['plan'])).toMatchObject({ code: 0 });
  expect(existsSync(join(dir, 'middle.txt.begun'))).toBe(false);
  const events = (await realm(dir, ['events', '--since', '0', '--type', 'resource.applied', '--json'])).stdout;
  const refs = events
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { ref: string }).ref);
  expect(refs.sort()).toEqual(['file/first', 'file/last', 'slow/middle']);
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s: what was done is said, and the next apply finishes', async (signal, code) => {
  const { dir, apply } = await begun();
  const ended = await apply.stop(signal);
  expect(ended, ended.stderr).toMatchObject({ code, signal: null });
  const said = ended.stdout + ended.stderr;
  expect(said).toContain('file/first');
  expect(said).toMatch(/interrupted/i);
  expect(existsSync(join(dir, 'first.txt'))).toBe(true);
  expect(existsSync(join(dir, 'last.txt'))).toBe(false);
  await finishes(dir);
});

test('SIGKILL: the next apply finishes', async () => {
  const { dir, apply } = await begun();
  expect(await apply.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
  const plan = await realm(dir, ['plan', '--json']);
  expect(plan.code).toBe(2); // looking needs nobody's leave
  expect((JSON.parse(plan.stdout) as { changes: { ref: string }[] }).changes.map(({ ref }) => ref).sort()).toEqual([
    'file/last',
    'slow/middle',
  ]);
  await finishes(dir);
});

test('a second apply waits and names who it waits for; --no-wait exits 75', async () => {
  const { dir, apply } = await begun();
  const impatient = await realm(dir, ['apply', '--yes', '--no-wait']);
  expect(impatient).toMatchObject({ code: 75 });
  expect(impatient.stderr).toContain(String(apply.pid));
  const second = watch(dir, ['apply', '--yes']);
  await second.prints(`process ${apply.pid}`);
  expect(isRunning(second.pid)).toBe(true);
  await writeFile(join(dir, 'go'), '');
  expect(await apply.ended).toMatchObject({ code: 0 });
  expect(await second.ended).toMatchObject({ code: 0 });
  expect(await readFile(join(dir, 'last.txt'), 'utf8')).toBe('last');
});

test('a second watch waits, says for whom and how that ends, and gives up without a word of error', async () => {
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: [file]\nfiles: { a: { path: a.txt, text: x } }\n' });
  const { pid } = JSON.parse((await realm(dir, ['up', '--yes', '--json'])).stdout) as { pid: number };
  const second = watch(dir, ['watch', '--yes']);
  const told = `waiting for process ${pid} (daemon) to end, which \`realm down\` does; Ctrl-C gives up\n`;
  await until(() => second.output().includes(told), HANGS_MS, 'the second one to say that it waits', second.output);
  process.kill(second.pid, 'SIGINT');
  expect(await second.ended).toMatchObject({ code: 130, stdout: '', stderr: told });
  expect(isRunning(pid)).toBe(true);
  expect((await realm(dir, ['down'])).code).toBe(0);
});

/** TERM, heard by the first who minds it, or between them and the next. */
const SENDS = {
  newListener: "process.nextTick(() => process.emit('SIGTERM', 'SIGTERM'))",
  removeListener: "process.kill(process.pid, 'SIGTERM')",
};
const early = (moment: keyof typeof SENDS): string => `process.on('${moment}', function early(name) {
  if (name !== 'SIGTERM') return;
  process.off('${moment}', early);
  ${SENDS[moment]};
});
`;
const PLUGIN = `import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, s } from 'realm-runner/plugin';
export default definePlugin({
  name: 'worker',
  summary: 'Works.',
  setup(realm) {
    realm.action({
      name: 'worker.work', summary: 'Leaves a file.', input: s.object({}), effect: 'write', long: true,
      run: async (_, { paths }) => writeFileSync(join(paths.root, 'begun'), ''),
    });
  },
});
`;

const MOMENTS = [['watch'], ['run-action', 'run']].flatMap((args) => [
  { args, moment: 'newListener' as const },
  { args, moment: 'removeListener' as const },
]);
test.each(MOMENTS)('TERM while $args is still being loaded ends it ($moment)', async ({ args, moment }) => {
  const request = { id: 'i', key: 'k', action: 'worker.work', input: {} };
  const dir = await tempRealm({
    'realm.config.yaml': 'plugins: [./worker.ts]\n',
    'worker.ts': PLUGIN,
    'run/request.json': JSON.stringify(request),
    'early.cjs': early(moment),
  });
  const ended = await realm(dir, args, { env: { NODE_OPTIONS: `--require ${join(dir, 'early.cjs')}` } });
  expect(ended, ended.stdout + ended.stderr).toMatchObject({ code: 143, signal: null });
  expect(existsSync(join(dir, '.realm/lease.json'))).toBe(false);
  expect(existsSync(join(dir, 'begun'))).toBe(false);
});

test('SIGHUP while a daemon is still being loaded is no reason to end', async () => {
  const hup = early('newListener').replaceAll('SIGTERM', 'SIGHUP');
  const dir = await tempRealm({ 'realm.config.yaml': 'plugins: []\n', 'early.cjs': hup });
  const daemon = watch(dir, ['watch', '--yes'], { env: { NODE_OPTIONS: `--require ${join(dir, 'early.cjs')}` } });
  await until(() => existsSync(join(dir, '.realm/realm.sock')), HANGS_MS, 'its socket', daemon.output);
  expect(await realm(dir, ['status'])).toMatchObject({ code: 0 });
  expect(await daemon.stop('SIGTERM')).toMatchObject({ code: 143 });
});
