// realm logs of services: which are meant, their names before their lines, and what was asked of the stream.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Door } from '../../../../core/api/door.ts';
import { actionOf, NOW, type Played, play, resource, statusOf } from '../stage.ts';

function cwd(): string {
  const folder = mkdtempSync(join(tmpdir(), 'realm-logs-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'realm.config.yaml'), 'realm: { name: t }\n');
  mkdirSync(join(folder, '.realm/run/3f9c'), { recursive: true });
  writeFileSync(join(folder, '.realm/run/3f9c/log'), 'of a run\n');
  mkdirSync(join(folder, '.realm/logs'));
  writeFileSync(
    join(folder, '.realm/logs/realm.log'),
    `${JSON.stringify({ level: 'info', time: new Date(NOW).toISOString(), ref: 'service/web', msg: 'of realm' })}\n`,
  );
  return folder;
}

const said = [
  { service: 'web', line: 'hello' },
  { service: 'worker', line: '\u001b[31mred\u001b[0m' },
];

async function* lines(): AsyncGenerator {
  yield* said;
}
const door: Partial<Door> = {
  actions: () => Promise.resolve([actionOf({ name: 'services.logs', verb: 'services logs', effect: 'stream' })]),
  status: () => Promise.resolve(statusOf([resource('service/web'), resource('service/worker'), resource('file/a')])),
  stream: lines,
  runs: () => Promise.resolve([]),
};
const logs = (...words: string[]): Promise<Played> => play(['logs', ...words], { cwd: cwd(), door });
const askedOf = ({ asked }: Played): unknown => asked.find(({ name }) => name === 'stream')?.args.slice(0, 2);

test('without a word all services are meant; each line has the name of who said it', async () => {
  const played = await logs();
  expect(played.out).toBe('web    | hello\nworker | red\n');
  expect(askedOf(played)).toEqual(['services.logs', { services: ['web', 'worker'], follow: false }]);
  expect((await logs('--json')).out).toBe(`${said.map((item) => JSON.stringify(item)).join('\n')}\n`);
});

test('by name or ref, followed, since when, how many', async () => {
  expect(askedOf(await logs('web', 'service/worker', '-f', '-n', '5', '--since', '1h'))).toEqual([
    'services.logs',
    { services: ['web', 'worker'], follow: true, last: 5, since: new Date(NOW - 3_600_000).toISOString() },
  ]);
});

test('who alone is asked for needs no name', async () => {
  const own: Partial<Door> = {
    ...door,
    stream: async function* () {
      yield { service: 'web', line: 'hello' };
    },
  };
  expect((await play(['logs', 'web'], { cwd: cwd(), door: own })).out).toBe('hello\n');
});

test('what Realm itself logged, a run, and another resource are still found', async () => {
  expect((await logs('--realm')).out).toContain('of realm');
  expect((await logs('--realm', 'service/web')).out).toContain('of realm');
  expect((await logs('3f9c')).out).toBe('of a run\n');
  expect((await logs('file/a')).out).toBe('The log says nothing about file/a.\n');
});

test('without services, or when the config cannot be loaded, it is the log of Realm', async () => {
  expect((await play(['logs'], { cwd: cwd(), door: { ...door, actions: () => Promise.resolve([]) } })).out).toContain(
    'of realm',
  );
  expect((await play(['logs'], { cwd: cwd(), fails: new Error('damaged') })).out).toContain('of realm');
});

test('a word that means nothing is named, with what it could have meant', async () => {
  expect(await logs('web', 'workr')).toMatchObject({
    code: 1,
    err: expect.stringContaining('There is no service and no run workr\n  hint: Did you mean `worker`?') as string,
  });
  expect(await logs('3f9c', 'web')).toMatchObject({ code: 64 });
});

test('services that said nothing', async () => {
  const silent: Partial<Door> = { ...door, stream: async function* () {} };
  expect((await play(['logs', 'web'], { cwd: cwd(), door: silent })).out).toBe(
    'web: nothing has been said so far. `realm logs --realm` shows what Realm itself logged.\n',
  );
});
