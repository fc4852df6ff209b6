// Whose a snapshot is: told by realm and host, in folders and in repositories, and a host may be known by several names.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parted, toldOthers } from '../../../plugins/backup/owner.ts';
import { MEMORY } from '../../memory.ts';
import { hasRestic } from './restic/program.ts';
import { makeRealm } from './restic/realm.ts';
import { START, testJob, testPolicy, testTools } from './rig.ts';
import { world } from './tree/world.ts';

test('of the same realm and of any name of this host; what says no realm counts as ours', () => {
  const all = [
    { realm: 'lab', host: '4090' },
    { realm: 'lab', host: 'bigbox' },
    { realm: undefined, host: 'bigbox' },
    { realm: 'den', host: 'bigbox' },
    { realm: 'lab', host: 'ada' },
  ];
  const { own, others } = parted(all, { realm: 'lab', hosts: ['4090', 'bigbox'] });
  expect(own).toEqual(all.slice(0, 3));
  expect(toldOthers([...others, all[4]!])).toBe('1 of realm den on bigbox, 2 of realm lab on ada');
  expect(parted(all, undefined).own).toEqual(all);
});

test('plain folders: of others nothing is taken over, and nothing is compared with theirs', async () => {
  using w = world();
  w.file('a', 'a'.repeat(1000));
  const owner = { realm: 'den', hosts: ['ada'] };
  await w.write({ realm: 'lab' });
  w.file('a', 'small');
  const { snapshot, linkedFiles } = await w.write({ realm: 'den', host: 'ada' }, { owner });
  expect(linkedFiles).toBe(0);
  expect(snapshot).toMatchObject({ realm: 'den', isSuspicious: false });
});

test.skipIf(!hasRestic())('a repository: each lists its own, and knows of the others', async () => {
  const scratch = mkdtempSync(join(MEMORY, 'realm-owner-'));
  onTestFinished(() => rmSync(scratch, { recursive: true, force: true }));
  const place = makeRealm(scratch);
  const policy = testPolicy('daily', place.root, { realm: 'lab', host: 'ada' });
  const [ours, theirs] = [
    place.open({ owner: { realm: 'lab', hosts: ['ada'] } }),
    place.open({ owner: { realm: 'den', hosts: ['ada'] } }),
  ];
  const { snapshot } = await ours.write(testJob(policy), testTools(START));
  expect((await ours.list('daily')).snapshots.map(({ uid }) => uid)).toEqual([snapshot.uid]);
  const { snapshots, others } = await theirs.list('daily');
  expect([snapshots, others!.map(({ uid }) => uid)]).toEqual([[], [snapshot.uid]]);
});
