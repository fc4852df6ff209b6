// A file of the core imports only from its own layer or lower ones; plugins see the contract and their own folder.
import { posix } from 'node:path';
import type { Rule, SourceFile } from '../tree.ts';

/** The layer of each place in core/, lowest first. The longest prefix counts; a file without a row is a violation. */
const layers: readonly (readonly string[])[] = [
  [
    'core/errors.ts',
    'core/codes/',
    'core/schema/',
    'core/clock.ts',
    'core/random.ts',
    'core/crash.ts',
    'core/files.ts',
    'core/regular-file.ts',
    'core/mask.ts',
    'core/cells.ts',
    'core/zone.ts',
  ],
  ['core/model/', 'core/contract/', 'core/schedule.ts', 'core/schedule/'],
  ['core/plugin.ts'],
  ['core/config/', 'core/store/', 'core/hooks.ts', 'core/os/', 'core/registry/'],
  ['core/reconcile/', 'core/runs/', 'core/simulate/', 'core/scaffold/'],
  ['core/kernel/', 'core/testing.ts', 'core/testing/'],
  ['core/daemon/', 'core/api/'],
  ['core/cli/'],
];

/** Types only, and the meeting point of those who ask and those who answer: anybody may import it. */
const everybodys = ['core/api/door.ts'];

/** What a plugin may import of ours. */
const contract = ['realm-runner/plugin', 'realm-runner/testing'];

function layerOf(path: string): number | undefined {
  let best = { length: 0, layer: -1 };
  for (const [layer, prefixes] of layers.entries()) {
    for (const prefix of prefixes) {
      const fits = prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix;
      if (fits && prefix.length > best.length) best = { length: prefix.length, layer };
    }
  }
  return best.layer === -1 ? undefined : best.layer;
}

function* coreFile(file: SourceFile): Generator<string> {
  const own = layerOf(file.path);
  if (own === undefined) yield `${file.path}:1 has no row in the layer table of test/house/rules/layers.ts`;
  for (const { from, line } of file.imports) {
    const at = `${file.path}:${line}`;
    if (contract.includes(from)) yield `${at} imports '${from}', which is for plugins`;
    if (!from.startsWith('.')) continue;
    const target = posix.join(posix.dirname(file.path), from);
    if (target.startsWith('plugins/')) yield `${at} imports a plugin: ${target}`;
    if (!target.startsWith('core/') || everybodys.includes(target)) continue;
    const theirs = layerOf(target);
    if (own !== undefined && theirs !== undefined && theirs > own) {
      yield `${at} (layer ${own}) imports ${target} (layer ${theirs})`;
    }
  }
}

function* pluginFile(file: SourceFile): Generator<string> {
  const folder = file.path.split('/').slice(0, 2).join('/');
  for (const { from, line } of file.imports) {
    const at = `${file.path}:${line}`;
    if (from.startsWith('realm-runner') && !contract.includes(from)) yield `${at} imports '${from}'`;
    if (!from.startsWith('.')) continue;
    const target = posix.join(posix.dirname(file.path), from);
    if (!target.startsWith(`${folder}/`)) yield `${at} imports ${target}, outside its own folder`;
  }
}

export const rule: Rule = {
  name: 'layers',
  why: 'a kernel that knows everyone stays readable only while nobody knows the kernel',
  *check(files) {
    for (const file of files) {
      if (file.path.startsWith('core/')) yield* coreFile(file);
      if (file.path.startsWith('plugins/')) yield* pluginFile(file);
    }
  },
  bad: [
    ['core/model/x.ts', "import { open } from '../store/store.ts';"],
    ['core/model/x.ts', "const { open } = await import('../store/store.ts');"],
    ['core/store/x.ts', "export { open } from '../kernel/kernel.ts';"],
    ['core/store/x.ts', "import type { Kernel } from '../kernel/kernel.ts';"],
    ['core/nowhere.ts', 'export const a = 1;'],
    ['core/kernel/x.ts', "import file from '../../plugins/file/index.ts';"],
    ['core/kernel/x.ts', "import { s } from 'realm-runner/plugin';"],
    ['plugins/x/index.ts', "import { errnoOf } from '../../core/errors.ts';"],
    ['plugins/x/index.ts', "import y from '../y/index.ts';"],
    ['plugins/x/index.ts', "import { a } from 'realm-runner/kernel';"],
  ],
  good: [
    ['core/kernel/x.ts', "import { open } from '../store/store.ts';\nimport { readFile } from 'node:fs/promises';"],
    ['core/store/x.ts', "import type { EventView } from '../api/door.ts';"],
    ['plugins/x/a/b.ts', "import { s } from 'realm-runner/plugin';\nimport { c } from '../c.ts';"],
  ],
};
