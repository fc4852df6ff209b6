// What people get told whose realm it is not, or whose state cannot be where they put it: a sentence, never a stack.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const bin = join(import.meta.dirname, '../../../bin/realm');
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;

function place(): string {
  const cwd = mkdtempSync(join(tmpdir(), 'realm-user-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  chmodSync(cwd, 0o755);
  writeFileSync(join(cwd, 'realm.config.yaml'), 'plugins: [file]\nfiles: { a: { path: a.txt, text: x } }\n');
  return cwd;
}
function realm(cwd: string, args: readonly string[], uid?: number) {
  const env = { ...process.env, HOME: cwd, NO_COLOR: '1', FORCE_COLOR: '' };
  const ended = spawnSync(process.execPath, [bin, ...args], { cwd, env, encoding: 'utf8', ...(uid ? { uid } : {}) });
  return { code: ended.status, said: ended.stdout + ended.stderr, out: ended.stdout };
}

// Only root can be somebody else, and then only where others may read this repository.
const isOpenToAll =
  isRoot && spawnSync(process.execPath, [bin, 'explain', 'USAGE'], { cwd: '/', uid: NOBODY }).status === 0;
test.skipIf(!isOpenToAll)(
  'a state folder that belongs to somebody else is named with its owner',
  { timeout: 240_000 },
  () => {
    const cwd = place();
    mkdirSync(join(cwd, '.realm'), { mode: 0o700 });
    for (const args of [['status'], ['plan'], ['apply', '--yes'], ['up'], ['logs'], ['down']]) {
      const { code, said } = realm(cwd, args, NOBODY);
      expect({ args, code, said }).toEqual({
        args,
        code: 1,
        said: expect.stringContaining('error STORE_UNREADABLE  '),
      });
      expect(said.replaceAll(/\s+/g, ' ')).toContain(`belongs to user 0, and this is user ${NOBODY}`);
    }
    const { code, said } = realm(cwd, ['doctor'], NOBODY);
    expect(code).toBe(1);
    expect(said).not.toContain('damaged');
  },
);

test('a state folder below a file cannot be', { timeout: 240_000 }, () => {
  const cwd = place();
  for (const args of [['plan'], ['apply', '--yes']]) {
    const { code, said } = realm(cwd, ['--state', 'realm.config.yaml/x', ...args]);
    expect({ args, code, said }).toEqual({ args, code: 1, said: expect.stringContaining('error STORE_UNREADABLE  ') });
  }
});

test(
  'the doctor finds nothing wrong with a machine only because it may not start programs',
  { timeout: 240_000 },
  () => {
    const { out } = realm(place(), ['doctor', '--json']);
    const { findings } = JSON.parse(out) as { findings: { check: string; message: string }[] };
    expect(findings.filter(({ check }) => check === 'programs').map(({ message }) => message)).not.toContainEqual(
      expect.stringContaining('restricted'),
    );
  },
);
