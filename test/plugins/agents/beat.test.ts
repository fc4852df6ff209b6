// The file in which an agent beats may hold anything, or be anything: it is read without waiting, and never breaks the look.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { beatFile, beatOf, readSign, type Sign } from '../../../plugins/agents/beat.ts';
import { beatAt, MIN, NOW, specOf } from './world.ts';

function file(): string {
  const dir = mkdtempSync(join(tmpdir(), 'realm-beat-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'heartbeat.json');
}
const said = (path: string): Sign => {
  const sign = readSign(path);
  if ('why' in sign) throw new Error(sign.why);
  return sign;
};

test('what it says of itself is read, and that it was written is what counts', () => {
  const path = file();
  for (const [text, says] of [
    ['{"state":"busy"}', 'busy'],
    ['{"state":"idle","since":"2026-11-21T07:00:00Z"}', 'idle'],
    ['{"state":"dancing"}', null],
    ['{"state":', null],
    ['', null],
    ['null', null],
    ['[1,2]', null],
    ['\0\xff garbage', null],
  ] as const) {
    writeFileSync(path, text);
    utimesSync(path, 1_700_000_000, 1_700_000_000.5);
    expect(said(path)).toMatchObject({ says, at: 1_700_000_000_500 });
  }
});

test('a huge one is not read, and beats all the same', () => {
  const path = file();
  writeFileSync(path, '{"state":"busy"}');
  truncateSync(path, 10 * 1024 ** 3);
  expect(said(path).says).toBeNull();
});

test('a pipe, a folder, a broken link and nothing at all are told, and nobody waits for them', () => {
  const path = file();
  expect(readSign(path)).toEqual({ why: 'no heartbeat.json' });
  execFileSync('mkfifo', [path]);
  expect(readSign(path)).toEqual({ why: 'heartbeat.json is no file' });
  rmSync(path);
  mkdirSync(path);
  expect(readSign(path)).toEqual({ why: 'heartbeat.json is no file' });
  rmSync(path, { recursive: true });
  symlinkSync('nowhere', path);
  expect(readSign(path)).toEqual({ why: 'no heartbeat.json' });
  rmSync(path);
  symlinkSync('heartbeat.json', path);
  expect(readSign(path)).toEqual({ why: 'heartbeat.json cannot be read (ELOOP)' });
});

test('where it lies: in the home by default and by a plain name, else in the folder of the config', () => {
  const fileOf = (heartbeat: object | undefined): string | undefined => beatFile(specOf({ heartbeat }), '/realm');
  expect(fileOf({})).toBe('/realm/agents/z/heartbeat.json');
  expect(fileOf({ file: true })).toBe('/realm/agents/z/heartbeat.json');
  expect(fileOf({ file: 'pulse' })).toBe('/realm/agents/z/pulse');
  expect(fileOf({ file: 'agents/z/pulse' })).toBe('/realm/agents/z/pulse');
  expect(fileOf({ file: '/run/z' })).toBe('/run/z');
  for (const none of [undefined, { file: false, token: true }, { http: '/health' }, { token: true }])
    expect(fileOf(none)).toBeUndefined();
});

const sign = (at: number, stamp = String(at)): Sign => ({ at, stamp, says: null });

test('from the future it counts as of when it was noticed, once: it does not keep an agent alive for ever', () => {
  const noticed = beatOf(sign(NOW + 60 * MIN), beatAt(NOW - MIN), NOW, 3 * MIN, true);
  expect(noticed).toMatchObject({ at: NOW, skewMs: 60 * MIN });
  expect(beatOf(sign(NOW + 60 * MIN), noticed, NOW + 50 * MIN, 3 * MIN, true)).toBe(noticed);
});

test('an older file that a restore put there is no sign of life', () => {
  const before = beatAt(NOW - MIN);
  expect(beatOf(sign(NOW - 60 * MIN), before, NOW, 3 * MIN, true).at).toBe(before.at);
});

test('a clock that is behind is told, and what is new is heard now', () => {
  const before = { ...beatAt(NOW - MIN), madeAt: NOW - 61 * MIN };
  expect(beatOf(sign(NOW - 60 * MIN), before, NOW, 3 * MIN, true)).toMatchObject({ at: NOW, skewMs: -60 * MIN });
});

test('after a gap that makes suspect its steadiness begins anew', () => {
  const before = beatAt(NOW - 4 * MIN);
  expect(beatOf(sign(NOW), before, NOW, 3 * MIN)).toMatchObject({ steadySince: NOW });
  expect(beatOf(sign(NOW), beatAt(NOW - 2 * MIN), NOW, 3 * MIN).steadySince).toBeLessThan(NOW - MIN);
});
