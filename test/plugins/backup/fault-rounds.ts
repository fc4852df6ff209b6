// A backup, or a restore, for each call of node:fs that could fail: what is there is whole, what was there stays, the next one goes well.
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Written } from '../../../plugins/backup/engine.ts';
import { purgeRestores, recoverSwaps } from '../../../plugins/backup/restore/recover.ts';
import { restore } from '../../../plugins/backup/restore/restore.ts';
import { type Fault, withFault } from './faults.ts';
import { setting } from './restore/place-for-tests.ts';
import type { World } from './tree/world.ts';

/** Every path of the manifests, hashed here: nothing of what is tested has a say in it. */
export function mustBeWhole(folder: string): void {
  for (const list of ['tagmanifest-sha256.txt', 'manifest-sha256.txt'])
    for (const line of readFileSync(join(folder, list), 'utf8')
      .split('\n')
      .filter((one) => one !== '')) {
      const [digest, path] = line.split('  ');
      const found = createHash('sha256').update(readFileSync(join(folder, path!))).digest('hex'); // prettier-ignore
      expect(found, `${folder}/${path}`).toBe(digest);
    }
}
/** Names, kinds, modes, times, inodes and contents, without any other program. */
function treeOf(folder: string, isExact = true): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('.realm'))
    .sort()
    .map((name) => {
      const stat = lstatSync(join(folder, name));
      if (stat.isDirectory()) return `${name}/`;
      const content = createHash('sha256').update(readFileSync(join(folder, name))).digest('hex'); // prettier-ignore
      return `${name} ${stat.mode} ${content} ${isExact ? `${stat.mtimeMs} ${stat.ino}` : ''}`;
    });
}
export const contentsOf = (folder: string): readonly string[] =>
  treeOf(folder, false).map((line) => line.replace(/ \d+ /, ' '));

const visible = (w: World): readonly string[] =>
  existsSync(join(w.target, 'daily'))
    ? readdirSync(join(w.target, 'daily')).filter((name) => /^\d/.test(name)).sort() // prettier-ignore
    : [];

export function sources(w: World): void {
  for (const name of ['same', 'deep/same', 'deep/er/same', 'other/large']) w.file(name, name.repeat(40_000));
  w.file('deep/changes', 'before');
}

type Answer = { readonly written: Written } | { readonly code: string; readonly message: string };
const outcomeOf = (work: Promise<Written>): Promise<Answer> =>
  work.then(
    (written) => ({ written }),
    (error: Error & { code: string }) => ({ code: error.code, message: error.message }),
  );

/** Every `step`-th call, one after another, until a run goes to its end without having met the fault. */
export async function eachFault(w: World, fault: Omit<Fault, 'at'>, step: number): Promise<Map<string, number>> {
  const outcomes = new Map<string, number>();
  for (let at = 1; ; at += step) {
    for (const label of visible(w).slice(0, -1)) rmSync(join(w.target, 'daily', label), { recursive: true });
    const [before] = visible(w);
    const picture = treeOf(join(w.target, 'daily', before!));
    w.file('deep/changes', `${at}`);
    const { result, seen } = await withFault({ ...fault, at }, () => outcomeOf(w.write()));
    const what = `${fault.code} at call ${at}, ${seen.failed}`;
    for (const label of visible(w)) mustBeWhole(join(w.target, 'daily', label));
    expect(treeOf(join(w.target, 'daily', before!)), what).toEqual(picture);
    if ('written' in result) {
      const { snapshot, troubles } = result.written;
      if (snapshot.status === 'complete')
        expect(contentsOf(join(snapshot.path, 'data/src')), what).toEqual(contentsOf(w.src));
      else expect(troubles.length, what).toBeGreaterThan(0);
    } else {
      expect(result.code, `${what}: ${result.message}`).toMatch(/^BACKUP_/);
      if (fault.code === 'ENOSPC' && result.code === 'BACKUP_TARGET_FULL')
        expect(
          readdirSync(join(w.target, 'daily')).filter((name) => name.startsWith('.partial')),
          what,
        ).toEqual([]);
    }
    const outcome = 'written' in result ? result.written.snapshot.status : result.code;
    if (seen.failed === undefined) {
      expect(outcome).toBe('complete');
      return outcomes;
    }
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    rmSync(join(w.target, '.realm/leases'), { recursive: true, force: true }); // as if its process had ended
    mkdirSync(join(w.target, '.realm/leases'));
    const { snapshot, troubles } = await w.write();
    expect([snapshot.status, troubles], what).toEqual(['complete', []]);
    expect(contentsOf(join(snapshot.path, 'data/src')), what).toEqual(contentsOf(w.src));
    expect(readdirSync(join(w.target, '.realm/leases')), what).toEqual([]);
  }
}

/** The same for a restore in place. */
export async function eachFaultOfRestore(step: number): Promise<Map<string, number>> {
  const at = setting();
  const put = (files: Readonly<Record<string, string>>): readonly string[] => {
    at.write(files);
    for (const path of Object.keys(files)) utimesSync(join(at.config, path), 1_600_000_000, 1_600_000_000);
    return treeOf(at.config, false);
  };
  put({ 'agents/z/SOUL.md': 'soul', 'agents/z/memory/m': 'm', 'rules.yaml': 'r' });
  await at.backup('daily', [at.root('agents'), at.root('rules.yaml')]);
  const hurt = (): readonly string[] => {
    rmSync(join(at.config, 'agents/z/memory'), { recursive: true });
    return put({ 'agents/z/SOUL.md': 'hurt', 'agents/z/extra': 'e', 'rules.yaml': 'bad' });
  };
  const whole = async (): Promise<readonly string[]> => {
    await restore(await at.plan(), { stateDir: at.state }, at.tools);
    purgeRestores(at.state, Infinity, at.tools);
    return treeOf(at.config, false);
  };
  hurt();
  const saved = await whole();
  const ends = new Map<string, number>();
  for (let nth = 1; ; nth += step) {
    const before = hurt();
    const plan = await at.plan();
    const { result, seen } = await withFault({ below: at.config, at: nth, code: 'EIO' }, () =>
      restore(plan, { stateDir: at.state }, at.tools).then(
        () => 'restored',
        (error: Error & { code?: string }) => error.code ?? error.message,
      ),
    );
    if (seen.failed === undefined) break;
    const what = `call ${nth}, ${seen.failed}: ${result}`;
    recoverSwaps(at.state, at.tools);
    expect([saved, before], what).toContainEqual(treeOf(at.config, false));
    if (result === 'restored') expect(treeOf(at.config, false), what).toEqual(saved);
    expect(result, what).toMatch(/^(BACKUP_|restored)/);
    ends.set(result, (ends.get(result) ?? 0) + 1);
    expect(await whole(), what).toEqual(saved);
  }
  return ends;
}
