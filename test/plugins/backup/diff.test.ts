// What two states differ in, as `realm backup diff` says it: snapshots, the present, and what restic keeps.
import { chmodSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import type { ByteText } from '../../../plugins/backup/byte-text.ts';
import { differences, type Side } from '../../../plugins/backup/difference.ts';
import { realm, tempRealm } from '../../e2e/realm.ts';

vi.setConfig({ testTimeout: 120_000 }); // many commands, each slow on a busy machine

type Tree = Readonly<Record<string, { readonly content: string; readonly mode: number }>>;

async function* sidesOf(tree: Tree): AsyncGenerator<Side> {
  for (const path of Object.keys(tree).toSorted()) {
    const { content, mode } = tree[path]!;
    yield { path: path as ByteText, type: 'file', size: content.length, mode, mtimeNs: '0', sha256: content };
  }
}

test('whatever two trees hold: each path that differs is told once, with how, and nothing else is', async () => {
  const file = fc.record({ content: fc.constantFrom('', 'a', 'b'), mode: fc.constantFrom(0o644, 0o755) });
  const tree = fc.dictionary(fc.constantFrom('a', 'a.b', 'a/b', 'a/c', 'b', 'z'), file);
  let told = 0;
  await fc.assert(
    fc.asyncProperty(tree, tree, async (from, to) => {
      const found: string[] = [];
      for await (const { path, does, what } of differences(sidesOf(from), sidesOf(to)))
        found.push([path, does, ...what].join(' '));
      const wanted = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted().flatMap((path) => {
        const [one, other] = [from[path], to[path]];
        if (one === undefined) return [`${path} added`];
        if (other === undefined) return [`${path} removed`];
        const content = one.content === other.content ? [] : ['content'];
        const mode = one.mode === other.mode ? [] : ['mode'];
        return content.length + mode.length === 0 ? [] : [[path, 'changed', ...content, ...mode].join(' ')];
      });
      expect(found).toEqual(wanted);
      told += found.length;
    }),
    { numRuns: 500 },
  );
  console.log(`diff: ${told} differences`);
  expect(told).toBeGreaterThan(500);
});

const config = (to: string): string =>
  `realm: { timezone: UTC }\nplugins: [backup]\nbackups:\n  daily: { sources: [agents], to: [${to}], keep: { last: 9 } }\nsecrets: { nas: { env: NAS } }\n`;
const FILES = {
  'agents/z/notes.md': 'first\n',
  'agents/z/gone.md': 'gone soon\n',
  'agents/z/same.md': 'same\n',
  'agents/run.sh': '#!/bin/sh\n',
};
const env = { NAS: 'correct horse' };

interface Diff {
  readonly from: string;
  readonly to: string;
  readonly counts: { readonly added: number; readonly removed: number; readonly changed: number };
  readonly changes: readonly { readonly path: string; readonly does: string; readonly what: readonly string[] }[];
}

async function told(dir: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await realm(dir, ['backup', ...args], { env, timeoutMs: 60_000 });
  expect(code, stdout + stderr).toBe(0);
  return stdout;
}
const diffOf = async (dir: string, ...args: readonly string[]): Promise<Diff> =>
  JSON.parse(await told(dir, 'diff', ...args, '--json')) as Diff;
const idsIn = async (dir: string): Promise<readonly string[]> =>
  (JSON.parse(await told(dir, 'list', '--json')) as { snapshots: { id: string }[] }).snapshots.map(({ id }) => id);

function change(dir: string): void {
  writeFileSync(join(dir, 'agents/z/notes.md'), 'second, and longer\n');
  rmSync(join(dir, 'agents/z/gone.md'));
  chmodSync(join(dir, 'agents/run.sh'), 0o755);
  utimesSync(join(dir, 'agents/z/same.md'), 1_700_000_000, 1_700_000_000); // touched is not changed
  mkdirSync(join(dir, 'agents/jay'));
  writeFileSync(join(dir, 'agents/jay/with\nline'), 'new\n');
  symlinkSync('../run.sh', join(dir, 'agents/jay/link'));
}

const WANTED = [
  'agents/jay added',
  'agents/jay/link added',
  'agents/jay/with\\x0aline added',
  'agents/run.sh changed mode',
  'agents/z/gone.md removed',
  'agents/z/notes.md changed content',
];
const listOf = ({ changes }: Diff): readonly string[] =>
  changes.map(({ path, does, what }) => [path, does, ...what].join(' '));

test.each([
  ['folders', 'backups', WANTED],
  // It keeps no digests: what was only touched is told as that.
  [
    'restic',
    '{ engine: restic, repository: repo, password: "${secret:nas}" }',
    [...WANTED, 'agents/z/same.md changed times'],
  ],
])('%s: against the present, the one before, and another', async (_kind, to, wanted) => {
  const dir = await tempRealm({ ...FILES, 'realm.config.yaml': config(to) });
  await told(dir, 'run', 'daily');
  const [first] = await idsIn(dir);
  expect(listOf(await diffOf(dir, first!, '--live'))).toEqual([]);
  change(dir);
  const live = await diffOf(dir, first!, '--live');
  expect(listOf(live)).toEqual(wanted);
  expect(live).toMatchObject({ from: first, to: 'now', counts: { added: 3, removed: 1 } });
  await told(dir, 'run', 'daily');
  const [, second] = await idsIn(dir);
  expect(await diffOf(dir, second!)).toMatchObject({ from: first, to: second });
  expect(listOf(await diffOf(dir, second!))).toEqual(wanted);
  expect((await diffOf(dir, second!, first!)).counts).toMatchObject({ added: 1, removed: 3 });
  const said = await told(dir, 'diff', first!, second!);
  expect(said).toMatch(/~ agents\/z\/notes\.md {2}6 B -> 19 B( \([0-9a-f]{8} -> [0-9a-f]{8}\))? {2}content/);
  expect(said).toContain('- agents/z/gone.md  10 B');
  const alone = await realm(dir, ['backup', 'diff', first!], { env });
  expect([alone.code, alone.stdout + alone.stderr]).toEqual([1, expect.stringContaining('no good snapshot before')]);
});

test('restic snapshots are listed as any other, also while looking is all that is done; one that is away is told', async () => {
  const dir = await tempRealm({
    ...FILES,
    'realm.config.yaml': config('backups, { engine: restic, repository: repo, password: "${secret:nas}" }'),
  });
  await told(dir, 'run', 'daily');
  const rows = (
    JSON.parse(await told(dir, 'list', '--json')) as { snapshots: { id: string; target: string; files: number }[] }
  ).snapshots;
  expect(rows.map(({ target, files }) => [target, files])).toEqual(
    expect.arrayContaining([
      [join(dir, 'backups'), 4],
      [join(dir, 'repo'), 4],
    ]),
  );
  expect(await told(dir, 'find', 'notes.md')).toContain('agents/z/notes.md');
  const restic = rows.find(({ target }) => target === join(dir, 'repo'))!;
  const shown = JSON.parse(await told(dir, 'show', 'daily', '--id', restic.id, '--json')) as { entries: unknown[] };
  expect(shown.entries).toHaveLength(6);
  rmSync(join(dir, 'repo/config'));
  const away = await told(dir, 'list');
  expect(away).toMatch(/repo cannot be read: .*; what is listed is what its last run left/);
  expect(away.split('\n').filter((line) => line.startsWith('daily/'))).toHaveLength(2);
});
