// What is damaged, wrong or hostile in a snapshot or at the destination never makes a restore write elsewhere, or half.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ByteText, fromText } from '../../../../plugins/backup/byte-text.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { setting } from './place-for-tests.ts';
import { age, linesOf, type Setting, witness } from './realm-for-tests.ts';

const base = { size: 1, mode: 0o777, uid: 0, gid: 0, mtimeNs: '0', ctimeNs: '0', inode: 1, device: 1 };
const file = (path: string): Entry => ({ ...base, path: fromText(path), type: 'file', sha256: 'a'.repeat(64) });
const folder = (path: string): Entry => ({ ...base, path: fromText(path), type: 'folder' });
const link = (path: string, to: string): Entry => ({
  ...base,
  path: fromText(path),
  type: 'link',
  target: fromText(to),
});

async function hostile(at: Setting, entries: readonly Entry[]): Promise<void> {
  at.write({ 'agents/z/a': '1' });
  await at.backup();
  const [snapshot] = (await at.engine.list('daily')).snapshots;
  at.engine.save(snapshot!, entries);
}

test.each([
  ['a path that leads up', [folder('agents'), file('agents/../../out')]],
  ['a path that begins with a leading up', [file('../out')]],
  ['an absolute path', [file('/etc/out')]],
  ['a dot', [folder('agents'), file('agents/./out')]],
  ['an empty part', [folder('agents'), file('agents//out')]],
  ['a NUL', [file('a\0b')]],
  ['no path', [file('')]],
  ['a file below a link', [folder('agents'), link('agents/l', '/tmp'), file('agents/l/out')]],
  ['a file below a link, with something between', [link('l', '/tmp'), file('l-'), file('l/out')]],
  ['a file below a file', [file('a'), file('a/b')]],
  ['a file in a folder that is not there', [folder('agents'), file('agents/z/a')]],
  ['a path twice', [folder('agents'), file('agents/a'), file('agents/a')]],
  ['a path out of order', [folder('b'), folder('a')]],
  ['a hard link to what lies outside', [folder('agents'), { ...file('agents/a'), sameAs: '../../x' as ByteText }]],
])('%s is refused before anything is written', async (_, entries) => {
  const at = setting();
  await hostile(at, entries);
  const before = readdirSync(at.folder, { recursive: true }).length;
  for (const to of [join(at.folder, 'to'), undefined])
    await expect(at.plan({ to })).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  expect(readdirSync(at.folder, { recursive: true }).length).toBe(before);
});

test('links at the destination are replaced, never followed', async () => {
  const at = setting();
  const outside = join(at.folder, 'outside');
  mkdirSync(outside);
  at.write({ 'agents/z/a': '1', 'agents/z/deep/b': '1' });
  age(at.config);
  await at.backup();
  const saved = witness(join(at.config, 'agents'));
  rmSync(join(at.config, 'agents/z/deep'), { recursive: true });
  symlinkSync(outside, join(at.config, 'agents/z/deep'));
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(witness(join(at.config, 'agents'))).toBe(saved);
  rmSync(join(at.config, 'agents/z'), { recursive: true });
  symlinkSync(outside, join(at.config, 'agents/z'));
  await expect(at.plan({ paths: ['agents/z/deep'] })).rejects.toThrow(/is a link now/);
  const to = join(at.folder, 'to');
  mkdirSync(to);
  symlinkSync(outside, join(to, 'agents'));
  await restore(await at.plan({ to }), { stateDir: at.state }, at.tools);
  expect(witness(join(to, 'agents'))).toBe(saved);
  expect(readdirSync(outside)).toEqual([]);
});

test('above a source a link leads on, as it did when it was saved', async () => {
  const at = setting();
  const disk = join(at.folder, 'disk');
  at.write({ 'agents/z/a': '1' });
  renameSync(join(at.config, 'agents'), disk);
  symlinkSync(disk, join(at.config, 'agents'));
  await at.backup('daily', [at.root('agents/z')]);
  at.write({ 'agents/z/a': '2' });
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(readFileSync(join(disk, 'z/a'), 'utf8')).toBe('1');
});

test('nothing is restored into a target or the state, not even through a link', async () => {
  const at = setting();
  at.write({ 'agents/a': '1' });
  await at.backup();
  symlinkSync(at.target, join(at.folder, 'way-in'));
  for (const to of [at.target, join(at.target, 'x'), join(at.state, 'y'), join(at.folder, 'way-in/z')])
    await expect(at.plan({ to })).rejects.toMatchObject({ code: 'BACKUP_RESTORE_REFUSED' });
});

test('a source that holds the target and the state is restored around them', async () => {
  const at = setting();
  at.write({ a: '1', 'b/c': '1', 'b/d/e': '1' });
  await at.backup('daily', [at.root('')]);
  at.write({ a: '2', 'b/c': '2', new: 'n', '.realm/mine': 'state' });
  const before = witness(at.config);
  expect(await linesOf(await at.plan())).toEqual([
    'update a 0',
    'same b 0',
    'update b/c 0',
    'same b/d 0',
    'same b/d/e 0',
    'aside new',
  ]);
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  const read = (path: string): string => readFileSync(join(at.config, path), 'utf8');
  expect([read('a'), read('b/c'), read('.realm/mine')]).toEqual(['1', '1', 'state']);
  expect(() => read('new')).toThrow(/ENOENT/);
  expect(before).toContain('./new f');
});

const damage = (at: Setting, id: string, path: string): void =>
  writeFileSync(join(at.target, id, 'data', path), 'XXXX');

test('a damaged file is taken from another snapshot: the same content, or the older state, and it is said', async () => {
  const at = setting();
  at.write({ 'agents/a': 'same', 'agents/b': 'old' });
  const first = await at.backup();
  at.write({ 'agents/b': 'new' });
  const second = await at.backup();
  damage(at, second, 'agents/a');
  damage(at, second, 'agents/b');
  rmSync(join(at.config, 'agents'), { recursive: true });
  const done = await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(done.substitutes.map(({ path, isExact }) => [path, isExact])).toEqual([
    ['agents/a', true],
    ['agents/b', false],
  ]);
  expect(at.said.join('\n')).toContain(first);
  expect(readFileSync(join(at.config, 'agents/a'), 'utf8')).toBe('same');
  expect(readFileSync(join(at.config, 'agents/b'), 'utf8')).toBe('old');
});

test('what is damaged everywhere, or may not be older, fails the restore and changes nothing', async () => {
  const at = setting();
  at.write({ 'agents/a': 'old', 'agents/c': 'c' });
  const first = await at.backup();
  at.write({ 'agents/a': 'new' });
  damage(at, await at.backup(), 'agents/a');
  at.write({ 'agents/a': 'hurt' });
  const before = witness(at.folder);
  const refuse = restore(await at.plan(), { stateDir: at.state, onDamage: 'refuse' }, at.tools);
  await expect(refuse).rejects.toMatchObject({ code: 'BACKUP_DAMAGED', message: /agents\/a/ });
  damage(at, first, 'agents/a');
  const lost = restore(await at.plan(), { stateDir: at.state }, at.tools);
  await expect(lost).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  damage(at, first, 'agents/a');
  expect(readdirSync(at.config, { recursive: true }).filter((name) => String(name).includes('realm-restore'))).toEqual(
    [],
  );
  const agents = (text: string): string[] => text.split('\n').filter((line) => line.includes('realm/agents'));
  expect(agents(witness(at.folder))).toEqual(agents(before));
});

test('a snapshot known to be damaged is passed over for an older whole one, and that is said', async () => {
  const at = setting();
  at.write({ 'agents/a': 'old' });
  const first = await at.backup();
  at.write({ 'agents/a': 'new' });
  await at.backup();
  const [, second] = (await at.engine.list('daily')).snapshots;
  const entries: Entry[] = [];
  for await (const entry of at.engine.entries(second!)) entries.push(entry);
  at.engine.save({ ...second!, damaged: ['agents/a'] }, entries);
  const plan = await at.plan();
  expect(plan.layers[0]!.snapshot.id).toBe(first);
  expect(plan.remarks.join()).toContain('is newer but damaged (agents/a)');
  const named = await at.plan({ layers: [{ policy: 'daily', engines: [at.engine], id: second!.label }] });
  expect(named.layers[0]!.snapshot.id).toBe(second!.id);
});

test('a moment in the past, an unknown id and no snapshot at all', async () => {
  const at = setting();
  at.write({ 'agents/a': '1' });
  const first = await at.backup();
  const between = at.tools.now();
  await at.backup();
  const layer = { policy: 'daily', engines: [at.engine] };
  expect((await at.plan({ layers: [{ ...layer, at: between }] })).layers[0]!.snapshot.id).toBe(first);
  await expect(at.plan({ layers: [{ ...layer, at: 5 }] })).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
  await expect(at.plan({ layers: [{ ...layer, id: 'q' }] })).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
});
