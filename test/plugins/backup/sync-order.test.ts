// The order of what is written and what is synced: a power cut at any moment leaves the old or the new, as far as calls can say.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { MEMORY } from '../../memory.ts';
import { canTrace, replay, traced } from './power.ts';
import { settingAt } from './restore/realm-for-tests.ts';
import { type World, world } from './tree/world.ts';

vi.setConfig({ testTimeout: 120_000 }); // a traced process takes its time

const WRITER = join(import.meta.dirname, 'tree/writer.ts');
const RESTORER = join(import.meta.dirname, 'restore/crash-child.ts');
/** With `sync` everything is synced at once; without, each file and folder by itself. */
const WAYS = [
  ['at once', {}],
  ['each by itself', { PATH: '/nowhere' }],
] as const;

const writtenBy = (w: World, env: Readonly<Record<string, string>>): readonly string[] => {
  const options = { path: w.target, root: w.folder, reserveBytes: 0, racyMs: 0, threads: 2 };
  return traced([WRITER, JSON.stringify({ policy: w.policy(), options })], env);
};

/** What was not on the disk when a snapshot became visible, and what was not when that itself was to be. */
function lateIn(w: World, lines: readonly string[]): { commits: number; late: readonly string[] } {
  const policy = join(w.target, 'daily');
  const above = [policy, w.target, w.folder];
  const late: string[] = [];
  let [commits, isOpen] = [0, false];
  replay(lines, ({ name, path, from = '' }, unsynced) => {
    if (isOpen && name === 'fsync' && path === policy) {
      isOpen = false;
      late.push(...above.filter((folder) => folder !== policy && unsynced.has(folder)).map((one) => `above: ${one}`));
    } else if (isOpen && /^(rename|symlink|link|mkdir|unlink|rmdir)/.test(name)) {
      late.push(`${name} ${path} before the snapshot was there for good`);
      isOpen = false;
    }
    if (!name.startsWith('rename') || dirname(path) !== policy || !from.includes('/.partial-')) return;
    if (dirname(from) !== policy || path.includes('/.')) return; // one of its own steps, or taken over
    commits += 1;
    isOpen = true;
    late.push(...unsynced.below(from));
  });
  return { commits, late: isOpen ? [...late, 'the folder was not synced after the snapshot'] : late };
}

test.skipIf(!canTrace()).each(WAYS)(
  'a snapshot is visible when all of it is on the disk, and then for good: %s',
  async (_way, env) => {
    using w = world();
    for (let index = 0; index < 90; index += 1) w.file(`d${index % 7}/f${index}`, `${index}`.repeat(index * 50));
    mkdirSync(join(w.src, 'empty'));
    expect(lateIn(w, writtenBy(w, env))).toEqual({ commits: 1, late: [] });
    w.file('d1/f1', 'changed');
    w.file('d9/new', 'new');
    expect(lateIn(w, writtenBy(w, env)), 'the second, which shares with the first').toEqual({ commits: 1, late: [] });
  },
);

test.skipIf(!canTrace()).each(WAYS)(
  'what is swapped by a restore was staged, and what the journal says was on the disk before: %s',
  async (_way, env) => {
    const folder = mkdtempSync(join(MEMORY, 'realm-order-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const at = settingAt(folder);
    at.write({ 'agents/z/SOUL.md': 'soul', 'agents/z/memory/m': 'm', 'agents/jay/SOUL.md': 'jay' });
    await at.backup();
    at.write({ 'agents/z/SOUL.md': 'hurt', 'agents/z/memory/new.log': 'a line', 'agents/new': 'n' });
    rmSync(join(at.config, 'agents/jay'), { recursive: true });
    const lines = traced([RESTORER, folder, 'restore', '0'], env);
    const journals = join(at.state, 'restores');
    const texts = new Map<string, string>();
    const late: string[] = [];
    const stages: string[] = [];
    let swaps = 0;
    replay(lines, ({ name, path, from = '', text }, unsynced) => {
      if (text !== undefined) texts.set(path, text);
      const isJournal = name.startsWith('rename') && dirname(path) === journals;
      if (isJournal) {
        const stage = /\\"stage\\":\\"([\w-]+)\\"/.exec(texts.get(from) ?? '')?.[1] ?? '?';
        stages.push(stage);
        const touched = unsynced.below(at.config).filter((one) => one !== at.state && !one.startsWith(`${at.state}/`));
        if (unsynced.has(from)) late.push(`the journal itself: ${stage}`);
        if (stage === 'swapping' || stage === 'done') late.push(...touched.map((one) => `${stage}: ${one}`));
      }
      const isSwap = /^(rename|link)/.test(name) && [path, from].some((one) => one.includes('/.realm-restore-'));
      if (!isSwap || stages.at(-1) !== 'swapping') return;
      swaps += 1;
      const journal = [journals, at.state].filter((one) => unsynced.has(one));
      late.push(...journal.map((one) => `swapped before the journal was on the disk: ${one}`));
    });
    expect(stages).toEqual(['staging', 'swapping', 'done']);
    expect(swaps).toBeGreaterThan(1);
    expect(late).toEqual([]);
  },
);
