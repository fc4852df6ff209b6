// What is restored is what was saved, what must stay stays, and an undo brings back exactly what was there.
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RealmError } from '../../../../core/errors.ts';
import type { Engine, Tools } from '../../../../plugins/backup/engine.ts';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { undo } from '../../../../plugins/backup/restore/undo.ts';
import { policyOf } from './plain-engine.ts';
import { setting } from './place-for-tests.ts';
import { age, linesOf, witness } from './realm-for-tests.ts';

function odd(config: string): void {
  const z = join(config, 'agents/z');
  mkdirSync(join(z, 'empty'), { recursive: true });
  mkdirSync(join(z, 'shut'));
  writeFileSync(join(z, 'SOUL.md'), 'soul');
  writeFileSync(join(z, 'run.sh'), '#!/bin/sh\n', { mode: 0o750 });
  writeFileSync(join(z, 'new\nline\\and back'), 'odd');
  writeFileSync(Buffer.concat([Buffer.from(`${z}/`), Buffer.from([0xff, 0xfe, 0x20])]), 'bytes');
  symlinkSync('SOUL.md', join(z, 'link'));
  symlinkSync('/nowhere/at all', join(z, 'dangling'));
  linkSync(join(z, 'SOUL.md'), join(z, 'twin'));
  writeFileSync(join(z, 'shut/secret'), 's', { mode: 0o400 });
  chmodSync(join(z, 'shut'), 0o555);
  writeFileSync(join(config, 'agents/z-notes'), 'beside');
  age(config);
}

test('a tree comes back as it was, to another place and in place', async () => {
  const at = setting();
  odd(at.config);
  const before = witness(join(at.config, 'agents'));
  await at.backup();
  const to = join(at.folder, 'elsewhere/deep');
  const plan = await at.plan({ to });
  expect(plan.counts).toMatchObject({ update: 0, same: 0, aside: 0 });
  const done = await restore(plan, { stateDir: at.state }, at.tools);
  expect(witness(join(to, 'agents'))).toBe(before);
  expect(done).toMatchObject({ undoUntil: undefined, substitutes: [] });
  expect(statSync(join(to, 'agents/z/twin')).ino).toBe(statSync(join(to, 'agents/z/SOUL.md')).ino);
  rmSync(join(at.config, 'agents/z'), { recursive: true });
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(witness(join(at.config, 'agents'))).toBe(before);
});

test.each(['safety', 'stage', 'sync'])('asked to end in its phase %s it changes nothing', async (phase) => {
  const at = setting();
  odd(at.config);
  await at.backup();
  at.write({ 'agents/z/SOUL.md': 'evil' });
  const before = witness(join(at.config, 'agents/z'));
  const asked = new AbortController();
  const progress: Tools['progress'] = (one) => {
    if (one.phase === phase) asked.abort(new Error('the realm goes down'));
  };
  const safety = { engines: [at.engine], policy: policyOf('daily', [at.root('agents')], [at.state, at.target]) };
  const going = restore(
    await at.plan(),
    { stateDir: at.state, safety },
    { ...at.tools, signal: asked.signal, progress },
  );
  await expect(going).rejects.toThrow('the realm goes down');
  expect(witness(join(at.config, 'agents/z'))).toBe(before);
});

test('nothing is written when everything is as it was', async () => {
  const at = setting();
  odd(at.config);
  await at.backup();
  const plan = await at.plan();
  expect(plan.units).toEqual([]);
  expect(new Set((await linesOf(plan)).map((line) => line.split(' ')[0]))).toEqual(new Set(['same']));
});

test('a file that was changed behind its times is restored', async () => {
  const at = setting();
  odd(at.config);
  const before = witness(join(at.config, 'agents'));
  await at.backup();
  at.write({ 'agents/z/SOUL.md': 'evil' });
  age(at.config);
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(witness(join(at.config, 'agents'))).toBe(before);
});

test('undo brings back what was there, to the byte', async () => {
  const at = setting();
  odd(at.config);
  const saved = witness(join(at.config, 'agents'));
  await at.backup();
  at.write({ 'agents/z/SOUL.md': 'hurt', 'agents/z/more/deep': 'only now' });
  rmSync(join(at.config, 'agents/z/link'));
  age(at.config);
  const hurt = witness(join(at.config, 'agents'));
  const done = await restore(await at.plan(), { stateDir: at.state }, at.tools);
  expect(witness(join(at.config, 'agents'))).toBe(saved);
  await undo({ stateDir: at.state, uid: done.uid }, at.tools);
  expect(witness(join(at.config, 'agents'))).toBe(hurt);
  await expect(undo({ stateDir: at.state, uid: done.uid }, at.tools)).rejects.toThrow(/no restore .* can be undone/);
});

test('what was never in the sources stays, and an append-only file is never rolled back', async () => {
  const at = setting();
  at.write({ 'agents/z/SOUL.md': 'a', 'agents/z/log.jsonl': '1\n', 'agents/z/models/big': 'B', 'agents/z/x.tmp': 't' });
  await at.backup('daily', [at.root('agents', { exclude: ['**/models', '**/*.tmp'] })]);
  at.write({ 'agents/z/SOUL.md': 'b', 'agents/z/extra': 'e', 'agents/z/models/big': 'BB' });
  appendFileSync(join(at.config, 'agents/z/log.jsonl'), '2\n');
  age(at.config);
  const hurt = witness(join(at.config, 'agents'));
  const plan = await at.plan({ appendOnly: ['**/*.jsonl'] });
  expect(await linesOf(plan)).toEqual([
    'same agents 0',
    'same agents/z 0',
    'update agents/z/SOUL.md 0',
    'aside agents/z/extra',
    'keep agents/z/log.jsonl 0',
    'keep agents/z/models',
    'keep agents/z/x.tmp',
  ]);
  const done = await restore(plan, { stateDir: at.state }, at.tools);
  const read = (path: string): string => readFileSync(join(at.config, 'agents/z', path), 'utf8');
  expect([read('SOUL.md'), read('log.jsonl'), read('models/big'), read('x.tmp')]).toEqual(['a', '1\n2\n', 'BB', 't']);
  expect(existsSync(join(at.config, 'agents/z/extra'))).toBe(false);
  await undo({ stateDir: at.state, uid: done.uid }, at.tools);
  expect(witness(join(at.config, 'agents'))).toBe(hurt);
});

test('single files and folders are restored alone, and what is not in the snapshot is refused', async () => {
  const at = setting();
  at.write({ 'agents/z/a': '1', 'agents/z/b': '1', 'agents/j/c': '1' });
  await at.backup();
  at.write({ 'agents/z/a': '2', 'agents/z/b': '2', 'agents/j/c': '2' });
  await restore(await at.plan({ paths: ['agents/z/a'] }), { stateDir: at.state }, at.tools);
  expect(readFileSync(join(at.config, 'agents/z/a'), 'utf8')).toBe('1');
  expect(readFileSync(join(at.config, 'agents/z/b'), 'utf8')).toBe('2');
  await restore(await at.plan({ paths: [join(at.config, 'agents/j')] }), { stateDir: at.state }, at.tools);
  expect(readFileSync(join(at.config, 'agents/j/c'), 'utf8')).toBe('1');
  await expect(at.plan({ paths: ['agents/q'] })).rejects.toMatchObject({ code: 'BACKUP_RESTORE_REFUSED' });
  await expect(at.plan({ paths: ['../etc'] })).rejects.toMatchObject({ code: 'BACKUP_RESTORE_REFUSED' });
  const to = join(at.folder, 'one');
  await restore(await at.plan({ paths: ['agents/z/b'], to }), { stateDir: at.state }, at.tools);
  expect(readFileSync(join(to, 'agents/z/b'), 'utf8')).toBe('1');
  expect(existsSync(join(to, 'agents/j'))).toBe(false);
});

test('what is there is saved first, and that is not what the next restore takes', async () => {
  const at = setting();
  at.write({ 'agents/z/a': '1' });
  const id = await at.backup();
  at.write({ 'agents/z/a': '2' });
  const safety = { engines: [at.engine], policy: policyOf('daily', [], [at.state, at.target]) };
  const done = await restore(await at.plan(), { stateDir: at.state, safety }, at.tools);
  expect(done.safety).toMatch(/^daily\//);
  expect(readFileSync(join(at.target, done.safety!, 'data/agents/z/a'), 'utf8')).toBe('2');
  expect((await at.plan()).layers[0]!.snapshot.id).toBe(id);
});

test('no target takes what is there: it comes back all the same, and what was there lies aside; one that is busy is waited for', async () => {
  const at = setting();
  at.write({ 'agents/z/a': '1' });
  await at.backup();
  at.write({ 'agents/z/a': '2' });
  const policy = policyOf('daily', [], [at.state, at.target]);
  const refusing = (code: 'BACKUP_BUSY' | 'BACKUP_TARGET_FULL'): Engine =>
    Object.assign(Object.create(at.engine) as Engine, {
      write: () => Promise.reject(new RealmError(code, `it is ${code}`)),
    });
  const busy = { engines: [refusing('BACKUP_BUSY'), refusing('BACKUP_TARGET_FULL')], policy };
  await expect(restore(await at.plan(), { stateDir: at.state, safety: busy }, at.tools)).rejects.toMatchObject({
    code: 'BACKUP_BUSY',
  });
  expect(readFileSync(join(at.config, 'agents/z/a'), 'utf8')).toBe('2');
  const full = { engines: [refusing('BACKUP_TARGET_FULL')], policy };
  const done = await restore(await at.plan(), { stateDir: at.state, safety: full }, at.tools);
  expect(done.unsaved).toBe('what was there is moved aside and in no snapshot: it is BACKUP_TARGET_FULL');
  expect(readFileSync(join(at.config, 'agents/z/a'), 'utf8')).toBe('1');
  await undo({ stateDir: at.state }, at.tools);
  expect(readFileSync(join(at.config, 'agents/z/a'), 'utf8')).toBe('2');
});

test('who does not come back to life is taken back', async () => {
  const at = setting();
  at.write({ 'agents/z/a': '1' });
  await at.backup();
  at.write({ 'agents/z/a': '2', 'agents/z/new': 'n' });
  age(at.config);
  const hurt = witness(join(at.config, 'agents'));
  const calls: string[] = [];
  const owner = {
    stop: async () => void calls.push('stop'),
    start: async () => void calls.push(`start ${readFileSync(join(at.config, 'agents/z/a'), 'utf8')}`),
    isHealthy: async () => 'no heartbeat' as const,
  };
  const failed = restore(await at.plan(), { stateDir: at.state, owner }, at.tools);
  await expect(failed).rejects.toMatchObject({ code: 'BACKUP_RESTORE_FAILED', message: /no heartbeat/ });
  expect(calls).toEqual(['stop', 'start 1', 'stop', 'start 2']);
  expect(witness(join(at.config, 'agents'))).toBe(hurt);
});

test('a folder that its owner may not write is cleared away all the same, also by who is not root', () => {
  const place = mkdtempSync(join(tmpdir(), 'realm-discard-'));
  onTestFinished(() => rmSync(place, { recursive: true, force: true }));
  const own = process.getuid!();
  const uid = own === 0 ? 65_534 : own;
  if (own === 0) chownSync(place, uid, uid);
  const child = join(import.meta.dirname, 'discard-child.ts');
  const args = [child, join(place, 'holder'), String(uid)];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stdout, stderr).toBe(`${uid} false`);
});
