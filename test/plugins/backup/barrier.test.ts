// The barrier between what was written and what may be relied on: an error of the disk is never asked away.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { barrier } from '../../../plugins/backup/barrier.ts';
import { type ByteText, fromBytes, fromText, toPath } from '../../../plugins/backup/byte-text.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'realm-barrier-'));
  mkdirSync(join(dir, 'data/deep'), { recursive: true });
  writeFileSync(join(dir, 'data/deep/file'), 'x', { mode: 0o444 });
  symlinkSync('/nowhere', join(dir, 'data/link'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true });
});

/** A `sync` of our own in the place of the system's; it writes down what it was asked. */
function sync(script: string): void {
  mkdirSync(join(dir, 'bin'));
  writeFileSync(join(dir, 'bin/sync'), `#!/bin/sh\necho "$@" >> ${dir}/asked\n${script}\n`);
  chmodSync(join(dir, 'bin/sync'), 0o755);
  vi.stubEnv('PATH', join(dir, 'bin'));
}
const data = (): ByteText => fromText(join(dir, 'data'));

test('one for the filesystem, however many folders lie on it', async () => {
  sync('exit 0');
  await barrier([data(), fromText(join(dir, 'data/deep'))]);
  expect(readFileSync(join(dir, 'asked'), 'utf8').trim().split('\n')).toHaveLength(1);
});

test('what the disk answers is thrown: asked again it would say that all is well', async () => {
  sync(`echo "sync: error syncing 'data': Input/output error" >&2; exit 1`);
  await expect(barrier([data()])).rejects.toThrow('Input/output error');
});

test.each([
  ['there is no such program', undefined],
  ['it knows no filesystems', `echo "sync: invalid option -- 'f'" >&2; exit 1`],
])('file by file where %s', async (_why, script) => {
  if (script === undefined) vi.stubEnv('PATH', join(dir, 'nothing'));
  else sync(script);
  await expect(barrier([data()])).resolves.toBeUndefined();
});

test('a name that no argument can be is synced file by file', async () => {
  sync('exit 1');
  const odd = fromBytes(Buffer.concat([Buffer.from(join(dir, 'odd')), Buffer.of(0xff)]));
  mkdirSync(toPath(odd));
  await expect(barrier([odd])).resolves.toBeUndefined();
  expect(existsSync(join(dir, 'asked'))).toBe(false);
});
