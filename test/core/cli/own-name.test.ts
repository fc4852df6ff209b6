// What a person is told to type, on a PATH with realm and without.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ownName } from '../../../core/cli/own-name.ts';

test('`realm` counts when the PATH has it; else the launcher is named, from here when it lies below', () => {
  const dir = mkdtempSync(join(tmpdir(), 'realm-path-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(join(dir, 'bin'));
  const launcher = join(dir, 'bin', 'realm');
  writeFileSync(launcher, '', { mode: 0o644 });
  const path = { PATH: `/nowhere::${join(dir, 'bin')}` };
  expect(ownName(path, dir, launcher)).toBe('bin/realm'); // there, but nothing that can be started
  expect(ownName({}, '/', launcher)).toBe(launcher.slice(1));
  expect(ownName({}, join(dir, 'bin', 'x'), launcher)).toBe(launcher);
  chmodSync(launcher, 0o755);
  expect(ownName(path, dir, launcher)).toBe('realm');
});
