// Restores beside one another, and afterwards: one at a time of the same place, and old copies go when their time is over.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { purgeRestores, recoverSwaps } from '../../../../plugins/backup/restore/recover.ts';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { undo, undoable } from '../../../../plugins/backup/restore/undo.ts';
import { setting } from './place-for-tests.ts';
import { type Setting, witness } from './realm-for-tests.ts';

async function hurt(at: Setting): Promise<void> {
  at.write({ 'agents/z/a': '1', 'agents/j/b': '1' });
  await at.backup();
  at.write({ 'agents/z/a': '2', 'agents/j/b': '2' });
}

test('while one is under way nobody recovers it, and no other one of the same place begins', async () => {
  const at = setting();
  await hurt(at);
  const plan = await at.plan({ paths: ['agents/z'] });
  const inside = await at.plan({ paths: ['agents/z/a'] });
  const beside = await at.plan({ paths: ['agents/j'] });
  const extract = at.engine.extract.bind(at.engine);
  let seen = 0;
  at.engine.extract = async (snapshot, wanted) => {
    at.engine.extract = extract;
    seen += 1;
    expect(recoverSwaps(at.state, at.tools)).toEqual([]);
    await expect(restore(inside, { stateDir: at.state }, at.tools)).rejects.toThrow(/another restore .* is under way/);
    await restore(beside, { stateDir: at.state }, at.tools);
    return extract(snapshot, wanted);
  };
  await restore(plan, { stateDir: at.state }, at.tools);
  expect(seen).toBe(1);
  const read = (path: string): string => readFileSync(join(at.config, 'agents', path), 'utf8');
  expect([read('z/a'), read('j/b')]).toEqual(['1', '1']);
});

test('an old copy is kept for its time, and then it is gone and cannot be undone', async () => {
  const at = setting();
  await hurt(at);
  const done = await restore(await at.plan(), { stateDir: at.state, keepMs: 60_000 }, at.tools);
  expect(purgeRestores(at.state, done.undoUntil! - 1, at.tools)).toEqual([]);
  expect(undoable(at.state).map(({ uid }) => uid)).toEqual([done.uid]);
  const now = witness(join(at.config, 'agents'));
  expect(purgeRestores(at.state, done.undoUntil!, at.tools)).toEqual([done.uid]);
  expect(witness(join(at.config, 'agents'))).toBe(now);
  expect(readdirSync(at.config)).toEqual(['.realm', 'agents']);
  await expect(undo({ stateDir: at.state }, at.tools)).rejects.toMatchObject({ code: 'BACKUP_RESTORE_REFUSED' });
});

test('what came since a restore is not lost by its undo', async () => {
  const at = setting();
  await hurt(at);
  const done = await restore(await at.plan(), { stateDir: at.state, keepMs: 60_000 }, at.tools);
  at.write({ 'agents/z/since': 's' });
  await undo({ stateDir: at.state, uid: done.uid }, at.tools);
  const aside = readdirSync(at.config, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('since'));
  expect(aside).toHaveLength(1);
  expect(aside[0]).toContain('.realm-restore-');
  expect(recoverSwaps(at.state, at.tools)).toEqual([]);
  purgeRestores(at.state, at.tools.now() + 120_000, at.tools);
  expect(readdirSync(at.config)).toEqual(['.realm', 'agents']);
});

test('what somebody else put in the way meanwhile is kept, also when the restore is taken back', async () => {
  const at = setting();
  await hurt(at);
  const step = (point: string): void => {
    if (point === 'backup.restore.aside:after') at.write({ 'agents/stranger': 'mine' });
  };
  const owner = { stop: async () => {}, start: async () => {}, isHealthy: async () => 'dead' };
  const failed = restore(await at.plan(), { stateDir: at.state, owner }, { ...at.tools, step });
  await expect(failed).rejects.toMatchObject({ code: 'BACKUP_RESTORE_FAILED' });
  const kept = readdirSync(at.config, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('stranger'));
  expect(kept).toEqual([expect.stringMatching(/^\.realm-restore-\w+\/stray\/agents\/stranger$/)]);
  expect(readFileSync(join(at.config, 'agents/z/a'), 'utf8')).toBe('2');
});

test('a journal that cannot be read stops everything: what it speaks of is not guessed', async () => {
  const at = setting();
  await hurt(at);
  const done = await restore(await at.plan(), { stateDir: at.state }, at.tools);
  writeFileSync(join(at.state, 'restores', `${done.uid}.json`), '{"version":1,');
  expect(() => recoverSwaps(at.state, at.tools)).toThrow(/cannot be read/);
  await expect(restore(await at.plan(), { stateDir: at.state }, at.tools)).rejects.toThrow(/cannot be read/);
});

test('a restore of what is the same takes no copy and needs no undo', async () => {
  const at = setting();
  at.write({ 'agents/z/a': '1' });
  await at.backup();
  const done = await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(done).toMatchObject({ files: 0, bytes: 0, safety: undefined, undoUntil: undefined });
  expect(readdirSync(at.config)).toEqual(['.realm', 'agents']);
});
