// Several snapshots over one another: as a model says, path by path.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ByteText } from '../../../../plugins/backup/byte-text.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import { checked, merged } from '../../../../plugins/backup/restore/merged.ts';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { setting } from './place-for-tests.ts';
import { linesOf } from './realm-for-tests.ts';

type Tree = ReadonlyMap<string, Entry>;

const entryOf = (path: string, type: Entry['type'], mark: number): Entry => ({
  path: path as ByteText,
  type,
  size: mark,
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtimeNs: '0',
  ctimeNs: '0',
  inode: 1,
  device: 1,
});

/** Folders above each path, and nothing below what is no folder. */
function treeOf(leaves: readonly (readonly [string, 'file' | 'link'])[], mark: number): Tree {
  const tree = new Map<string, Entry>();
  for (const [path, type] of leaves) {
    const parts = path.split('/');
    const folders = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
    if (tree.has(path) || folders.some((folder) => (tree.get(folder)?.type ?? 'folder') !== 'folder')) continue;
    for (const folder of folders) tree.set(folder, entryOf(folder, 'folder', mark));
    tree.set(path, entryOf(path, type, mark));
  }
  return tree;
}

/** What the layers come to when they are unpacked one after the other. */
function unpacked(layers: readonly Tree[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const [layer, tree] of layers.entries()) {
    for (const [path, { type }] of tree) {
      for (const other of all.keys()) {
        const hidesOther = type !== 'folder' && other.startsWith(`${path}/`);
        const isHidden = !all.get(other)!.startsWith('folder') && path.startsWith(`${other}/`);
        if (hidesOther || isHidden) all.delete(other);
      }
      all.set(path, `${type} ${layer}`);
    }
  }
  return all;
}

async function* streamed(tree: Tree): AsyncGenerator<Entry> {
  for (const path of [...tree.keys()].sort()) yield tree.get(path)!;
}

const name = fc.constantFrom('a', 'a-', 'a!', 'b', 'ab', 'a.b');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const leaves = fc.array(fc.tuple(path, fc.constantFrom('file' as const, 'link' as const)), { maxLength: 20 });

test('an overlay of random trees is what unpacking one after the other gives', async () => {
  let [runs, hidden] = [0, 0];
  const property = fc.asyncProperty(fc.array(leaves, { minLength: 1, maxLength: 4 }), async (all) => {
    const layers = all.map((one, mark) => treeOf(one, mark));
    const out = new Map<string, string>();
    let last = '';
    for await (const { entry, layer } of merged(layers.map((tree) => checked(streamed(tree), 't')))) {
      expect(entry.path > last).toBe(true);
      last = entry.path;
      expect(entry.size).toBe(layer);
      out.set(entry.path, `${entry.type} ${layer}`);
    }
    const model = unpacked(layers);
    expect(new Map(out)).toEqual(new Map(model));
    runs += 1;
    hidden += new Set(layers.flatMap((tree) => [...tree.keys()])).size - model.size;
  });
  await fc.assert(property, { numRuns: 1500 });
  expect(hidden).toBeGreaterThan(100);
  console.log(`layers: ${runs} overlays, ${hidden} paths hidden by a later layer`);
});

test('a daily lies over a weekly, and the plan says which file comes from where', async () => {
  const at = setting();
  at.write({ 'agents/z/SOUL.md': 'soul', 'agents/z/skills/s.py': 's', 'agents/z/memory/m.md': 'monday' });
  await at.backup('weekly');
  at.write({ 'agents/z/memory/m.md': 'tuesday', 'agents/z/memory/n.md': 'new' });
  await at.backup('daily', [at.root('agents', { include: ['*/memory/**'] })]);
  at.write({ 'agents/z/SOUL.md': '', 'agents/z/memory/m.md': '', 'agents/z/skills/s.py': '' });
  const layers = ['daily', 'weekly'].map((policy) => ({ policy, engines: [at.engine] }));
  const plan = await at.plan({ layers });
  expect(plan.layers.map(({ snapshot }) => snapshot.policy)).toEqual(['weekly', 'daily']);
  expect(await linesOf(plan)).toEqual([
    'same agents 1',
    'same agents/z 1',
    'update agents/z/SOUL.md 0',
    'same agents/z/memory 1',
    'update agents/z/memory/m.md 1',
    'same agents/z/memory/n.md 1',
    'same agents/z/skills 0',
    'update agents/z/skills/s.py 0',
  ]);
  await restore(plan, { stateDir: at.state }, at.tools);
  const read = (file: string): string => readFileSync(join(at.config, 'agents/z', file), 'utf8');
  expect(['SOUL.md', 'memory/m.md', 'memory/n.md', 'skills/s.py'].map(read)).toEqual(['soul', 'tuesday', 'new', 's']);
});

test('a daily alone leaves alone what it never held', async () => {
  const at = setting();
  at.write({ 'agents/z/SOUL.md': 'soul', 'agents/z/memory/m.md': 'monday', 'agents/z/skills/a/b': 's' });
  await at.backup('daily', [at.root('agents', { include: ['*/memory/**'] })]);
  at.write({ 'agents/z/SOUL.md': 'changed', 'agents/z/memory/m.md': 'hurt', 'agents/z/memory/extra': 'e' });
  await restore(await at.plan(), { stateDir: at.state }, at.tools);
  const read = (file: string): string => readFileSync(join(at.config, 'agents/z', file), 'utf8');
  expect(['SOUL.md', 'memory/m.md', 'skills/a/b'].map(read)).toEqual(['changed', 'monday', 's']);
  expect(() => read('memory/extra')).toThrow(/ENOENT/);
});
