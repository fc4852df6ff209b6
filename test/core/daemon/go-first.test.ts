// What goes first, and what does not: judged by what the kernel shows of each session.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { goFirst } from '../../../core/daemon/go-first.ts';
import { mayGoFirst } from '../../autogroup.ts';

const SOURCE = fileURLToPath(new URL('../../../core/daemon/go-first.ts', import.meta.url));
const BODY = `
  import { goFirst } from ${JSON.stringify(pathToFileURL(SOURCE).href)};
  import { readFileSync } from 'node:fs';
  goFirst();
  console.log(readFileSync('/proc/self/autogroup', 'utf8'));
`;

/** What `/proc/self/autogroup` says of a session in which a Node is the leader, or a shell that runs it. */
function niceOf(leader: 'node' | 'sh'): number {
  const words = [process.execPath, '--input-type=module', '-e', BODY];
  const all = leader === 'node' ? words : ['/bin/sh', '-c', '"$@"; exit $?', 'sh', ...words];
  const { stdout, stderr } = spawnSync('setsid', ['--wait', ...all], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return Number(/ nice (-?\d+)$/m.exec(stdout)?.[1]);
}

test.runIf(mayGoFirst)('who leads a session goes first with it; who is in that of another changes nothing', () => {
  expect(niceOf('node')).toBe(-15);
  expect(niceOf('sh')).toBe(0);
});

test('where there is no such thing, or it cannot be written, nothing happens', () => {
  const self = mkdtempSync(join(tmpdir(), 'realm-first-'));
  onTestFinished(() => rmSync(self, { recursive: true }));
  goFirst(self);
  writeFileSync(join(self, 'stat'), '7 (a) b) S 1 7 7 0 -1');
  goFirst(self);
  expect(existsSync(join(self, 'autogroup'))).toBe(false);
  writeFileSync(join(self, 'autogroup'), '');
  goFirst(self);
  expect(readFileSync(join(self, 'autogroup'), 'utf8')).toBe('-15'); // the name of a program may look like more fields
});
