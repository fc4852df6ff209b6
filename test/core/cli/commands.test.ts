// What the other commands ask of the door, say, and exit with.
import { expect, test } from 'vitest';
import type { ApprovalView, EventView, OverrideView, RunRow, WhyView } from '../../../core/api/door.ts';
import { RealmError } from '../../../core/errors.ts';
import { jsonOf, play, resource } from './stage.ts';

test.each([
  ['LEASE_BUSY', 75],
  ['APPROVAL_NEEDED', 4],
  ['PLAN_STALE', 1],
  ['CONFIG_INVALID', 1],
  ['USAGE', 64],
] as const)('%s exits with %i', async (code, exit) => {
  const played = await play(['status'], { fails: new RealmError(code, 'the sentence', { hint: 'the hint' }) });
  expect(played.code).toBe(exit);
  expect(played.err).toBe(`error ${code}  The sentence\n  hint: The hint\n`);
  const json = await play(['status', '--json'], { fails: new RealmError(code, 'the sentence') });
  expect(jsonOf(json)).toEqual({ version: 1, error: { code, message: 'the sentence', hint: null } });
});

test('what is no RealmError is a defect of Realm, told with its stack', async () => {
  const played = await play(['status'], { fails: new TypeError('x is not a function') });
  expect(played.code).toBe(1);
  expect(played.err).toMatch(/^error INTERNAL {2}x is not a function\nTypeError: x is not a function\n +at /);
  expect(jsonOf(await play(['status', '--json'], { fails: new TypeError('x') }))).toEqual({
    version: 1,
    error: { code: 'INTERNAL', message: 'x', hint: null },
  });
});

test('why tells reasons, what is waited for, runs and events', async () => {
  const view: WhyView = {
    version: 1,
    ref: 'service/web',
    reasons: ['It waits for service/db since 2030-01-31T09:00:00.000Z.'],
    resource: resource('service/web', { ready: false }),
    waitsFor: ['service/db'],
    runs: [],
    events: [
      { seq: 7, time: '2030-01-31T11:00:00.000Z', type: 'resource.failed', ref: 'service/web', data: { code: 'X' } },
    ],
  };
  const played = await play(['why', 'service/web'], { door: { why: async () => view } });
  expect(played.out).toBe(`service/web  ready: no
  - It waits for service/db since 2030-01-31T09:00:00.000Z.
  waits for: service/db

Events
2030-01-31T11:00:00.000Z 7     resource.failed    service/web  code=X
`);
  const reasons = ['it ended: exit 3\nfirst words\nlast words'];
  const said = await play(['why', 'service/web'], { door: { why: async () => ({ ...view, reasons }) } });
  expect(said.out).toContain('  - it ended: exit 3\n      | first words\n      | last words\n');
  const narrow = await play(['why', 'service/web'], { door: { why: async () => view }, columns: 80 });
  expect(narrow.out).toMatch(/service\/db since \d\d:\d\d:00\.\n/); // as the clock on the wall has it
});

const event: EventView = { seq: 3, time: '2030-01-31T11:00:00.000Z', type: 'realm.started', data: { pid: 1 } };
async function* oneEvent(): AsyncIterable<EventView> {
  yield event;
}

test('events come one a line, JSON or not, from where they were asked for', async () => {
  const door = { events: oneEvent };
  const json = await play(['events', '--json', '--since', '2', '--type', 'realm.started'], { door });
  expect(json.out).toBe(`${JSON.stringify(event)}\n`);
  expect(json.asked[0]?.args[0]).toEqual({ since: 2, follow: false, type: 'realm.started' });
  const plain = await play(['events', '-f'], { door });
  expect(plain.out).toBe('2030-01-31T11:00:00.000Z 3     realm.started      pid=1\n');
  expect(plain.asked[0]?.args[0]).toEqual({ last: 50, follow: true });
  expect((await play(['events', '--since', '-1'], { door })).code).toBe(64);
});

const run: RunRow = {
  id: 'r1',
  key: 'backup/daily@2030-01-31T07:00:00Z',
  ref: 'backup/daily',
  action: 'backup.run',
  trigger: 'schedule',
  state: 'running',
  startedAt: '2030-01-31T11:59:00.000Z',
  endedAt: null,
  exitCode: null,
  attempt: 1,
  reason: null,
  progress: { phase: 'copy', done: 3, total: 10, why: 'slow disk' },
};

test('runs as a table and as JSON', async () => {
  const door = {
    runs: async () => [
      run,
      { ...run, id: 'r2', state: 'failed', endedAt: '2030-01-31T11:59:30.000Z', reason: 'exit 2' } as const,
    ],
  };
  const played = await play(['runs', 'backup/daily'], { door });
  expect(played.out).toBe(`ID  STATE    ACTION      FOR           STARTED    TOOK   WHY
r1  running  backup.run  backup/daily  1 min ago  1 min  copy 3/10: slow disk
r2  failed   backup.run  backup/daily  1 min ago  30 s   exit 2
`);
  expect(played.asked[0]?.args[0]).toEqual({ limit: 50, ref: 'backup/daily' });
  expect(jsonOf(await play(['runs', '--json'], { door: { runs: async () => [run] } }))).toEqual({
    version: 1,
    runs: [run],
  });
  const wrong = await play(['runs', '--only', 'faild'], { door });
  expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining('Did you mean `failed`?')]);
});

test('cancel names the person and the reason', async () => {
  const cancelled = { ...run, state: 'cancelled' } as const;
  const played = await play(['cancel', 'r1', '--why', 'wrong disk'], { door: { cancel: async () => cancelled } });
  expect(played.asked[0]).toEqual({ name: 'cancel', args: ['r1', 'wrong disk', 'user:ann'] });
  expect(played.out).toBe('Run r1 (backup.run) is cancelled.\n');
  expect(played.opened[0]?.need).toBe('act');
});

const approval: ApprovalView = {
  id: 'a1',
  what: 'remove zone/nas',
  ref: 'zone/nas',
  actor: null,
  reason: null,
  hash: 'ff',
  createdAt: '2030-01-31T11:00:00.000Z',
  expiresAt: null,
  state: 'waiting',
};

test('approvals are listed, and answered with a reason', async () => {
  const door = {
    approvals: async () => [approval],
    answer: async () => ({ ...approval, state: 'approved', actor: 'user:ann', reason: 'ok' }) as const,
  };
  expect((await play(['approvals'], { door })).out).toBe(
    'ID  STATE    REF       ASKED    EXPIRES  WHAT\na1  waiting  zone/nas  1 h ago  -        remove zone/nas\n',
  );
  const yes = await play(['approve', 'a1', '--why', 'ok'], { door });
  expect(yes.asked[0]).toEqual({ name: 'answer', args: ['a1', 'approved', 'ok', 'user:ann'] });
  expect(yes.out).toBe('zone/nas: approved. remove zone/nas\n');
  const silent = await play(['approve', 'a1', '--why', ' '], { door });
  expect([silent.code, silent.asked]).toEqual([64, []]);
  const no = await play(['deny', 'a1'], { door });
  expect(no.asked[0]?.args).toEqual(['a1', 'denied', 'denied on the command line', 'user:ann']);
});

test.each(['stop', 'pause', 'hold'] as const)('%s is kept until it ends or is taken back', async (effect) => {
  const standing = (until: string | null): OverrideView => ({
    ref: 'service/web',
    effect,
    why: 'x',
    actor: 'user:ann',
    since: '',
    until,
  });
  const until = '2030-01-31T14:00:00.000Z';
  const played = await play([effect, 'service/web', '--why', 'disk swap', '--until', '2h'], {
    door: { setOverride: async () => standing(until) },
  });
  expect(played.asked[0]).toEqual({
    name: 'setOverride',
    args: [{ ref: 'service/web', effect, why: 'disk swap', until, actor: 'user:ann' }],
  });
  const back = effect === 'stop' ? 'start' : 'resume';
  expect(played.out).toBe(
    `service/web: ${effect} counts from now on; \`realm ${back} service/web\` takes it back. It ends by itself in 2 h.\n`,
  );
  const overrides = async (): Promise<readonly OverrideView[]> => [standing(null)];
  const cleared = await play([back, 'service/web'], { door: { overrides, clearOverride: async () => {} } });
  expect(cleared.asked.map(({ name }) => name)).toEqual(['overrides', 'clearOverride', 'close']);
  expect(cleared.out).toBe(`service/web: ${effect} no longer counts.\n`);
  const other = back === 'start' ? 'resume' : 'start';
  const nothing = await play([other, 'service/web'], { door: { overrides } });
  expect(nothing.out).toContain(`service/web: nothing to ${other}`);
});

test.each(['soon', '1h ago', '2029-01-01T00:00:00Z', '2030-02-01', '0s', '99999999999999d'])(
  '--until %j is refused',
  async (until) => {
    expect((await play(['stop', 'service/web', '--until', until])).code).toBe(64);
  },
);

test('explain knows every code, however it is written', async () => {
  const played = await play(['explain', 'lease-busy']);
  expect(played.out).toMatch(/^LEASE_BUSY\n {2}Another Realm process/);
  const wrong = await play(['explain', 'LEASE_BUSSY']);
  expect(wrong.code).toBe(64);
  expect(wrong.err).toMatch(/^error CODE_UNKNOWN {2}.+\n {2}hint: Did you mean `LEASE_BUSY`\?\n$/);
  expect((await play(['explain', '__proto__'])).code).toBe(64);
  expect(jsonOf(await play(['explain', '--json'])).codes.length).toBeGreaterThan(20);
});

test('an interrupted command says so with its code, and closes the door', async () => {
  const ending = new AbortController();
  const plan = (): Promise<never> => {
    ending.abort('SIGTERM');
    return new Promise<never>(() => {});
  };
  const played = await play(['plan'], { signal: ending.signal, door: { plan } });
  expect(played.code).toBe(143);
  expect(played.asked.at(-1)?.name).toBe('close');
});

test('help is grouped, and works without a realm', async () => {
  const fails = new RealmError('CONFIG_NOT_FOUND', 'none here');
  const played = await play(['--help'], { fails });
  expect(played.code).toBe(0);
  for (const part of ['Declare and converge:', 'Look:', 'Steer:', 'Exit codes:', 'Examples:'])
    expect(played.out).toContain(part);
  expect(played.out).not.toContain('__complete');
  expect((await play([], { fails })).out).toContain('Usage: realm <command>');
  expect((await play(['plan', '--help'])).out).toContain('--target <ref>');
});

test('the help lists whole commands, also those of two words', async () => {
  const { out } = await play(['--help']);
  expect(out).toMatch(/^ {2}plugin new <name> +Write a plugin/m);
  expect(out).toMatch(/^ {2}state recover \[copy\] +After damage/m);
  expect(out.match(/Print the help of a command/g)).toHaveLength(1);
  expect(out).not.toContain('run-action');
});

test('help about a command is that of `--help`, and no help is given for what does not exist', async () => {
  const asked = await play(['help', 'plugin', 'new']);
  expect(asked).toMatchObject({ code: 0, out: (await play(['plugin', 'new', '--help'])).out });
  expect(asked.out).toContain('Usage: realm plugin new <name> [flags]');
  expect(await play(['help', 'nope'], { fails: new RealmError('CONFIG_NOT_FOUND', 'none here') })).toMatchObject({
    code: 64,
    out: '',
  });
  expect(await play(['--xyz'])).toMatchObject({ code: 64, out: '' });
});

test.each([
  [['why'], '`realm why` needs a ref', 'Type `realm why <ref>`; `realm why --help` says more'],
  [['plan', 'extra'], '`realm plan` takes no words after it, so `extra` is too much', '`realm plan --help` shows'],
  [['status', 'a', 'b'], '`realm status` takes one word after it, so `b` is too much', '`realm status --help` shows'],
  [['plan', '--tarket', 'x'], '`realm plan` knows no flag `--tarket`', 'Did you mean `--target`?'],
  [['plan', '--no-colour'], '`realm plan` knows no flag `--no-colour`', 'Did you mean `--no-color`?'],
  [['plan', '--json=1'], '`--json` takes no value', 'Write `--json` alone'],
  [['plan', '-q'], '`realm plan` knows no flag `-q`', '`realm plan --help` shows what is understood'],
  [['runs', '--limit'], '`--limit` needs a value: `--limit <count>`', '`realm runs --help` shows'],
  [['logs', '-n'], '`--lines` needs a value: `-n, --lines <count>`', '`realm logs --help` shows'],
  [['plugin', 'lst'], 'There is no command `plugin lst`', 'Did you mean `plugin list`?'],
  [['-x'], 'Realm knows no flag `-x`', '`realm --help` shows what is understood'],
])('%j is told in plain words', async (argv, sentence, hint) => {
  const played = await play(argv);
  expect([played.code, played.out]).toEqual([64, '']);
  expect(played.err).toContain(`error USAGE  ${sentence}\n  hint: ${hint}`);
});
