// An undo takes back one restore and nothing else, and what was done since it is in a snapshot and in a folder with a name.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { undo } from '../../../../plugins/backup/restore/undo.ts';
import { realm, tempRealm } from '../../../e2e/realm.ts';
import { policyOf } from './plain-engine.ts';
import { setting } from './place-for-tests.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

test('an older restore is not undone below a later one of the same; one beside it is no matter', async () => {
  const at = setting();
  at.write({ 'agents/z/a': '1', 'agents/j/b': '1' });
  await at.backup();
  at.write({ 'agents/z/a': '2', 'agents/j/b': '2' });
  const first = await restore(await at.plan({ paths: ['agents/z'] }), { stateDir: at.state }, at.tools);
  const beside = await restore(await at.plan({ paths: ['agents/j'] }), { stateDir: at.state }, at.tools);
  at.write({ 'agents/z/a': '3' });
  const later = await restore(await at.plan({ paths: ['agents/z/a'] }), { stateDir: at.state }, at.tools);
  const read = (path: string): string => readFileSync(join(at.config, 'agents', path), 'utf8');
  await expect(undo({ stateDir: at.state, uid: first.uid }, at.tools)).rejects.toMatchObject({
    code: 'BACKUP_RESTORE_REFUSED',
    message: expect.stringMatching(/agents\/z\/a was restored again from daily\/\S+ in .* and would go with it/),
    hint: expect.stringContaining(`realm backup undo ${later.uid}`),
  });
  expect([read('z/a'), read('j/b')]).toEqual(['1', '1']);
  await undo({ stateDir: at.state, uid: beside.uid }, at.tools);
  await undo({ stateDir: at.state, uid: later.uid }, at.tools);
  expect([read('z/a'), read('j/b')]).toEqual(['3', '2']);
  await undo({ stateDir: at.state, uid: first.uid }, at.tools);
  expect([read('z/a'), read('j/b')]).toEqual(['2', '2']);
});

test('what is there is saved before it is taken back, and lies in a folder that is named', async () => {
  const at = setting();
  at.write({ 'agents/z/a': '1' });
  await at.backup();
  at.write({ 'agents/z/a': '2' });
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  at.write({ 'agents/z/since': 's' });
  const safety = { engines: [at.engine], policy: policyOf('daily', [], [at.state, at.target]) };
  const undone = await undo({ stateDir: at.state, safety: { ...safety, roots: [at.root('agents')] } }, at.tools);
  expect(readFileSync(join(at.target, undone.safety!, 'data/agents/z/since'), 'utf8')).toBe('s');
  expect(undone.aside.map((folder) => readFileSync(join(folder, 'agents/z/since'), 'utf8'))).toEqual(['s']);
  expect(undone.keptUntil).toBeGreaterThan(at.tools.now());
});

test('by hand: what was done since the restore is in a snapshot that a restore brings back, and the folder is named', async () => {
  const dir = await tempRealm({
    'realm.config.yaml': `realm: { timezone: UTC }\nplugins: [backup]\nbackups:\n  daily: { sources: [agents], to: [backups], keep: { last: 3 } }\n`,
    'agents/z/notes.md': 'a\n',
  });
  const backup = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await realm(dir, ['backup', ...args], { timeoutMs: 60_000 });
    expect(code, stdout + stderr).toBe(0);
    return stdout;
  };
  await backup('run', 'daily');
  writeFileSync(join(dir, 'agents/z/notes.md'), 'b\n');
  await backup('restore', 'daily', '--in-place');
  writeFileSync(join(dir, 'agents/z/since.md'), 'a day of work\n');
  const said = await backup('undo');
  expect(readFileSync(join(dir, 'agents/z/notes.md'), 'utf8')).toBe('b\n');
  const [, safety] = /what was there until now is saved as (daily\/\S+)/.exec(said) ?? [];
  const [, folder, until] = /lies in (\S+) until (\S+)/.exec(said) ?? [];
  expect(readdirSync(join(folder!, 'agents/z')).sort()).toEqual(['notes.md', 'since.md']);
  expect(Date.parse(until!)).toBeGreaterThan(Date.now());
  await backup('restore', 'daily', '--id', safety!.split('/')[1]!, '--in-place');
  expect(readFileSync(join(dir, 'agents/z/since.md'), 'utf8')).toBe('a day of work\n');
  expect(existsSync(join(dir, 'agents/z/notes.md'))).toBe(true);
});
