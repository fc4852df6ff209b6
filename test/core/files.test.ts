// Whole files or none: atomic writes, half-written JSON, lines, and projections that do not wear the disk.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { appendLine, makeFolder, projection, readJson, writeAtomic } from '../../core/files.ts';
import { virtualClock } from '../../core/simulate/clock.ts';
import { folder, START } from './store/places.ts';

test('replaces the whole file, with its mode, and makes the folder', () => {
  const path = join(folder(), 'deep', 'er', 'file.json');
  writeAtomic(path, 'a much longer first text');
  writeAtomic(path, 'short', { mode: 0o600 });
  expect(readFileSync(path, 'utf8')).toBe('short');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeAtomic(path, Buffer.from([0, 255]));
  expect([...readFileSync(path)]).toEqual([0, 255]);
  expect(readdirSync(join(path, '..'))).toEqual(['file.json']);
});

test.skipIf(!existsSync('/proc/self'))('a folder that the system lets nobody make is named, and soon', () => {
  const files = JSON.stringify(new URL('../../core/files.ts', import.meta.url).href);
  // In a process of its own: what this guards against is a call that never returns.
  const told = (path: string): string =>
    execFileSync(
      process.execPath,
      [
        '-e',
        `import(${files}).then(({ writeAtomic }) => {
          try { writeAtomic(${JSON.stringify(path)}, 'x'); }
          catch ({ code, message }) { console.log(code, message); }
        })`,
      ],
      { encoding: 'utf8', timeout: 20_000 },
    );
  expect(told('/proc/no/such/file')).toMatch(/^ENOENT the folder \/proc\/no cannot be made: /);
  expect(told('/dev/null/such/file')).toMatch(/^EEXIST the folder \/dev\/null cannot be made: /);
});

test('folders are made with the mode asked for, and what is there stays as it is', () => {
  const dir = folder();
  const mode = statSync(dir).mode;
  makeFolder(join(dir, 'one', 'two'), 0o700);
  makeFolder(join(dir, 'one', 'two'), 0o755);
  expect([dir, join(dir, 'one'), join(dir, 'one', 'two')].map((path) => statSync(path).mode & 0o777)).toEqual([
    mode & 0o777,
    0o700,
    0o700,
  ]);
  writeFileSync(join(dir, 'file'), '');
  expect(() => makeFolder(join(dir, 'file', 'below'))).toThrow(`the folder ${join(dir, 'file')} cannot be made`);
});

test('a crash before the rename leaves the old content, one after it the new; no third state, no litter', () => {
  const dir = folder();
  const path = join(dir, 'file');
  writeAtomic(path, 'old');
  for (const [point, content] of [
    ['files.write:before', 'old'],
    ['files.write:after', 'new'],
  ]) {
    const crash = (name: string): void => {
      if (name === point) throw new Error('crash');
    };
    expect(() => writeAtomic(path, 'new', { crash })).toThrow('crash');
    expect(readFileSync(path, 'utf8')).toBe(content);
    expect(readdirSync(dir)).toEqual(['file']);
  }
});

test('until the rename the old file is untouched and the new one is whole beside it', () => {
  const dir = folder();
  const path = join(dir, 'file');
  writeAtomic(path, 'old');
  const seen: string[][] = [];
  const crash = (name: string): void => {
    if (name === 'files.write:before')
      seen.push(
        readdirSync(dir)
          .map((entry) => readFileSync(join(dir, entry), 'utf8'))
          .toSorted(),
      );
  };
  writeAtomic(path, 'new', { crash });
  expect(seen).toEqual([['new', 'old']]);
});

test('a write that fails says why and leaves nothing behind', () => {
  const dir = folder();
  mkdirSync(join(dir, 'taken', 'full'), { recursive: true });
  expect(() => writeAtomic(join(dir, 'taken'), 'x')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(dir)).toEqual(['taken']);
});

test('JSON: absent is undefined; empty, half-written and foreign content has a code and the path', () => {
  const path = join(folder(), 'x.json');
  expect(readJson(path)).toBeUndefined();
  writeAtomic(path, '{"a": [1]}');
  expect(readJson(path)).toEqual({ a: [1] });
  for (const bad of ['', '  \n', '{"a": [1', 'no json', '{"a":1}{"b":2}']) {
    writeFileSync(path, bad);
    expect(() => readJson(path)).toThrow(
      expect.objectContaining({ code: 'FILE_DAMAGED', message: expect.stringContaining(path) as string }) as Error,
    );
  }
});

test('lines are added whole', () => {
  const path = join(folder(), 'x.jsonl');
  appendLine(path, '1');
  appendLine(path, '2', { mode: 0o600 });
  expect(readFileSync(path, 'utf8')).toBe('1\n2\n');
});

test('a projection is written at once when something changed, and once a minute when only the time did', async () => {
  const clock = virtualClock(START);
  const path = join(folder(), 'status.json');
  const file = projection(path, clock);
  const read = (): unknown => readJson(path);
  file.write({ updated_at: 1, n: 1 });
  expect(read()).toEqual({ updated_at: 1, n: 1 });
  for (let second = 2; second <= 59; second += 1) {
    await clock.advance(1000);
    file.write({ updated_at: second, n: 1 });
  }
  expect(read()).toEqual({ updated_at: 1, n: 1 });
  await clock.advance(2000);
  expect(read()).toEqual({ updated_at: 59, n: 1 });
  file.write({ updated_at: 61, n: 2 });
  expect(read()).toEqual({ updated_at: 61, n: 2 });
  file.write({ updated_at: 62, n: 2 });
  file.close();
  expect(read()).toEqual({ updated_at: 62, n: 2 });
  await clock.advance(120_000);
  expect(read()).toEqual({ updated_at: 62, n: 2 });
});
