// Everything that is kept is read again within the time that is promised, slice by slice, whoever made it and however it is linked.
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import backup from '../../../plugins/backup/index.ts';
import { dueSlots, nextSlice, readSince, scrub, slicesWithin, slotsOf } from '../../../plugins/backup/scrub.ts';
import type { Snapshot } from '../../../plugins/backup/snapshot.ts';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { toolsFor, world } from './tree/world.ts';
import { testRealm } from 'realm-runner/testing';
import { pass } from './pass.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2126, 0, 1);

const snapshot = (more: Partial<Snapshot> = {}): Snapshot =>
  ({ id: 'daily/x', uid: 'x', startedAt: START, endedAt: START, verifiedAt: START, damaged: [], ...more }) as Snapshot;

test('a slice a day for the usual month, an hour each for a day, and never none', () => {
  expect([30 * DAY, 400 * DAY, 7 * DAY, DAY, 5 * HOUR, 60_000].map(slicesWithin)).toEqual([30, 30, 30, 24, 5, 1]);
});

test('whenever somebody looks, however late, what is read then is read in time for ever after', () => {
  const turn = fc.record({ lateMs: fc.integer({ min: 0, max: 3 * HOUR }), isNew: fc.boolean() });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.array(turn, { minLength: 1, maxLength: 200 }), (days, turns) => {
      const within = days * DAY;
      const of = slicesWithin(within);
      let all = [snapshot()];
      let now = START;
      for (const { lateMs, isNew } of turns) {
        const next = nextSlice(all, within, now)!.dueAt;
        now = Math.max(now, next) + lateMs;
        for (const one of all) expect(now - readSince(one, within, now)).toBeLessThanOrEqual(within);
        for (const { snapshot: read, n } of dueSlots(all, within, now)) {
          const slices = [...(read.slices ?? []).filter(([other]) => other !== n), [n, of, now] as const];
          all = all.map((one) => (one.uid === read.uid ? { ...one, slices } : one));
        }
        if (isNew) all = [...all.slice(-5), snapshot({ uid: `${now}`, endedAt: now, verifiedAt: now })];
      }
    }),
    { numRuns: 60 },
  );
});

test('from then on it is spread: each time about one slice, not all at once', () => {
  let one = snapshot();
  const sizes: number[] = [];
  for (let now = START; now < START + 90 * DAY; now += DAY / 4) {
    const due = dueSlots([one], 30 * DAY, now);
    sizes.push(due.length);
    const rest = (one.slices ?? []).filter(([n]) => !due.some((slot) => slot.n === n));
    one = { ...one, slices: [...rest, ...due.map(({ n }) => [n, 30, now] as const)] };
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(2);
});

test('what a clock that was wrong says of a reading is no reading', () => {
  const ahead = snapshot({ verifiedAt: START + 365 * DAY });
  expect(nextSlice([ahead], 30 * DAY, START + DAY)!.dueAt).toBeLessThan(START + DAY);
  const sliced = snapshot({ slices: [[0, 30, START + 365 * DAY]] });
  expect(slotsOf(sliced, 30 * DAY, START + DAY)[0]!.readAt).toBe(START);
});

test('what two snapshots share is read once, and what only one has is read in it', async () => {
  using made = world();
  for (let n = 0; n < 9; n += 1) made.file(`f${n}`, `file ${n}`);
  const engine = treeEngine({ path: made.target, root: made.folder, reserveBytes: 0, racyMs: 0 });
  await made.write();
  const { snapshot: second, linkedFiles } = await made.write();
  expect(linkedFiles).toBe(9);
  const { snapshot: third } = await made.write({}, { links: 'copy' });
  const late = toolsFor({ now: () => Date.now() + 40 * DAY });
  rot(join(third.path, 'data/src/f4'));
  const { found, slices } = await scrub(engine, 'daily', 30 * DAY, late);
  expect(slices).toBe(90);
  expect(found.map(({ snapshot: { uid }, verification: { damaged } }) => [uid, damaged])).toEqual([
    [third.uid, ['data/src/f4']],
    [expect.any(String), []],
    [second.uid, []],
  ]);
});

test('what is taken over was read when it was in the snapshot before: part by part', async () => {
  using made = world();
  for (let n = 0; n < 9; n += 1) made.file(`f${n}`);
  const engine = treeEngine({ path: made.target, root: made.folder, reserveBytes: 0, racyMs: 0 });
  const { snapshot: first } = await made.write();
  const late = toolsFor({ now: () => first.endedAt + 2 * DAY });
  expect((await scrub(engine, 'daily', 30 * DAY, late)).slices).toBe(2);
  await made.write();
  const [before, after] = (await engine.list('daily')).snapshots;
  expect(after!.slices).toEqual(before!.slices);
  expect(dueSlots([after!], 30 * DAY, late.now())).toEqual([]);
});

/** Behind everybody's back: the bytes rot, times and size stay. */
function rot(path: string): void {
  const bytes = readFileSync(path);
  chmodSync(path, 0o644);
  bytes[0] = bytes[0]! ^ 1;
  writeFileSync(path, bytes);
  chmodSync(path, 0o444);
}

test('two simulated months of the real plugin: rot is found within the time, in every snapshot that has it', async () => {
  await using realm = await testRealm({ plugins: backup, start: START });
  mkdirSync(join(realm.root, 'agents'));
  for (let n = 0; n < 12; n += 1) writeFileSync(join(realm.root, `agents/f${n}`), `file ${n}`);
  const young = (): boolean => Date.now() - statSync(join(realm.root, 'agents/f11')).ctimeMs < 2_100;
  while (young()) await new Promise((resolve) => setTimeout(resolve, 50)); // only then are they shared between snapshots
  const verify = { scrubWithin: '10d' };
  const want = realm.want('backup', { schedule: '0 7 * * *', sources: ['agents'], keep: { last: 4 }, verify }, 'daily');
  const condition = async (): Promise<string> => {
    const look = await realm.look(want);
    const found = (look.is === 'seen' ? look.conditions : []).find(({ type }) => type === 'Verified');
    return `${found?.status} ${found?.reason}: ${found?.message}`;
  };
  const rots = new Map([
    [25, 'f3'],
    [44, 'f8'],
  ]);
  const found: string[] = [];
  let oldest = 0;
  let rotten: { day: number; file: string } | undefined;
  for (let day = 0; day < 60; day += 1) {
    await realm.advance(DAY);
    writeFileSync(join(realm.root, 'agents/today'), `${day}`);
    await pass(realm, want);
    const folder = join(realm.root, 'backups/daily');
    const said = await condition();
    if (rotten !== undefined && said.includes(rotten.file)) {
      found.push(`${rotten.file} after ${day - rotten.day} days`);
      expect(said).toMatch(/^False Damaged/);
      // What rots is one file in all of them; a run takes it anew, and prune lets the old ones go.
      rotten = undefined;
    } else if (rotten === undefined && !said.includes('Damaged')) {
      expect(said).toMatch(/^True Verified: nothing is unread for more than/);
      oldest = Math.max(oldest, Number(/than (\d+) d/.exec(said)?.[1] ?? 0));
    }
    const file = rots.get(day);
    if (file === undefined) continue;
    rotten = { day, file };
    const [label] = readdirSync(folder).filter((name) => /^\d/.test(name));
    rot(join(folder, label!, 'data/agents', file));
  }
  expect(found).toHaveLength(2);
  // Shared files are read no more often than they must be, and not each time that somebody links to them anew.
  expect(oldest).toBeGreaterThan(6);
  for (const one of found) expect(Number(/after (\d+)/.exec(one)![1])).toBeLessThanOrEqual(10);
  console.log(`scrub: ${found.join(', ')}`);
});
