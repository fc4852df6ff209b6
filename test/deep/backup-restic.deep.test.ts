// Runs, removals and purges of a restic repository killed at any instant, with restic itself: nothing that was kept is lost.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../../plugins/backup/engine.ts';
import { START, testJob, testPolicy, testTools } from '../plugins/backup/rig.ts';
import { hasRestic } from '../plugins/backup/restic/program.ts';
import { killedAfter, killedAt, makeRealm } from '../plugins/backup/restic/realm.ts';
import { restic } from '../plugins/backup/restic/repository.ts';
import { rounds } from './seed.ts';

const DAY = 86_400_000;
const WHATS = ['write', 'write', 'remove', 'undelete', 'tidy'] as const;
/** A run takes about so long. */
const LONGEST_MS = 1_500;

test.skipIf(!hasRestic())('a restic repository under kill -9', { timeout: 600_000 }, async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'realm-restic-kill-'));
  try {
    const place = makeRealm(scratch);
    const policy = testPolicy('daily', place.root);
    // who reaps a killed process may take a while, and until then its lock is that of a living one
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2_000)));
    const open = (): Engine => place.open({ sleep });
    const uids = async (): Promise<Set<string>> => {
      const listed = (await open().list('daily')).snapshots.map(({ uid }) => uid);
      const trashed = (await open().trash('daily')).map(({ snapshot: { uid } }) => uid);
      expect(new Set([...listed, ...trashed]).size).toBe(listed.length + trashed.length);
      return new Set([...listed, ...trashed]);
    };
    await open().write(testJob(policy), testTools(START));
    let [kills, day] = [0, 0];
    await rounds('restic-kill', async ({ random }) => {
      day += 1;
      writeFileSync(join(place.root, 'agents/z/memory/today'), `${random.next()}\n`.repeat(500));
      const before = await uids();
      const what = WHATS[Math.floor(random.next() * WHATS.length)]!;
      kills += Number(await killedAfter(place, what, random.next() * LONGEST_MS, START + day * DAY));
      const after = await uids();
      const lost = [...before].filter((uid) => !after.has(uid));
      if (what !== 'tidy') expect(lost).toEqual([]);
      if (day % 5 > 0) return;
      const { snapshot } = await open().write(testJob(policy), testTools(START + day * DAY));
      expect(snapshot.status).toBe('complete');
      for (const one of (await open().list('daily')).snapshots) {
        const { isGood, damaged } = await open().verify(one, 'structure', testTools(START + day * DAY));
        expect([isGood, damaged], one.id).toEqual([true, []]);
      }
      restic(place.repository, ['check', '--read-data']);
    });
    console.log(`restic-kill: ${kills} killed in time`);
    expect(kills).toBeGreaterThan(0);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});

test.skipIf(!hasRestic())(
  'killed at each step of removing, taking back and purging',
  { timeout: 120_000 },
  async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'realm-restic-steps-'));
    try {
      const place = makeRealm(scratch);
      const counts = async (): Promise<number[]> => [
        (await place.open().list('daily')).snapshots.length,
        (await place.open().trash('daily')).length,
      ];
      const job = testJob(testPolicy('daily', place.root));
      await place.open().write(job, testTools(START));
      await place.open().write(job, testTools(START + DAY));
      killedAt(place, 'remove', 'backup.remove:before', START + 2 * DAY);
      expect(await counts()).toEqual([2, 0]);
      killedAt(place, 'remove', 'backup.remove:after', START + 2 * DAY);
      expect(await counts()).toEqual([1, 1]);
      killedAt(place, 'undelete', 'backup.undelete:before', START + 2 * DAY);
      expect(await counts()).toEqual([1, 1]);
      killedAt(place, 'undelete', 'backup.undelete:after', START + 2 * DAY);
      expect(await counts()).toEqual([2, 0]);
      killedAt(place, 'remove', 'backup.remove:after', START + 2 * DAY);
      killedAt(place, 'tidy', 'backup.purge:before', START + 9 * DAY);
      expect(await counts()).toEqual([1, 1]);
      killedAt(place, 'tidy', 'backup.purge:after', START + 9 * DAY);
      expect(await counts()).toEqual([1, 0]);
      restic(place.repository, ['check', '--read-data']);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
);
