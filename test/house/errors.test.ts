// Every error code is explained, used, and reached by some test through a door that people use.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CODES } from '../../core/errors.ts';
import { readTree, root } from './tree.ts';

/** Where tests stand that go through the command line, the socket, or loading a config, its plugins or its state. */
const doors = [
  'test/samples',
  'test/e2e',
  'test/deep',
  'test/plugins',
  'test/core/{cli,config,daemon,kernel,registry,store}',
];

const exceptions = JSON.parse(readFileSync(join(root, 'test/house/exceptions.json'), 'utf8')) as {
  /** A code to the reason why no door leads to it in a test. */
  readonly codes: Readonly<Record<string, string>>;
};
const codes = Object.entries(CODES);

/** Mentioned, but not only made by hand. */
export function reaches(text: string, code: string): boolean {
  return new RegExp(`(?<!new RealmError\\(\\s*['"\`])\\b${code}\\b`).test(text);
}

test('codes are spelt alike, and each explanation is made of sentences', () => {
  const wrong = codes.filter(
    ([code, { explain }]) => !/^[A-Z]+(_[A-Z]+)*$/.test(code) || !/^[A-Z`].{25,}[.)]$/s.test(explain),
  );
  expect(wrong).toEqual([]);
});

test('no two areas give the same code', () => {
  const areas = globSync('core/codes/*.ts', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));
  const all = areas.flatMap((text) => [...text.matchAll(/^ {2}([A-Z_]+):/gm)].map((match) => match[1]!));
  expect(all.length).toBe(new Set(all).size);
  expect(all.sort()).toEqual(codes.map(([code]) => code).sort());
});

test('no code is left over: each is thrown or reported somewhere', () => {
  const used = readTree('core', 'plugins', 'bin')
    .filter(({ path }) => !path.startsWith('core/codes/'))
    .map(({ text }) => text)
    .join('\n');
  expect(codes.map(([code]) => code).filter((code) => !new RegExp(`['"\`]${code}\\b`).test(used))).toEqual([]);
});

test('each code is reached through a door in some test', () => {
  const files = doors.flatMap((door) => globSync(`${door}/**/{*.ts,expected.json}`, { cwd: root }));
  const texts = files.map((file) => readFileSync(join(root, file), 'utf8'));
  const unreached = codes.map(([code]) => code).filter((code) => !texts.some((text) => reaches(text, code)));
  expect(unreached.filter((code) => exceptions.codes[code] === undefined)).toEqual([]);
  const needless = Object.keys(exceptions.codes).filter((code) => !unreached.includes(code));
  expect(needless, 'excused in exceptions.json, and reached all the same').toEqual([]);
});

test('an error made by hand is not a way in', () => {
  expect(reaches("throw new RealmError('LEASE_BUSY', 'x')", 'LEASE_BUSY')).toBe(false);
  expect(reaches("expect(error.code).toBe('LEASE_BUSY')", 'LEASE_BUSY')).toBe(true);
  expect(reaches('{ "code": "LEASE_BUSY_NOW" }', 'LEASE_BUSY')).toBe(false);
});
