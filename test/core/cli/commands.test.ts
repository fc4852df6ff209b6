// What each command asks of the door, says, and exits with.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ApplyEnd, ApprovalView, EventView, OverrideView, RunRow, WhyView } from '../../../core/api/door.ts';
import { RealmError } from '../../../core/errors.ts';
import { create, jsonOf, planOf, play, reportOf, resource, statusOf } from './stage.ts';

async function tempFolder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'realm-cli-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
const blind = { ref: 'zone/nas', why: 'no answer', elsewhere: false } as const;
const away = { ref: 'file/x', why: 'lives on trainer', elsewhere: true } as const;

test.each([
  ['plan', planOf(), 0],
  ['plan', planOf([create]), 2],
  ['plan', planOf([], { unseen: [away] }), 0],
  ['plan', planOf([], { unseen: [blind] }), 1],
  ['plan', planOf([create], { unseen: [blind] }), 1],
  ['drift', planOf(), 0],
  ['drift', planOf([create]), 3],
  ['drift', planOf([], { unseen: [blind] }), 1],
])('%s exits with its own code (%#)', async (verb, view, code) => {
  const played = await play([verb], { door: { plan: async () => view, drift: async () => view } });
  expect(played.code).toBe(code);
  expect(played.opened.map(({ need }) => need)).toEqual(['look']);
});

test('targets and exclusions may be repeated, global flags may stand anywhere', async () => {
  const argv = [
    'plan',
    '--target',
    'file/*',
    '--profile',
    'lab',
    '--target',
    'service/web',
    '--exclude',
    'file/b',
    '-C',
    'sub',
  ];
  const played = await play(argv, { door: { plan: async () => planOf() } });
  expect(played.asked[0]).toEqual({
    name: 'plan',
    args: [{ target: ['file/*', 'service/web'], exclude: ['file/b'] }],
  });
  expect(played.opened[0]?.options).toMatchObject({ profile: 'lab', cwd: '/realm/sub', wait: true });
});

test('plan --out keeps the plan, and apply does exactly that one', async () => {
  const cwd = await tempFolder();
  const plan = planOf([create]);
  const kept = await play(['plan', '--out', 'p.json'], { cwd, door: { plan: async () => plan } });
  expect(kept.code).toBe(2);
  expect(kept.out).toContain('Kept in p.json; `realm apply p.json` does it.');
  expect(await readdir(cwd)).toEqual(['p.json']);
  const report = reportOf({ ref: 'file/motd', end: 'applied', action: 'create', why: '' });
  const applied = await play(['apply', 'p.json', '--yes'], { cwd, door: { apply: async () => report } });
  expect(applied.code).toBe(0);
  expect(applied.asked.find(({ name }) => name === 'apply')?.args[0]).toMatchObject({ plan, actor: 'user:ann' });
  expect(applied.asked.some(({ name }) => name === 'plan')).toBe(false);
});

test('a plan that cannot be kept is an error, and leaves what was there', async () => {
  const cwd = await tempFolder();
  const played = await play(['plan', '--out', 'no/such/p.json'], { cwd, door: { plan: async () => planOf() } });
  expect(played.code).toBe(1);
  expect(played.err).toContain('error OUTPUT_UNWRITABLE  The plan could not be kept in no/such/p.json');
});

const broken = {
  empty: '',
  half: JSON.stringify(planOf([create])).slice(0, 60),
  list: '[]',
  old: JSON.stringify({ ...planOf(), version: 0 }),
  'no bound': JSON.stringify({ version: 1, changes: [], unseen: [], closure: [] }),
  'strange action': JSON.stringify(planOf([{ ...create, action: 'explode' as 'create' }])),
};
test.each(Object.entries(broken))('apply refuses a plan file that is %s', async (_what, text) => {
  const cwd = await tempFolder();
  await writeFile(join(cwd, 'p.json'), text);
  const played = await play(['apply', 'p.json', '--yes'], { cwd });
  expect(played.code).toBe(1);
  expect(played.err).toContain('error PLAN_UNREADABLE  p.json is no plan: ');
  expect(played.opened).toEqual([]);
});

test('apply refuses a plan file together with a scope, and a file that is not there', async () => {
  const scoped = await play(['apply', 'p.json', '--target', 'file/a']);
  expect([scoped.code, scoped.err]).toEqual([64, expect.stringContaining('error USAGE')]);
  const missing = await play(['apply', 'none.json'], { cwd: await tempFolder() });
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('PLAN_UNREADABLE')]);
});

test('without a person apply needs --yes, and changes nothing until then', async () => {
  const door = { plan: async () => planOf([create]), apply: async () => reportOf() };
  const played = await play(['apply'], { door });
  expect(played.code).toBe(4);
  expect(played.err).toContain(
    'Nothing was changed: 1 to create, and nobody is here to say yes.\n  hint: realm apply --yes',
  );
  expect(played.asked.map(({ name }) => name)).not.toContain('apply');
});

test.each([
  ['y', 0],
  [' YES ', 0],
  ['n', 4],
  ['', 4],
])('a person who answers %j', async (answer, code) => {
  const plan = planOf([create]);
  const played = await play(['apply'], { answer, door: { plan: async () => plan, apply: async () => reportOf() } });
  expect(played.questions).toEqual(['Apply this? [y/N] ']);
  expect(played.code).toBe(code);
  const asked = played.asked.filter(({ name }) => name === 'apply').map(({ args }) => args[0]);
  // What was shown is what is done.
  expect(asked).toEqual(code === 0 ? [{ plan, confirmed: true, allowDeletions: false, actor: 'user:ann' }] : []);
});

test('--yes is not bound to a plan, and passes flags on', async () => {
  const argv = ['apply', '--yes', '--allow-deletions', '--timeout', '90s', '--target', 'file/*'];
  const played = await play(argv, { door: { plan: async () => planOf([create]), apply: async () => reportOf() } });
  expect(played.asked.find(({ name }) => name === 'apply')?.args[0]).toEqual({
    target: ['file/*'],
    allowDeletions: true,
    confirmed: true,
    timeoutMs: 90_000,
    actor: 'user:ann',
  });
});

test.each<[ApplyEnd, number]>([
  ['applied', 0],
  ['unchanged', 0],
  ['waiting', 0],
  ['failed', 1],
  ['blocked', 1],
  ['unknown', 1],
  ['held', 4],
])('an apply that ends %s', async (end, code) => {
  const fine = { ref: 'file/ok', end: 'applied', action: 'create', why: '' } as const;
  const report = reportOf(fine, { ref: 'file/motd', end, action: 'create', why: 'because' });
  const door = { plan: async () => planOf([create]), apply: async () => report };
  const played = await play(['apply', '--yes', '--json'], { door });
  expect(played.code).toBe(code);
  expect(jsonOf(played)).toEqual(report);
});

test('apply with nothing to change asks nobody and applies nothing', async () => {
  const played = await play(['apply'], { door: { plan: async () => planOf([], { looked: 3 }) } });
  expect([played.code, played.out]).toEqual([0, 'Nothing to change; 3 resources looked at.\n']);
  const unseen = await play(['apply', '--yes'], { door: { plan: async () => planOf([], { unseen: [blind] }) } });
  expect(unseen.code).toBe(1);
});

test.each([
  ['LEASE_BUSY', 75],
  ['REMOVAL_HELD', 4],
  ['APPROVAL_NEEDED', 4],
  ['PLAN_STALE', 1],
  ['CONFIG_INVALID', 1],
  ['USAGE', 64],
] as const)('%s exits with %i', async (code, exit) => {
  const played = await play(['status'], { fails: new RealmError(code, 'the sentence', { hint: 'the hint' }) });
  expect(played.code).toBe(exit);
  expect(played.err).toBe(`error ${code}  the sentence\n  hint: the hint\n`);
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

test('a mistyped ref gets the one that was meant', async () => {
  const status = statusOf([resource('service/web'), resource('file/motd')]);
  const door = {
    status: async () => status,
    why: () => Promise.reject(new RealmError('REF_UNKNOWN', 'there is no service/wbe')),
  };
  const wrong = await play(['why', 'service/wbe'], { door });
  expect([wrong.code, wrong.err]).toEqual([
    1,
    'error REF_UNKNOWN  there is no service/wbe\n  hint: Did you mean `service/web`?\n',
  ]);
  const short = await play(['why', 'motd'], { door });
  expect([short.code, short.err]).toEqual([64, expect.stringContaining('hint: Did you mean `file/motd`?')]);
  const otherKind = await play(['why', 'files/motd'], { door });
  expect(otherKind.err).toContain('Did you mean `file/motd`?');
});

test('why tells reasons, what is waited for, runs and events', async () => {
  const view: WhyView = {
    version: 1,
    ref: 'service/web',
    reasons: ['It waits for service/db, which is not ready.'],
    resource: resource('service/web', { ready: false }),
    waitsFor: ['service/db'],
    runs: [],
    events: [
      { seq: 7, time: '2030-01-31T11:00:00.000Z', type: 'resource.failed', ref: 'service/web', data: { code: 'X' } },
    ],
  };
  const played = await play(['why', 'service/web'], { door: { why: async () => view } });
  expect(played.out).toBe(`It waits for service/db, which is not ready.

Waits for: service/db

service/web  ready: no
  generation 1
  CONDITION  STATUS  REASON      SINCE    MESSAGE
  Ready      True    AsDeclared  3 h ago  as declared

Events
2030-01-31T11:00:00.000Z 7     resource.failed    service/web  code=X
`);
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
  expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining('Did you mean `LEASE_BUSY`?')]);
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

test('a plan kept in a file is whole JSON of the promised shape', async () => {
  const cwd = await tempFolder();
  await play(['plan', '--out', 'p.json'], { cwd, door: { plan: async () => planOf([create]) } });
  expect(JSON.parse(await readFile(join(cwd, 'p.json'), 'utf8'))).toEqual(planOf([create]));
});
