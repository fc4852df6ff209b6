// A real terminal (a pty) and real signals, with a door in memory behind the real command line.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const bound = { madeAt: '2030-01-31T12:00:00.000Z', config: 'x', observed: {}, target: [], exclude: [] };
const plan = {
  version: 1,
  changes: [{ ref: 'file/motd', action: 'create', fields: [], reason: 'config' }],
  unseen: [],
  closure: [],
  looked: 1,
  bound,
};
const report = { version: 1, steps: [{ ref: 'file/motd', end: 'applied', action: 'create', why: '' }], watched: true };

/** A program that is `realm` with this door. It prints `closed` to stderr when the door is closed. */
async function program(door: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'realm-terminal-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'realm.mjs');
  await writeFile(
    file,
    `import { main } from ${JSON.stringify(join(root, 'core/cli/main.ts'))};
     const say = process.stdout.write.bind(process.stdout); // a door's own word is none of ours later on
     const plan = ${JSON.stringify(plan)}, report = ${JSON.stringify(report)};
     const never = () => { setInterval(() => {}, 1000); return new Promise(() => {}); };
     main(async () => ({ close: async () => { process.stderr.write('closed\\n'); }, actions: async () => [], ${door} }));`,
  );
  return file;
}
const DOOR = `
  plan: async () => plan,
  apply: async (query, tell) => {
    tell({ ref: 'file/motd', phase: 'applying' });
    tell(report.steps[0]);
    return report;
  }`;

interface Ended {
  readonly code: number | null;
  readonly out: string;
}
/** Runs the words under a pty of 80 columns; \`answer\` is typed once the question is there. */
function onTerminal(
  words: readonly string[],
  question: string,
  answer: string,
  env: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const line = `stty cols 80 rows 24; ${words.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '', FORCE_COLOR: '', ...env },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let isAnswered = false;
  child.stdout.on('data', (data) => {
    out += String(data);
    if (isAnswered || !out.includes(question)) return;
    isAnswered = true;
    child.stdin.write(answer);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out: out.replaceAll('\r\n', '\n') })));
}
const hasScript = ((): boolean => {
  try {
    return execFileSync('script', ['--version']).toString().includes('util-linux');
  } catch {
    return false;
  }
})();

// Needs util-linux `script` for a pty.
test.runIf(hasScript).each([
  ['y\r', 0, 'created'],
  ['n\r', 4, 'APPLY_UNCONFIRMED'],
  ['\u0004', 4, '[y/N] \u001b[19G\n'],
  ['\u0004', 4, 'nobody is here'],
  ['\u0003', 130, '[y/N] \u001b[19G\n'],
])('a person at the terminal types %j', async (answer, code, says) => {
  const file = await program(DOOR);
  const ended = await onTerminal([process.execPath, file, 'apply'], 'Apply this? [y/N] ', answer);
  expect(ended.out).toContain(says);
  expect(ended.out).toContain('closed');
  expect(ended.code).toBe(code);
});

// Needs util-linux `script` for a pty.
test.runIf(hasScript)('on a terminal there are colours, and a line in hand that is taken away again', async () => {
  const file = await program(DOOR);
  const { out } = await onTerminal([process.execPath, file, 'apply'], '[y/N] ', 'y\r');
  expect(out).toContain('\u001b[32m+\u001b[39m \u001b[1mfile/motd\u001b[22m');
  expect(out).toContain('0 of 1 done; at file/motd (applying)\u001b[22m\r\u001b[K\u001b[32mcreated');
  const plain = await onTerminal([process.execPath, file, 'apply'], '[y/N] ', 'y\r', { NO_COLOR: '1' });
  expect(plain.out).toContain('+ file/motd');
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 143],
] as const)('%s ends a command with %i, after its door is closed', async (signal, code) => {
  const file = await program(`plan: () => { say('looking\\n'); return never(); }`);
  const child = spawn(process.execPath, [file, 'plan'], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.on('data', () => child.kill(signal));
  let err = '';
  child.stderr.on('data', (data) => (err += String(data)));
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(code);
  expect(err).toBe('closed\n');
});

test('a second signal does not wait for a door that does not close', async () => {
  const file = await program(
    `plan: () => { say('looking\\n'); return never(); }, close: () => { say('closing\\n'); return never(); }`,
  );
  const child = spawn(process.execPath, [file, 'plan'], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  child.stdout.on('data', () => child.kill('SIGINT'));
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
});

test('a stream ends when its reader leaves', async () => {
  const file = await program(`events: async function* (query, left) {
    for (let seq = 1; !left.aborted; seq++) { yield { seq, time: '', type: 'x', data: {} }; await new Promise(setImmediate); }
  }`);
  const line = `"${process.execPath}" "${file}" events --follow --json | head -2; echo "\${PIPESTATUS[0]}"`;
  const child = spawn('bash', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => (out += String(data)));
  child.stderr.on('data', (data) => (err += String(data)));
  await new Promise((resolve) => child.on('close', resolve));
  expect(out.split('\n').slice(2)).toEqual(['0', '']);
  expect(err).toBe('closed\n');
});

test('a slow reader gets everything', async () => {
  const file = await program(`events: async function* () {
    for (let seq = 1; seq <= 2000; seq++) yield { seq, time: '', type: 'x', data: { text: 'x'.repeat(200) } };
  }`);
  const child = spawn(process.execPath, [file, 'events', '--json'], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (data) => {
    out += String(data);
    child.stdout.pause();
    setTimeout(() => child.stdout.resume(), 20);
  });
  await new Promise((resolve) => child.on('close', resolve));
  expect(out.trimEnd().split('\n').length).toBe(2000);
});

test('an apply whose reader leaves still finishes, and keeps its code', async () => {
  const file = await program(
    DOOR.replace(
      'return report;',
      `for (let i = 0; i < 50; i++) { tell(report.steps[0]); await new Promise(setImmediate); } console.error('applied'); return report;`,
    ),
  );
  const line = `"${process.execPath}" "${file}" apply --yes | head -1; echo "\${PIPESTATUS[0]}"`;
  const child = spawn('bash', ['-c', line], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => (out += String(data)));
  child.stderr.on('data', (data) => (err += String(data)));
  await new Promise((resolve) => child.on('close', resolve));
  expect(out).toMatch(/\n0\n$/);
  expect(err).toBe('applied\nclosed\n');
});
