// In place a restore touches what is declared: where a snapshot says that it came from does not decide where files go.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { walk } from '../../../../plugins/backup/tree/walk.ts';
import { policyOf } from './plain-engine.ts';
import { setting } from './place-for-tests.ts';
import { linesOf } from './realm-for-tests.ts';

test('what no source names any more stays as it is and is told; who says so has it back', async () => {
  const at = setting();
  at.write({ 'agents/a': '1', 'rules/gate': '1', 'rules/new': '1' });
  await at.backup('daily', [at.root('agents'), at.root('rules')]);
  at.write({ 'agents/a': '2', 'rules/gate': '2' });
  const read = (path: string): string => readFileSync(join(at.config, path), 'utf8');
  const declared = [at.root('agents')];
  const plan = await at.plan({ declared });
  expect(plan.remarks).toEqual([expect.stringMatching(/^rules is left alone: .*--undeclared/)]);
  await restore(plan, { stateDir: at.state }, at.tools);
  expect([read('agents/a'), read('rules/gate')]).toEqual(['1', '2']);
  await expect(at.plan({ declared, paths: ['rules'] })).rejects.toMatchObject({
    code: 'BACKUP_RESTORE_REFUSED',
    message: expect.stringContaining('rules is left alone'),
  });
  expect((await at.plan({ declared, paths: ['agents'] })).remarks).toEqual([]);
  expect((await at.plan({ declared, to: join(at.folder, 'out') })).counts).toMatchObject({ create: 5 });
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(read('rules/gate')).toBe('1');
});

test('of a folder that was saved as a whole only the part that is declared now is restored', async () => {
  const at = setting();
  at.write({ 'agents/z/SOUL.md': '1', 'agents/z/log': '1', 'agents/j/SOUL.md': '1' });
  await at.backup();
  at.write({ 'agents/z/SOUL.md': '2', 'agents/z/log': '2', 'agents/z/only-here': '2', 'agents/j/SOUL.md': '2' });
  const plan = await at.plan({ declared: [at.root('agents/z', { include: ['*.md'] })] });
  await restore(plan, { stateDir: at.state }, at.tools);
  const read = (path: string): string => readFileSync(join(at.config, 'agents', path), 'utf8');
  expect([read('z/SOUL.md'), read('j/SOUL.md')]).toEqual(['1', '2']);
  expect(read('z/only-here'), 'nothing that is not declared is moved away').toBe('2');
});

test('a snapshot that claims to be of elsewhere writes nothing there, and nothing there is saved', async () => {
  const at = setting();
  const elsewhere = join(at.folder, 'elsewhere');
  mkdirSync(elsewhere);
  writeFileSync(join(elsewhere, 'key'), 'theirs');
  at.write({ 'agents/a': '1' });
  const root = { from: elsewhere, as: `@root${elsewhere}`, include: undefined, exclude: [] };
  const whole = { from: at.config, as: '', include: undefined, exclude: ['.realm'] };
  await at.backup('daily', [whole, root]);
  writeFileSync(join(elsewhere, 'key'), 'mine');
  at.write({ 'agents/a': '2' });
  const safety = { engines: [at.engine], policy: policyOf('daily', [], [at.state, at.target]) };
  const plan = await at.plan({ declared: [whole] });
  const done = await restore(plan, { stateDir: at.state, safety }, at.tools);
  expect(readFileSync(join(elsewhere, 'key'), 'utf8')).toBe('mine');
  expect(readFileSync(join(at.config, 'agents/a'), 'utf8')).toBe('1');
  expect(readdirSync(join(at.target, done.safety!, 'data'))).not.toContain('@root');
  writeFileSync(join(elsewhere, 'other'), 'not saved');
  const part = { ...root, include: ['key'] };
  await restore(await at.plan({ declared: [whole, part] }), { stateDir: at.state }, at.tools);
  expect(readdirSync(elsewhere), 'what is not declared there is left alone').toContain('other');
  expect(readFileSync(join(elsewhere, 'key'), 'utf8')).toBe('theirs');
});

test('a file is no folder to restore into', async () => {
  const at = setting();
  at.write({ 'agents/a': '1', notes: 'mine' });
  await at.backup();
  await expect(at.plan({ to: join(at.config, 'notes') })).rejects.toMatchObject({
    code: 'BACKUP_RESTORE_REFUSED',
    message: expect.stringMatching(/notes is there, and is no folder/),
  });
  expect(readFileSync(join(at.config, 'notes'), 'utf8')).toBe('mine');
});

test('a folder beside the config that is named as elsewhere is named in snapshots: not saved, told, and left alone', async () => {
  const at = setting();
  at.write({ 'agents/a': '1', '@root/etc/odd': 'mine' });
  const whole = { from: at.config, as: '', include: undefined, exclude: [] };
  const troubles: string[] = [];
  const trouble = ({ path, what }: { path: string; what: string }): void => void troubles.push(`${what} ${path}`);
  const found = [...walk({ roots: [whole], never: [at.state], trouble })].map(({ path }) => path);
  expect(found).toEqual(['agents', 'agents/a']);
  expect(troubles).toEqual(['refused @root']);
  await at.backup('daily', [whole]);
  at.write({ 'agents/a': '2' });
  const lines = await linesOf(await at.plan());
  expect(lines.filter((line) => line.includes('@root'))).toEqual([]);
});
