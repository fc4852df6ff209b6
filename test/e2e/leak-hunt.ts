// A realm whose plugin tells its secrets everywhere, and the search for them in all that is printed, answered and stored.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { expect } from 'vitest';
import { HANGS_MS, realm, tempRealm, until, watch } from './realm.ts';

/** The part of each secret without signs that any encoding would touch. */
const CORES = { env: 'cAnaryEnv7391', file: 'cAnaryFile2846', command: 'cAnaryCmd5527', inline: 'cAnaryInl9013' };
const text = (core: string): string => `${core}/"pass" +ü&=\\${core}%`;
const env = { LEAK_TOKEN: text(CORES.env) };
const yaml = (value: string): string => JSON.stringify(value);
const WAYS = ['again', 'blocked', 'throws', 'unknown', 'fails', 'drifts', 'approval', 'waits', 'breaks'];

function config(): string {
  const from = [
    '${secret:of-env}',
    '${secret:of-file}',
    '${secret:of-command}',
    text(CORES.inline),
    '${secret:in-state}',
  ];
  const leaks = WAYS.map((way, at) => `  ${way}: { token: ${yaml(from[at % from.length]!)}, way: ${way} }\n`);
  return `realm: { name: leaky }
plugins: [./leaky.ts]
secrets:
  of-env: { env: LEAK_TOKEN }
  of-file: { file: token.txt }
  of-command: { command: [./print-token] }
leaks:
${leaks.join('')}`;
}

async function leakyRealm(): Promise<string> {
  const dir = await tempRealm({
    'realm.config.yaml': config(),
    'leaky.ts': readFileSync(join(import.meta.dirname, 'plugins/leaky.ts'), 'utf8'),
    'token.txt': `${text(CORES.file)}\n`,
    'print-token': `#!/bin/sh\ncat <<'END'\n${text(CORES.command)}\nEND\n`,
    '.realm/secrets/in-state': text(CORES.file),
    'status/.keep': '',
  });
  for (const path of ['token.txt', '.realm/secrets/in-state']) await chmod(join(dir, path), 0o600);
  await chmod(join(dir, 'print-token'), 0o700);
  return dir;
}

/** Everything that a leak of a core would look like; of base64 the part that is certain, wherever it begins. */
const NEEDLES = Object.values(CORES).flatMap((core) => [
  core,
  ...[0, 1, 2].map((before) =>
    Buffer.from('x'.repeat(before) + core)
      .toString('base64')
      .slice(4, -4),
  ),
]);
const leaksIn = (content: string): string[] =>
  NEEDLES.filter((needle) => content.includes(needle)).map((needle) => {
    const at = content.indexOf(needle);
    return `${needle}: …${content.slice(Math.max(0, at - 100), at + 60)}…`;
  });

/** Where the texts of the secrets come from; of the config, whose owner wrote one out, the last one is a private copy. */
const SOURCES = [
  'realm.config.yaml',
  'token.txt',
  'print-token',
  '.realm/secrets/in-state',
  '.realm/accepted-config.json',
];
/** Answers how many files were searched. */
function expectNothingIn(dir: string): number {
  let looked = 0;
  for (const name of readdirSync(dir, { recursive: true }) as string[]) {
    if (SOURCES.includes(name) || !statSync(join(dir, name), { throwIfNoEntry: false })?.isFile()) continue;
    looked += 1;
    expect(leaksIn(readFileSync(join(dir, name), 'latin1')), name).toEqual([]);
  }
  return looked;
}

async function says(dir: string, args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await realm(dir, args, { env });
  expect(leaksIn(stdout + stderr), `realm ${args.join(' ')}`).toEqual([]);
  return stdout;
}

/** The answer of the control socket, headers included. */
function overSocket(dir: string, method: string, path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request({ socketPath: join(dir, '.realm/realm.sock'), method, path, headers }, (answer) => {
      let all = JSON.stringify(answer.headers);
      answer.setEncoding('utf8').on('data', (chunk: string) => (all += chunk));
      answer.on('end', () => resolve(all)).on('error', reject);
    });
    asked.on('error', reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const PATHS = ['status', 'plan', 'drift', 'events', 'runs', 'overrides', 'approvals', 'actions', 'why/leak/fails'];
const FEW = [
  ['plan', '--json'],
  ['status'],
  ['status', '--json'],
  ['events', '--json'],
  ['runs', '--json'],
  ['approvals'],
  ['logs'],
  ['why', 'leak/blocked'],
  ['config'],
  ['leaky', 'read'],
  ['leaky', 'throw'],
] as const;
const LOOKS = [
  ['validate'],
  ['plan'],
  ['plan', '--out', 'plan.json'],
  ['drift', '--json'],
  ['events'],
  ['runs'],
  ['approvals', '--json'],
  ['config', '--resolved'],
  ['config', '--origin'],
  ['config', '--json'],
  ['doctor'],
  ['schema'],
  ['leaky', 'read', '--json'],
  ['leaky', 'throw', '--json'],
  ['leaky', 'stream'],
] as const;
const looks = (of: 'all' | 'few'): (readonly string[])[] =>
  of === 'few' ? [...FEW] : [...FEW, ...LOOKS, ...WAYS.map((way) => ['why', `leak/${way}`])];

/** Four at a time: they only look. */
async function lookAt(dir: string, of: 'all' | 'few'): Promise<string> {
  let said = '';
  const left = looks(of);
  const lane = async (): Promise<void> => {
    for (let args = left.shift(); args !== undefined; args = left.shift()) said += await says(dir, args);
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return said;
}

/** Everything that a realm without a daemon can be asked and told. Answers how many files it searched in the end. */
export async function huntAlone(of: 'all' | 'few'): Promise<number> {
  const dir = await leakyRealm();
  if (of === 'all') await lookAt(dir, of);
  await says(dir, ['apply', '--yes', '--exclude', 'leak/again']); // which would go on for minutes
  const said = await lookAt(dir, of);
  for (const verb of ['short', 'long', 'broken']) await says(dir, ['leaky', verb]);
  expect(said).toContain('(secret of-env)');
  return expectNothingIn(dir);
}

/** The same with a daemon: over its socket, and with runs in processes of their own. */
export async function huntWatched(of: 'all' | 'few'): Promise<number> {
  const dir = await leakyRealm();
  const watching = watch(dir, ['watch', '--yes'], { env });
  await watching.prints('leak/approval');
  const ended = async (): Promise<boolean> => {
    const { runs } = JSON.parse(await says(dir, ['runs', '--json'])) as { runs: { state: string; action: string }[] };
    const over = runs.filter(({ state }) => state === 'succeeded' || state === 'failed');
    return ['leaky.short', 'leaky.long', 'leaky.broken'].every((name) => over.some(({ action }) => action === name));
  };
  await until(ended, HANGS_MS, 'a run of each action to end', watching.output);
  const typed = text(CORES.env); // a person may paste it into a reason
  await says(dir, ['hold', 'leak/again', '--why', typed]);
  let waiting: { id: string }[] = [];
  const isAsked = async (): Promise<boolean> => {
    waiting = (JSON.parse(await says(dir, ['approvals', '--json'])) as { approvals: typeof waiting }).approvals;
    return waiting.length > 0;
  };
  await until(isAsked, HANGS_MS, 'an approval to be asked for', watching.output);
  await says(dir, ['approve', waiting[0]!.id, '--why', typed]);
  const said = await lookAt(dir, of);
  for (const path of PATHS) expect(leaksIn(await overSocket(dir, 'GET', `/api/${path}`)), path).toEqual([]);
  for (const name of ['short', 'read', 'throw', 'long'])
    expect(leaksIn(await overSocket(dir, 'POST', `/api/actions/leaky.${name}`, {})), name).toEqual([]);
  expect(leaksIn(await overSocket(dir, 'POST', '/api/streams/leaky.stream', {}))).toEqual([]);
  for (const name of ['of-env', 'of-file', 'of-command']) expect(said).toContain(`(secret ${name})`);
  const end = await watching.stop();
  expect(leaksIn(end.stdout + end.stderr)).toEqual([]);
  return expectNothingIn(dir);
}
