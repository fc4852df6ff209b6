// Completion: driven through a real bash; the scripts of shells that are not installed are read.
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { play, resource, statusOf } from './stage.ts';

const has = (shell: string): boolean => {
  try {
    execFileSync(shell, ['-c', 'true']);
    return true;
  } catch {
    return false;
  }
};

/** What bash offers at the end of the line, with a `realm` on the PATH that knows three refs. */
async function offered(line: string): Promise<readonly string[]> {
  const dir = await mkdtemp(join(tmpdir(), 'realm-completion-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const { out } = await play(['completion', 'bash']);
  await writeFile(join(dir, 'completion.bash'), out);
  const refs = ['file/motd', 'service/web', 'service/$(touch pwned)'].map((ref) => `'${ref}'`).join(' ');
  await writeFile(
    join(dir, 'realm'),
    `#!/bin/sh
    case "$*" in
      '-C '*) printf '%s\\n' "$1=$2" ;;
      '__complete verbs') printf '%s\\n' backup skills ;;
      '__complete verbs backup') printf '%s\\n' run '$(touch pwned)' ;;
      '__complete verbs backup run') printf '%s\\n' --dry-run --max-age ;;
      '__complete refs') printf '%s\\n' ${refs} ;;
    esac\n`,
  );
  await chmod(join(dir, 'realm'), 0o755);
  const words = line.split(' ').map((word) => `'${word}'`);
  const script = `source completion.bash; compopt() { :; }; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _realm; printf '%s\\n' "\${COMPREPLY[@]}"; ls`;
  const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}` };
  const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], { cwd: dir, env });
  expect(stderr).toBe('');
  const files = ['completion.bash', 'realm'];
  const lines = stdout.split('\n').filter((one) => one !== '');
  expect(lines.slice(-2)).toEqual(files); // nothing that was offered was run
  return lines.slice(0, -2);
}

test.each([
  ['realm pla', ['plan']],
  ['realm sto', ['stop']],
  ['realm --json -C plan ap', ['apply', 'approvals', 'approve']],
  ['realm plan --ta', ['--target']],
  ['realm plan --n', ['--no-wait', '--no-color']],
  ['realm events --fo', ['--follow']],
  ['realm why s', ['service/web', 'service/$(touch pwned)']],
  ['realm plan --target f', ['file/motd']],
  ['realm events --ref file', ['file/motd']],
  ['realm completion ', ['bash', 'zsh', 'fish']],
  ['realm zebra ', []],
  ['realm s', ['skills', 'status', 'stop', 'start', 'service', 'state', 'schema']],
  ['realm backup ', ['run', '$(touch pwned)']],
  ['realm backup run --d', ['--dry-run']],
  ['realm * ', []],
])('bash at the end of `%s`', async (line, words) => {
  expect(await offered(line)).toEqual(words);
});

test('bash asks the realm that the line is about', async () => {
  expect(await offered('realm -C /lab why ')).toEqual(['-C=/lab']);
});

test.each(['zsh', 'fish'])('%s knows commands, flags with their text, and where refs go', async (shell) => {
  const { out, code } = await play(['completion', shell]);
  expect(code).toBe(0);
  for (const part of ['plan', 'approvals', 'Show what would change', '__complete', 'refs']) expect(out).toContain(part);
  expect(out).not.toContain('undefined');
  expect(out).toMatch(
    shell === 'zsh' ? /'plan'\|'plan '\*\)/ : /__realm_at \\'plan\\'' -l target -r -a '\(__realm_offer refs\)'/,
  );
});

// Needs that shell on this machine.
test.runIf(has('zsh'))('zsh reads its script', async () => {
  const { out } = await play(['completion', 'zsh']);
  expect(() => execFileSync('zsh', ['-n'], { input: out })).not.toThrow();
});
// Needs that shell on this machine.
test.runIf(has('fish'))('fish reads its script, and completes with it', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'realm-fish-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  const { out } = await play(['completion', 'fish']);
  const script = join(dir, 'realm.fish');
  await writeFile(script, out);
  const fish = (...args: string[]): string => execFileSync('fish', ['--no-config', ...args], { encoding: 'utf8' });
  expect(() => fish('--no-execute', script)).not.toThrow();
  expect(fish('-c', `source ${script}; complete -C 'realm pl'`)).toMatch(/^plan\t.*\nplugin\t/);
});

test('the words that the scripts ask for', async () => {
  const door = { status: async () => statusOf([resource('service/web'), resource('file/$(x)')]) };
  expect((await play(['__complete', 'refs'], { door })).out).toBe('service/web\n');
  expect((await play(['__complete', 'codes'])).out).toContain('LEASE_BUSY\n');
  const without = await play(['__complete', 'refs'], { fails: new Error('no realm') });
  expect(without).toMatchObject({ code: 1, out: '', err: '' });
  expect((await play(['completion', 'tcsh'])).code).toBe(64);
});
