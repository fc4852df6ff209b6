// What is to be remembered of a service is, also where the disk has no room for it.
import { spawnSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished, test, expect, type TestContext } from 'vitest';
import { replace, setAside } from '../../../plugins/services/spare.ts';
import { fill } from './fill.ts';

function smallDisk({ skip }: Pick<TestContext, 'skip'>): string {
  const dir = mkdtempSync(join(tmpdir(), 'realm-spare-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dir]).status !== 0) {
    console.warn('NOT RUN: no tmpfs can be mounted here, so no disk could be filled');
    skip();
  }
  onTestFinished(() => void spawnSync('umount', ['-l', dir]));
  mkdirSync(join(dir, 'one'));
  return dir;
}

const textOf = (path: string): string => readFileSync(path, 'utf8').trimEnd();

test('on a full disk a file is replaced again and again, by shorter and longer texts', (context) => {
  const disk = smallDisk(context);
  const path = join(disk, 'one/life.json');
  replace(path, 'x'.repeat(6_000));
  fill(join(disk, 'filler'));
  expect(() => writeFileSync(join(disk, 'more'), 'no room')).toThrow('ENOSPC');
  for (let round = 0; round < 20; round++) {
    const text = String(round % 10).repeat((round * 977) % 6_000);
    replace(path, text);
    expect(textOf(path)).toBe(text);
  }
  expect(() => replace(path, 'y'.repeat(100_000))).toThrow('ENOSPC');
  expect(textOf(path)).toMatch(/^9+$/);
});

test('what was never written has room set aside; without any, the failure is told', (context) => {
  const disk = smallDisk(context);
  const [first, second] = [join(disk, 'one/first.json'), join(disk, 'one/second.json')];
  setAside(first, 100);
  fill(join(disk, 'filler'));
  replace(first, '{}');
  expect(textOf(first)).toBe('{}');
  expect(() => replace(second, '{}')).toThrow('ENOSPC');
});

test('a replacement that was interrupted keeps no later one from happening', (context) => {
  const disk = smallDisk(context);
  const path = join(disk, 'one/life.json');
  replace(path, 'first');
  fill(join(disk, 'filler'));
  linkSync(path, `${path}.old`); // as far as a killed one came
  replace(path, 'second');
  replace(path, 'third');
  expect(textOf(path)).toBe('third');
  expect(readdirSync(join(disk, 'one')).toSorted()).toEqual(['life.json', 'life.json.spare']);
});
