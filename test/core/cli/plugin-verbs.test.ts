// Commands that come from plugins: found, shown in help, their flags from schemas, their answers as tables.
import { expect, test } from 'vitest';
import type { ActionView, RunRow } from '../../../core/api/door.ts';
import { inputOf, verbOf } from '../../../core/cli/plugin-verbs.ts';
import { VERBS } from '../../../core/cli/verbs.ts';
import { RealmError } from '../../../core/errors.ts';
import { OWN_VERBS } from '../../../core/registry/action-rules.ts';
import { s } from '../../../core/schema/schema.ts';
import { actionOf, jsonOf, play } from './stage.ts';

const restart = actionOf({
  name: 'backup.restore',
  plugin: 'backup',
  verb: 'backup restore',
  summary: 'Restore a snapshot.',
  effect: 'destroy',
  positionals: ['ref', 'paths'],
  input: s.object({
    ref: s.ref('backup'),
    paths: s.list(s.string()).optional(),
    maxAge: s.duration().default('7d').about('not older than this'),
    count: s.integer().optional(),
    exclude: s.list(s.string()).optional(),
    dryRun: s.boolean().optional(),
    mode: s.oneOf('all', 'new').optional(),
    labels: s.map(s.string()).optional(),
  }).json,
});
const skills = actionOf({});
const door = (...actions: ActionView[]) => ({ actions: async () => actions, invoke: async () => ({ ok: true }) });

test('an action becomes a command with positionals and flags', () => {
  expect(verbOf(restart)).toMatchObject({
    name: 'backup restore',
    group: 'From backup',
    summary: 'Restore a snapshot',
    args: ['<ref>', '[paths...]'],
    flags: [
      { flags: '--max-age <value>', about: 'not older than this; default 7d', isList: false },
      { flags: '--count <number>', about: '', isList: false },
      { flags: '--exclude <value>', about: 'may be repeated', isList: true },
      { flags: '--dry-run', about: '', isList: false },
      { flags: '--mode <value>', about: 'one of: all, new', isList: false },
      { flags: '--labels <json>', about: '', isList: false },
    ],
  });
});

test('its words become its input, typed by the schema; what does not fit stays as typed', async () => {
  const line = 'backup restore backup/daily a b --max-age 2d --count 3 --exclude x --exclude y --dry-run --yes';
  const played = await play([...line.split(' '), '--labels', '{"a":"b"}'], { door: door(restart, skills) });
  expect(played.asked.find(({ name }) => name === 'invoke')?.args).toEqual([
    'backup.restore',
    {
      ref: 'backup/daily',
      paths: ['a', 'b'],
      maxAge: '2d',
      count: 3,
      exclude: ['x', 'y'],
      dryRun: true,
      labels: { a: 'b' },
    },
    'user:ann',
  ]);
  expect(played.opened.map(({ need }) => need)).toEqual(['look', 'act']);
  expect(inputOf(restart, { args: ['backup/daily'], flags: { count: 'many' } })).toEqual({
    ref: 'backup/daily',
    count: 'many',
  });
  expect(inputOf(restart, { args: [], flags: {} })).toEqual({});
  expect(inputOf(restart, { args: [], flags: { labels: '{' } })).toEqual({ labels: '{' });
});

test('what destroys asks first, and shows exactly what', async () => {
  const refused = await play(['backup', 'restore', 'backup/daily'], { door: door(restart) });
  expect(refused.code).toBe(4);
  expect(refused.asked.map(({ name }) => name)).not.toContain('invoke');
  const asked = await play(['backup', 'restore', 'backup/daily'], { door: door(restart), answer: 'y' });
  expect(asked.questions).toEqual(['Restore a snapshot.: realm backup restore {"ref":"backup/daily"}\nDo it? [y/N] ']);
  expect(asked.code).toBe(0);
});

test('what reads opens the realm to look, and prints a table', async () => {
  const invoke = async (): Promise<unknown> => ({
    skills: [
      { name: 'bin', level: 3 },
      { name: 'zip', tags: ['a', 'b'] },
    ],
  });
  const offered = { ...door(skills), invoke };
  const played = await play(['skills'], { door: offered });
  expect(played.opened.map(({ need }) => need)).toEqual(['look']);
  expect(played.out).toBe('NAME  LEVEL  TAGS\nbin   3      -\nzip   -      a, b\n');
  expect(jsonOf(await play(['skills', '--json'], { door: offered }))).toEqual({
    version: 1,
    result: await invoke(),
  });
});

test('a stream goes on item by item', async () => {
  const stream = async function* (): AsyncIterable<unknown> {
    yield { line: 'one' };
    yield 'two';
  };
  const tail = actionOf({ name: 'services.tail', effect: 'stream', verb: 'tail' });
  const offered = { ...door(tail), stream };
  expect((await play(['tail'], { door: offered })).out).toBe('line  one\ntwo\n');
  expect((await play(['tail', '--json'], { door: offered })).out).toBe('{"line":"one"}\n"two"\n');
});

test('help lists them under their plugin', async () => {
  const { out } = await play(['--help'], { door: door(restart, skills) });
  expect(out).toContain('From skills:\n  skills');
  expect(out).toContain('From backup:\n  backup');
});

test('an unknown word is compared with them too', async () => {
  const wrong = await play(['skils'], { door: door(skills) });
  expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining('Did you mean `skills`?')]);
  const none = await play(['zebra'], { fails: new RealmError('CONFIG_NOT_FOUND', 'none') });
  expect(none.err).toContain('There is no command `zebra`, and no realm here whose plugins could offer it.');
  const invalid = await play(['zebra'], { fails: new RealmError('CONFIG_INVALID', 'line 3') });
  expect([invalid.code, invalid.err]).toEqual([1, expect.stringContaining('CONFIG_INVALID')]);
});

test('its unknown flags and missing arguments are usage errors', async () => {
  const flag = await play(['skills', '--lvl'], { door: door(skills) });
  expect([flag.code, flag.err]).toEqual([64, expect.stringContaining("Unknown option '--lvl'.")]);
  const missing = await play(['backup', 'restore'], { door: door(restart) });
  expect([missing.code, missing.err]).toEqual([64, expect.stringContaining("Missing required argument 'ref'.")]);
});

test('no verb of a plugin can begin with a word of Realm itself: every one of those is reserved', () => {
  const first = new Set(VERBS.map(({ name }) => name.split(' ')[0]!).filter((word) => /^[a-z]/.test(word)));
  expect([...first].filter((word) => !OWN_VERBS.has(word))).toEqual([]);
});

const long = actionOf({ name: 'slow.go', plugin: 'slow', verb: 'slow go', effect: 'write', long: true });
const runOf = (more: Partial<RunRow>): RunRow => ({
  id: 'r1',
  key: 'k',
  action: 'slow.go',
  trigger: 'manual',
  state: 'running',
  startedAt: '2030-01-31T11:59:00.000Z',
  endedAt: null,
  exitCode: null,
  attempt: 1,
  reason: null,
  progress: null,
  ...more,
});

test.each([
  [{}, 0, 'Run r1 (slow.go) is running.\n  realm logs r1 --follow\n  realm cancel r1\n'],
  [
    { state: 'succeeded', endedAt: '2030-01-31T12:00:05.000Z' } as const,
    0,
    'Run r1 (slow.go) succeeded after 1 min 5 s\n',
  ],
  [{ state: 'failed', reason: 'no disk' } as const, 1, 'Run r1 (slow.go) failed: no disk\n'],
  [{ state: 'lost', reason: 'gone' } as const, 1, 'Run r1 (slow.go) lost: gone\n'],
])('a long action answers with its run (%#)', async (more, code, out) => {
  const offers = { actions: async () => [long], invoke: async () => runOf(more) };
  expect(await play(['slow', 'go'], { door: offers })).toMatchObject({ code, out });
  expect((await play(['slow', 'go', '--json'], { door: offers })).code).toBe(code);
});

test('completion is told the words of plugins and their flags', async () => {
  const words = async (...typed: string[]): Promise<string> =>
    (await play(['__complete', 'verbs', ...typed], { door: door(restart, skills) })).out;
  expect(await words()).toBe('backup\nskills\n');
  expect(await words('backup')).toBe('restore\n');
  expect(await words('backup', 'restore')).toBe('--max-age\n--count\n--exclude\n--dry-run\n--mode\n--labels\n');
  expect(await words('backup', 'restore', 'backup/daily')).toBe(
    '--max-age\n--count\n--exclude\n--dry-run\n--mode\n--labels\n',
  );
  expect(await words('zebra')).toBe('');
});
