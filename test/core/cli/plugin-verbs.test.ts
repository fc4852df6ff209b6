// Commands that come from plugins: found, shown in help, their flags from schemas, their answers as tables.
import { expect, test } from 'vitest';
import type { ActionView, Door, RunDetail, RunRow } from '../../../core/api/door.ts';
import { inputOf, verbOf } from '../../../core/cli/plugin-verbs.ts';
import { GLOBAL_FLAGS } from '../../../core/cli/global-flags.ts';
import { VERBS } from '../../../core/cli/verbs.ts';
import { RealmError } from '../../../core/errors.ts';
import { OWN_FLAGS, OWN_VERBS } from '../../../core/registry/action-rules.ts';
import { s } from '../../../core/schema/schema.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { actionOf, jsonOf, NOW, play } from './stage.ts';

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
  expect(inputOf(restart, { args: ['backup/daily'], flags: { count: 'many' }, cwd: '/' })).toEqual({
    ref: 'backup/daily',
    count: 'many',
  });
  expect(inputOf(restart, { args: [], flags: {}, cwd: '/' })).toEqual({});
  expect(inputOf(restart, { args: [], flags: { labels: '{' }, cwd: '/' })).toEqual({ labels: '{' });
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
  expect(none.err).toContain('There is no command `zebra`, and no realm here whose plugins could offer it');
  const invalid = await play(['zebra'], { fails: new RealmError('CONFIG_INVALID', 'line 3') });
  expect([invalid.code, invalid.err]).toEqual([1, expect.stringContaining('CONFIG_INVALID')]);
});

test('its unknown flags and missing arguments are usage errors', async () => {
  const flag = await play(['skills', '--lvl'], { door: door(skills) });
  expect([flag.code, flag.err]).toEqual([64, expect.stringContaining('`realm skills` knows no flag `--lvl`')]);
  const missing = await play(['backup', 'restore'], { door: door(restart) });
  expect([missing.code, missing.err]).toEqual([64, expect.stringContaining('`realm backup restore` needs a ref')]);
});

test('no verb of a plugin can begin with a word of Realm itself: every one of those is reserved', () => {
  const first = new Set(VERBS.map(({ name }) => name.split(' ')[0]!).filter((word) => /^[a-z]/.test(word)));
  expect([...first].filter((word) => !OWN_VERBS.has(word))).toEqual([]);
});

test('no input of a plugin can have a flag of Realm itself: every one of those is reserved', () => {
  const own = GLOBAL_FLAGS.flatMap(({ flags }) => /^--(no-)?([a-z]+)/.exec(flags)?.[2] ?? []);
  expect(own.length).toBeGreaterThan(5);
  expect(own.filter((word) => !OWN_FLAGS.has(word))).toEqual([]);
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

const detail = (more: Partial<RunDetail> = {}): RunDetail => ({ ...runOf(more), output: null, ...more });
/** Each look at the run finds the next of them; the last one stays. */
const running = (...looks: readonly RunDetail[]): Partial<Door> => {
  let next = 0;
  return {
    actions: async () => [long],
    invoke: async () => runOf({}),
    run: async () => looks[Math.min(next++, looks.length - 1)]!,
  };
};
const copying = detail({ progress: { phase: 'copying', done: 3, total: 1200, why: 'slow disk' } });
const endedAt = '2030-01-31T12:00:05.000Z';

test.each([
  [{ state: 'succeeded', endedAt }, 0, 'Run r1 (slow.go) succeeded after 1 min 5 s\n'],
  [{ state: 'succeeded', endedAt, output: { files: 3 } }, 0, 'files  3\nRun r1 (slow.go) succeeded after 1 min 5 s\n'],
  [{ state: 'failed', reason: 'no disk' }, 1, 'Run r1 (slow.go) failed: no disk\n'],
  [{ state: 'lost', reason: 'gone' }, 1, 'Run r1 (slow.go) lost: gone\n'],
] as const)('a long action is stayed with until its run has ended (%#)', async (more, code, out) => {
  const end = detail(more);
  expect(await play(['slow', 'go'], { door: running(copying, end) })).toMatchObject({ code, out });
  const told = await play(['slow', 'go', '--json'], { door: running(detail(), copying, copying, end) });
  const { output, ...run } = end;
  expect(told.code).toBe(code);
  expect(
    told.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { version: 1, progress: copying.progress },
    { version: 1, run, result: output },
  ]);
});

test('a long action is left at once when asked to, if there is a daemon that carries it out', async () => {
  const daemon = { pid: 1, version: '0.1.0', startedAt: endedAt, holder: 'daemon' };
  const watched = (of: typeof daemon | null): Partial<Door> => ({
    ...running(detail({ state: 'succeeded' })),
    status: async () => ({ version: 1, daemon: of, resources: [], plugins: [], configError: null, store: 'ok' }),
  });
  expect(await play(['slow', 'go', '--detach'], { door: watched(daemon) })).toMatchObject({
    code: 0,
    out: 'Run r1 (slow.go) is running.\n  realm logs r1 --follow\n  realm cancel r1\n',
  });
  expect((await play(['slow', 'go', '--detach'], { door: watched(null) })).out).toBe('Run r1 (slow.go) succeeded\n');
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

test('an answer with a version is a shape of its own; names of keys tell units to people', async () => {
  const services = [
    { ref: 'service/web', isReady: true, startedAt: '2030-01-31T11:00:00.000Z', usedBytes: 2 ** 21, tookMs: 1_500 },
    { ref: 'service/db', isReady: false, startedAt: null, cpuPercent: 3 },
  ];
  const offered = { ...door(skills), invoke: async () => ({ version: 1, services }) };
  expect(jsonOf(await play(['skills', '--json'], { door: offered }))).toEqual({ version: 1, services });
  expect((await play(['skills'], { door: offered })).out).toBe(
    'REF          ISREADY  STARTED  USED     TOOK  CPU\n' +
      'service/web  yes      1 h ago  2.0 MiB  1 s   -\n' +
      'service/db   no       -        -        -     3 %\n',
  );
  const text = { ...offered, invoke: async () => ({ version: 1, text: 'a -> b', edges: [] }) };
  expect((await play(['skills'], { door: text })).out).toBe('a -> b\n');
  expect(jsonOf(await play(['skills', '--json'], { door: text }))).toEqual({ version: 1, edges: [] });
});

test('what reads can be watched: asked again and again until it is told to end', async () => {
  const over = new AbortController();
  let asked = 0;
  const invoke = async (): Promise<unknown> => {
    if (++asked === 3) over.abort();
    return { version: 1, asked };
  };
  const clock = virtualClock(NOW);
  const playing = play(['skills', '--watch', '--json'], {
    door: { ...door(skills), invoke },
    clock,
    signal: over.signal,
  });
  while (!over.signal.aborted) await clock.advance(2_000);
  expect(
    (await playing).out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual([
    { version: 1, asked: 1 },
    { version: 1, asked: 2 },
    { version: 1, asked: 3 },
  ]);
});
