// realm doctor: a healthy realm, and each thing that can be wrong with what to type.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { acquire } from '../../../core/daemon/lease.ts';
import { unitText } from '../../../core/daemon/systemd.ts';
import { seededRandom, systemRandom } from '../../../core/random.ts';
import { openStore } from '../../../core/store/store.ts';
import { doctorText } from '../../../core/cli/render/doctor.ts';
import { plainPaint } from '../../../core/cli/render/colour.ts';
import { jsonOf, play } from './stage.ts';

function place(config = 'realm: { name: t }\nplugins: [file]\nfiles: { a: { path: out/a.txt, text: x } }\n') {
  const cwd = mkdtempSync(join(tmpdir(), 'realm-doctor-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'realm.config.yaml'), config);
  return { cwd, state: join(cwd, '.realm') };
}
/** A state folder as a kernel leaves it. */
function used(state: string): void {
  openStore({ dir: state, clock: systemClock, random: seededRandom(1), mode: 'write' }).close({ clean: true });
}

interface Told {
  readonly check: string;
  readonly state: string;
  readonly message: string;
  readonly hint: string | null;
}
/** All that is not ok, and the exit code. */
async function wrong(cwd: string, ...flags: string[]): Promise<{ code: number; found: string[] }> {
  const played = await play(['doctor', '--json', ...flags], { cwd, clock: systemClock });
  const { findings } = jsonOf(played) as { findings: Told[] };
  const found = findings.filter(({ state }) => state !== 'ok');
  return {
    code: played.code,
    found: found.map(({ check, state, message, hint }) => `${check} ${state}: ${message} | ${hint}`),
  };
}
// What this machine lacks is no business of these tests.
const ofRealm = ({ code, found }: { code: number; found: string[] }) => ({
  code,
  found: found.filter((one) => !/^(programs|boot|disk) /.test(one)),
});

test('a realm before its first apply, and one that is in use, are fine; nothing is written', async () => {
  const { cwd, state } = place();
  expect(ofRealm(await wrong(cwd))).toEqual({ code: 0, found: [] });
  expect(existsSync(state)).toBe(false);
  used(state);
  const before = readdirSync(state).toSorted();
  expect(ofRealm(await wrong(cwd))).toEqual({ code: 0, found: [] });
  expect(readdirSync(state).toSorted()).toEqual(before);
  const { out } = await play(['doctor'], { cwd, clock: systemClock });
  expect(out).toMatch(/^ok +node +Realm 0\.1\.0 on Node 2\d\./);
  expect(out).toMatch(/^ok +config +realm\.config\.yaml is valid: 1 resource of 1 plugin$/m);
  expect(out).toMatch(/^ok +store +the database is whole: .* 1 copy, the newest now$/m);
});

test('whether anything starts this realm at boot: a unit of this realm, enabled, of a user who lingers', async () => {
  const { cwd } = place();
  const settings = mkdtempSync(join(tmpdir(), 'realm-units-'));
  onTestFinished(() => rmSync(settings, { recursive: true, force: true }));
  const units = join(settings, 'systemd/user');
  mkdirSync(join(units, 'default.target.wants'), { recursive: true });
  const boot = async (): Promise<Told[]> => {
    const played = await play(['doctor', '--json'], { cwd, env: { XDG_CONFIG_HOME: settings }, clock: systemClock });
    return (jsonOf(played) as { findings: Told[] }).findings.filter(({ check }) => check === 'boot');
  };
  const unitOf = (root: string): string => unitText({ name: 't', root, command: ['x'], path: '/bin', ofUser: true });
  writeFileSync(join(units, 'realm-other.service'), unitOf(`${cwd}-other`));
  const hint = 'nothing starts this realm at boot; `realm service install` would';
  expect(await boot()).toMatchObject([{ state: 'ok', message: hint }]);
  const unit = join(units, 'realm-t.service');
  writeFileSync(unit, unitOf(cwd));
  const enable = 'systemctl --user enable realm-t.service';
  const off = `${unit} is not enabled, so it starts nothing at boot`;
  expect(await boot()).toMatchObject([{ state: 'warning', message: off, hint: enable }]);
  symlinkSync(unit, join(units, 'default.target.wants/realm-t.service'));
  const [on] = await boot();
  expect(on!.message).toMatch(/realm-t\.service starts this realm (when .* logs in, and ends it at logout|at boot)$/);
});

test('no config, an invalid one', async () => {
  const { cwd } = place('realm: { nam: t }\n');
  expect(ofRealm(await wrong(cwd))).toEqual({
    code: 1,
    found: ['config problem: realm.config.yaml is invalid | realm validate'],
  });
  rmSync(join(cwd, 'realm.config.yaml'));
  const { code, found } = await wrong(cwd);
  expect([code, found[0]]).toEqual([
    1,
    expect.stringMatching(/^config problem: no realm\.config\.yaml in .* \| realm init$/),
  ]);
});

test('a state folder that others can enter, one that is no folder, a damaged database', async () => {
  const { cwd, state } = place();
  used(state);
  chmodSync(state, 0o755);
  expect(ofRealm(await wrong(cwd))).toEqual({
    code: 0,
    found: ['state warning: others of this machine can enter .realm (mode 0755) | chmod 700 .realm'],
  });
  chmodSync(state, 0o700);
  writeFileSync(join(state, 'realm.db'), 'no database at all');
  const damaged = ofRealm(await wrong(cwd));
  expect(damaged).toEqual({
    code: 1,
    found: [expect.stringMatching(/^store problem: the database is damaged .* \| realm state recover$/)],
  });
  writeFileSync(join(cwd, 'plain'), '');
  const { code, found } = await wrong(cwd, '--state', 'plain');
  expect([code, found[0]]).toEqual([1, 'state problem: plain is no folder | mv plain plain.aside']);
});

test('what a killed write left is named with the command that removes it; that of a living process is not', async () => {
  const { cwd, state } = place();
  used(state);
  mkdirSync(join(cwd, 'out'));
  const dead = 4_194_304; // beyond the largest pid there can be
  writeFileSync(join(cwd, 'out', `.a.txt.${dead}-1.tmp`), '');
  writeFileSync(join(state, `.it's $(touch pwned).json.${dead}-2.tmp`), '');
  writeFileSync(join(state, `.lease.json.${process.pid}-3.tmp`), '');
  writeFileSync(join(state, 'mine.tmp'), '');
  const { found } = ofRealm(await wrong(cwd));
  const words = `out/.a.txt.${dead}-1.tmp '.realm/.it'\\''s $(touch pwned).json.${dead}-2.tmp'`;
  expect(found).toEqual([`leftovers warning: 2 temporary files of writes that were killed: ${words} | rm -- ${words}`]);
});

test('who holds the realm, a lease that somebody damaged, a daemon that does not answer', async () => {
  const { cwd, state } = place();
  const lease = await acquire({
    stateDir: state,
    purpose: 'daemon',
    signal: new AbortController().signal,
    clock: systemClock,
    random: systemRandom,
  });
  onTestFinished(() => lease.release());
  const { out, code } = await play(['doctor'], { cwd, clock: systemClock });
  expect(code).toBe(1);
  expect(out).toMatch(
    new RegExp(`^problem +daemon +process ${process.pid} \\(daemon\\) holds .* does not answer`, 'm'),
  );
  expect(out).toMatch(new RegExp(`^ok +lease +process ${process.pid} \\(daemon\\) works on this realm since `, 'm'));
  await lease.release();
  writeFileSync(join(state, 'lease.json'), '{');
  const damaged = ofRealm(await wrong(cwd));
  expect([damaged.code, damaged.found[0]]).toEqual([
    1,
    expect.stringMatching(/^lease problem: .*lease\.json is damaged/),
  ]);
});

test('a clock that stands before what has happened already, or before Realm was written', async () => {
  const { cwd, state } = place();
  const later = { ...systemClock, now: () => systemClock.now() + 3 * 3_600_000 };
  const store = openStore({ dir: state, clock: later, random: seededRandom(1), mode: 'write' });
  store.journal.append({ type: 'realm.stopped', actor: 'kernel', data: { reason: 'x' } });
  store.close({ clean: true });
  expect(ofRealm(await wrong(cwd))).toEqual({
    code: 0,
    found: [
      expect.stringMatching(/^clock warning: the clock stands [23] h before the newest event \(.*Z\) \| timedatectl$/),
    ],
  });
  const unset = await play(['doctor'], { cwd, clock: { ...systemClock, now: () => 0 } });
  expect(unset.out).toMatch(/^problem +clock +the clock stands at 1970-01-01T00:00:00\.000Z\n +timedatectl$/m);
  expect(unset.code).toBe(1);
});

test('a path of the socket that is too long for a socket is a place elsewhere', async () => {
  const { cwd } = place();
  const { findings } = jsonOf(
    await play(['doctor', '--json', '--state', 'x'.repeat(120)], { cwd, clock: systemClock }),
  ) as {
    findings: Told[];
  };
  expect(findings.find(({ check }) => check === 'socket')).toMatchObject({
    state: 'ok',
    message: expect.stringMatching(/realm-\d+\/[0-9a-f]{16}\.sock \(\d+ of at most 100 bytes\)$/),
  });
});

test('a line each, what to type below it, and the count', () => {
  const checked = [
    { check: 'node', state: 'ok', message: 'fine' },
    { check: 'programs', state: 'ok', message: 'one' },
    {
      check: 'programs',
      state: 'problem',
      message: 'a long sentence that does not fit on the line that it has',
      hint: 'do it',
    },
    { check: 'disk', state: 'warning', message: 'little', hint: 'df -h' },
  ] as const;
  const output = { write: () => {}, isTTY: true, columns: 60, paint: plainPaint };
  expect(doctorText(checked, output)).toBe(
    `ok       node      fine
ok       programs  one
problem            a long sentence that does not fit on the
                   line that it has
                   do it
warning  disk      little
                   df -h

4 checks: 1 problem, 1 warning.
`,
  );
  expect(doctorText(checked.slice(0, 2), output)).toContain('2 checks: all is as it should be.');
});
