// A file that did not change is not read twice, and one that did is never taken for what it was.
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readRegular } from '../../core/regular-file.ts';
import { folder } from './store/places.ts';

const MINUTE_MS = 60_000;
let path: string;

const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

/** As it is, and known to have been so for a minute. */
async function known(text = 'one'): Promise<object> {
  writeFileSync(path, text);
  pass(MINUTE_MS);
  return readRegular(path);
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  path = join(folder(), 'a.txt');
});
afterEach(() => void vi.useRealTimers());

test('what did not change is not read again', async () => {
  const first = await known();
  expect(first).toEqual({ text: 'one', mode: 0o644 });
  pass(MINUTE_MS);
  expect(await readRegular(path)).toBe(first);
});

test('an edit of the same length that puts the time back is seen', async () => {
  const old = new Date('2026-01-01T00:00:00Z');
  writeFileSync(path, 'one');
  utimesSync(path, old, old);
  pass(MINUTE_MS);
  await readRegular(path);
  writeFileSync(path, 'two');
  utimesSync(path, old, old);
  expect(await readRegular(path)).toMatchObject({ text: 'two' });
});

test('so is another file in its place, another target of a link, and another mode', async () => {
  await known();
  writeFileSync(`${path}.new`, 'two');
  renameSync(`${path}.new`, path);
  expect(await readRegular(path)).toMatchObject({ text: 'two' });
  for (const name of ['b', 'c']) writeFileSync(join(path, '..', name), name);
  const link = `${path}.link`;
  for (const target of ['b', 'c']) {
    rmSync(link, { force: true });
    symlinkSync(target, link);
    expect(await readRegular(link)).toMatchObject({ text: target });
  }
  chmodSync(path, 0o600);
  expect(await readRegular(path)).toEqual({ text: 'two', mode: 0o600 });
});

test('what was written a moment before it was read is read again: it may have changed within the same tick of its clock', async () => {
  writeFileSync(path, 'one');
  const first = await readRegular(path);
  pass(MINUTE_MS);
  const second = await readRegular(path);
  expect(second).not.toBe(first);
  expect(await readRegular(path)).toBe(second);
});

test('nothing is believed for more than ten minutes, nor after the clock was put back', async () => {
  const first = await known();
  pass(11 * MINUTE_MS);
  const second = await readRegular(path);
  expect(second).not.toBe(first);
  pass(-5 * MINUTE_MS);
  expect(await readRegular(path)).not.toBe(second);
});

test('large texts are not kept; what is gone, and what is no file, is said each time', async () => {
  const large = await known('x'.repeat(100_000));
  expect(await readRegular(path)).not.toBe(large);
  rmSync(path);
  await expect(readRegular(path)).rejects.toMatchObject({ code: 'ENOENT' });
  mkdirSync(path);
  await expect(readRegular(path)).rejects.toMatchObject({ code: 'FILE_NOT_REGULAR' });
});

test('what is kept is bounded: while all is fresh nothing more is kept, and what is old makes room', async () => {
  const many = Array.from({ length: 1_100 }, (_, index) => `${path}.${index}`);
  for (const one of many) writeFileSync(one, 'x'.repeat(16_000));
  pass(MINUTE_MS);
  for (const one of many) await readRegular(one);
  const first = await known('y'.repeat(16_000));
  expect(await readRegular(path)).not.toBe(first);
  pass(11 * MINUTE_MS);
  const second = await readRegular(path);
  expect(await readRegular(path)).toBe(second);
});

test('what one caller does to an answer no other one sees', async () => {
  const first = await known();
  expect(() => Object.assign(first, { text: 'two' })).toThrow(TypeError);
  expect(await readRegular(path)).toMatchObject({ text: 'one' });
});

test.runIf(existsSync('/proc/uptime'))('files of the system that never seem to change are read each time', async () => {
  const { text } = await readRegular('/proc/uptime');
  pass(MINUTE_MS);
  await vi.waitFor(async () => expect(await readRegular('/proc/uptime')).not.toMatchObject({ text }));
});
