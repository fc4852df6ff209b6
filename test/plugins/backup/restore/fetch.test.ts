// What a restore wrote is read back before it counts, few files here and many in threads; another snapshot has to stand in.
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fromText, shown } from '../../../../plugins/backup/byte-text.ts';
import type { Engine } from '../../../../plugins/backup/engine.ts';
import type { Entry } from '../../../../plugins/backup/entry.ts';
import type { Candidate } from '../../../../plugins/backup/restore/choose.ts';
import { fetchFiles } from '../../../../plugins/backup/restore/fetch.ts';
import { MEMORY } from '../../../memory.ts';
import { toolsFor } from './realm-for-tests.ts';

const PLAIN = { type: 'file', mode: 0o640, uid: 0, gid: 0, mtimeNs: '0', ctimeNs: '0', inode: 0, device: 0 } as const;

const entryOf = (name: string): Entry => ({
  ...PLAIN,
  path: fromText(name),
  size: name.length,
  sha256: createHash('sha256').update(name).digest('hex'),
});

/** A disk that keeps something else than it is given of some files, and loses others, without a word. */
function candidate(id: string, entries: readonly Entry[], spoilt: readonly string[], lost: readonly string[] = []) {
  const engine: Partial<Engine> = {
    name: 'disk',
    async *entries() {
      yield* entries;
    },
    extract: async (_snapshot, wanted) => {
      for (const { entry, to } of wanted) {
        const name = shown(entry.path);
        if (!lost.includes(name)) writeFileSync(to, spoilt.includes(name) ? 'x'.repeat(name.length) : name);
      }
      return { damaged: [] };
    },
  };
  return { engine, snapshot: { id, startedAt: 1 } } as unknown as Candidate;
}

test.each([3, 5_001])('of %i files those that come back otherwise are taken from another snapshot', async (count) => {
  const to = mkdtempSync(join(MEMORY, 'realm-fetch-'));
  onTestFinished(() => rmSync(to, { recursive: true, force: true }));
  const entries = Array.from({ length: count }, (_, index) => entryOf(`f${index}`));
  const wishes = entries.map((entry) => ({ entry, layer: 0, to: fromText(join(to, shown(entry.path))) }));
  const bad = ['f0', `f${count - 1}`];
  const first = candidate('first', entries, bad, ['f1']);
  const layer = { ...first, others: [candidate('second', entries, [])], remarks: [] };
  const fetched = await fetchFiles(wishes, { layers: [layer], onDamage: 'refuse', tools: toolsFor() });
  expect(fetched.substitutes.map(({ path }) => shown(path)).sort()).toEqual([...new Set([...bad, 'f1'])].sort());

  // What was lost lies there by now.
  const none = { ...first, others: [], remarks: [] };
  const failing = fetchFiles(wishes, { layers: [none], onDamage: 'refuse', tools: toolsFor() });
  await expect(failing).rejects.toThrow(/f0 \(it was read back with another content\), and 1 more/);
});
