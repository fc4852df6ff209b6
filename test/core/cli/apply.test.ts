// What plan, drift and apply ask of the door, say, and exit with.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ApplyEnd, PlanView } from '../../../core/api/door.ts';
import { RealmError } from '../../../core/errors.ts';
import { create, jsonOf, planOf, play, reportOf } from './stage.ts';

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

test('plan --out replaces a plan, and nothing else that has the name', async () => {
  const cwd = await tempFolder();
  const keep = (out: string) => play(['plan', '--out', out], { cwd, door: { plan: async () => planOf([create]) } });
  expect([(await keep('p.json')).code, (await keep('p.json')).code]).toEqual([2, 2]);
  await writeFile(join(cwd, 'realm.config.yaml'), 'plugins: [file]\n');
  for (const out of ['realm.config.yaml', '.', '/dev/null']) {
    const refused = await keep(out);
    expect([refused.code, refused.asked]).toEqual([1, []]);
    expect(refused.err).toContain(`error OUTPUT_UNWRITABLE  ${out} is there already and is no plan`);
  }
  expect(await readFile(join(cwd, 'realm.config.yaml'), 'utf8')).toBe('plugins: [file]\n');
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
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('There is no file none.json')]);
});

test('with --allow-deletions a plan no longer asks for that flag; other holds stay', async () => {
  const change = { ref: 'file/a', action: 'remove', fields: [], reason: 'config' } as const;
  const held = 'removing the last 2 resources needs `realm apply --allow-deletions`';
  const plan = planOf([
    { ...change, held },
    { ...change, ref: 'file/b', held: 'hold by user:ann: later' },
  ]);
  const door = { plan: async () => plan, apply: async () => reportOf() };
  expect((await play(['apply', '--yes'], { door })).out).toContain('2 to remove (2 held)');
  const { out } = await play(['apply', '--yes', '--allow-deletions'], { door });
  expect(out).toContain('2 to remove (1 held)');
  expect(out).not.toContain('--allow-deletions');
});

test('without a person apply needs --yes, and changes nothing until then', async () => {
  const door = { plan: async () => planOf([create]), apply: async () => reportOf() };
  const played = await play(['apply'], { door });
  expect(played.code).toBe(4);
  expect(played.err).toContain(
    'Nothing was changed: 1 to create, and nobody is here to say yes\n  hint: realm apply --yes',
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

test('--yes does what was shown, and passes flags on', async () => {
  const argv = ['apply', '--yes', '--allow-deletions', '--timeout', '90s', '--target', 'file/*'];
  const played = await play(argv, { door: { plan: async () => planOf([create]), apply: async () => reportOf() } });
  expect(played.asked.find(({ name }) => name === 'apply')?.args[0]).toEqual({
    plan: planOf([create]),
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

test('a plan kept in a file is whole JSON of the promised shape', async () => {
  const cwd = await tempFolder();
  await play(['plan', '--out', 'p.json'], { cwd, door: { plan: async () => planOf([create]) } });
  expect(JSON.parse(await readFile(join(cwd, 'p.json'), 'utf8'))).toEqual(planOf([create]));
});

const stale = new RealmError('PLAN_STALE', 'since the plan was made, file/motd moved', {
  hint: 'realm plan --out FILE',
});

test('a world that moved between showing and doing is refused, with what to do', async () => {
  const door = { plan: async () => planOf([create]), apply: () => Promise.reject(stale) };
  const played = await play(['apply', '--yes'], { door });
  expect([played.code, played.err]).toEqual([
    1,
    'error PLAN_STALE  Since the plan was made, file/motd moved\n  hint: Run it again: it shows what is to be done now\n',
  ]);
});

test('a daemon that was faster leaves nothing to change; what it cannot look at is no such thing', async () => {
  const after = async (then: PlanView): Promise<[number, string]> => {
    const plans = [planOf([create]), then];
    const door = { plan: async () => plans.shift()!, apply: () => Promise.reject(stale) };
    const { code, out, err } = await play(['apply', '--yes'], { door });
    return [code, `${out.split('\n').at(-3)}${err.split('\n')[0]}`];
  };
  expect(await after(planOf())).toEqual([0, 'Nothing to change.']);
  expect(await after(planOf([], { unseen: [blind] }))).toEqual([1, expect.stringContaining('PLAN_STALE')]);
});

test('an apply is not done while something could not be looked at', async () => {
  const report = reportOf({ ref: 'file/motd', end: 'applied', action: 'create', why: '' });
  const door = { plan: async () => planOf([create], { unseen: [blind] }), apply: async () => report };
  const played = await play(['apply', '--yes'], { door });
  expect([played.code, played.out]).toEqual([1, expect.stringContaining('Incomplete: ')]);
});

test.each([
  ['plan', '1 something could not be looked at, whether or not there are changes'],
  ['drift', '1 something could not be looked at, whether or not there is drift'],
])('the help of %s says which exit code wins', async (verb, line) => {
  expect((await play([verb, '--help'])).out).toContain(line);
});
