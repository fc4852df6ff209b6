// Killed at any step a restore leaves the old or the new, and the next start finishes or undoes it; so does one killed again.
import { execFile } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { recoverSwaps } from '../../../../plugins/backup/restore/recover.ts';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { age, type Setting, settingAt, witness } from './realm-for-tests.ts';
import { MEMORY } from '../../../memory.ts';

const CHILD = new URL('crash-child.ts', import.meta.url).pathname;

/** Whether it was killed before its end. */
const child = (folder: string, what: string, at: number): Promise<boolean> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, [CHILD, folder, what, String(at)], (error, _out, said) => {
      if (error === null) return resolve(false);
      if (error.signal === 'SIGKILL') return resolve(true);
      reject(new Error(said));
    });
  });

/** A realm with a snapshot, hurt since; files alone, a tree, a log that goes on, something that was never saved. */
async function hurtRealm(): Promise<{ pristine: string; states: { saved: string; hurt: string } }> {
  const pristine = mkdtempSync(join(MEMORY, 'realm-crash-'));
  onTestFinished(() => rmSync(pristine, { recursive: true, force: true }));
  const at = settingAt(pristine);
  at.write({ 'agents/z/SOUL.md': 'soul', 'agents/z/memory/m': 'm', 'agents/z/a.log': '1\n', 'rules.yaml': 'r' });
  at.write({ 'agents/z/models/big': 'B' });
  age(at.config);
  await at.backup('daily', [at.root('agents', { exclude: ['**/models'] }), at.root('rules.yaml')]);
  at.write({ 'agents/z/SOUL.md': 'hurt', 'agents/z/extra/e': 'e', 'rules.yaml': 'bad' });
  appendFileSync(join(at.config, 'agents/z/a.log'), '2\n');
  rmSync(join(at.config, 'agents/z/memory'), { recursive: true });
  age(at.config);
  const hurt = state(at);
  const trial = copyOf(pristine);
  await restore(await trial.plan({ appendOnly: ['**/*.log'] }), { stateDir: trial.state }, trial.tools);
  return { pristine, states: { saved: state(trial), hurt } };
}

/** Without times of folders: who carries something into one changes its time, and an interrupted one cannot set it back. */
const state = (at: Setting): string =>
  witness(at.config)
    .split('\n')
    .filter((line) => !line.includes('.realm'))
    .map((line) => (/ d \d+ /.test(line) ? line.replace(/ [\d.]+ *$/, '') : line))
    .join('\n');

function copyOf(pristine: string): Setting {
  const folder = mkdtempSync(join(MEMORY, 'realm-crash-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(pristine, folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
  const moved = (name: string): void => {
    const file = join(folder, 'target/daily', name, 'snapshot.json');
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(pristine, folder));
  };
  readdirSync(join(folder, 'target/daily')).forEach(moved);
  return settingAt(folder);
}

const leftovers = (at: Setting): string[] =>
  readdirSync(at.config, { recursive: true })
    .map(String)
    .filter((name) => name.includes('.realm-restore-'));

test('a restore killed at each step is finished or undone at the next start', async () => {
  const { pristine, states } = await hurtRealm();
  const outcomes: string[] = [];
  let again = 0;
  for (let n = 1; ; n += 1) {
    const at = copyOf(pristine);
    if (!(await child(at.folder, 'restore', n))) break;
    // Who recovers may be killed too.
    if (await child(at.folder, 'recover', 1 + (n % 5))) again += 1;
    recoverSwaps(at.state, at.tools);
    const now = state(at);
    expect([states.saved, states.hurt], `step ${n}`).toContain(now);
    const outcome = now === states.saved ? 'finished' : 'undone';
    if (outcome === 'undone') expect(leftovers(at), `step ${n}`).toEqual([]);
    outcomes.push(outcome);
    expect(recoverSwaps(at.state, at.tools)).toEqual([]);
    await restore(await at.plan({ appendOnly: ['**/*.log'] }), { stateDir: at.state }, at.tools);
    expect(state(at)).toBe(states.saved);
    rmSync(at.folder, { recursive: true });
  }
  expect(outcomes.length).toBeGreaterThan(10);
  expect(new Set(outcomes)).toEqual(new Set(['finished', 'undone']));
  expect(again).toBeGreaterThan(4);
  console.log(
    `restore: killed at ${outcomes.length} steps, in ${again} the recovery too, ${outcomes.filter((one) => one === 'finished').length} finished`,
  );
}, 180_000);

test('an undo killed at each step is finished at the next start', async () => {
  const { pristine, states } = await hurtRealm();
  const done = settingAt(pristine);
  await child(pristine, 'restore', 0);
  let killed = 0;
  for (let n = 1; ; n += 1) {
    const at = copyOf(pristine);
    moveJournals(at, pristine);
    if (!(await child(at.folder, 'undo', n))) break;
    killed += 1;
    recoverSwaps(at.state, at.tools);
    expect([states.saved, states.hurt], `step ${n}`).toContain(state(at));
    rmSync(at.folder, { recursive: true });
  }
  expect(killed).toBeGreaterThan(6);
  expect(state(done)).toBe(states.saved);
  console.log(`undo: killed at ${killed} steps`);
}, 180_000);

/** A copied realm's journal speaks of the copy. */
function moveJournals(at: Setting, from: string): void {
  const folder = join(at.state, 'restores');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, at.folder));
  }
}
