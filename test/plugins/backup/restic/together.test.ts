// Several at work on one repository at the same time: what one notes is not lost to another, and nobody's files are swept.
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resticCommand } from '../../../../plugins/backup/restic/command.ts';
import { find, rewrite } from '../../../../plugins/backup/restic/repository.ts';
import { scratchFor, sweepScratch } from '../../../../plugins/backup/restic/scratch.ts';
import { withVerification } from '../../../../plugins/backup/restic/tags.ts';
import { MEMORY } from '../../../memory.ts';
import { START, testJob, testPolicy, testTools } from '../rig.ts';
import { hasRestic } from './program.ts';
import { makeRealm } from './realm.ts';
import { PASSWORD } from './repository.ts';

function scratch(): string {
  const folder = mkdtempSync(join(MEMORY, 'realm-together-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.skipIf(!hasRestic())('with the program', () => {
  test('two that change the same snapshot: both changes are in it, whoever was first', async () => {
    const folder = scratch();
    const place = makeRealm(folder);
    const engine = place.open();
    const policy = testPolicy('daily', place.root);
    const { snapshot } = await engine.write(testJob(policy), testTools(START));
    const { repository } = place;
    const restic = resticCommand({ repository, password: PASSWORD, env: {}, cache: join(folder, 'cache') });
    const known = await find(restic, snapshot);
    await engine.pin(snapshot, { until: null, why: 'mine' });
    const drill = { level: 'drill', at: START + 9, isGood: true, coverage: 1, damaged: [] } as const;
    await rewrite(restic, known, (facts) => withVerification(facts, drill, undefined)); // restic knows that id no more
    const [one] = (await engine.list('daily')).snapshots;
    expect(one).toMatchObject({ pin: { why: 'mine' }, verifiedAt: START + 9 });
    expect(one!.verifications).toContainEqual(drill);
  });
});

test('what a living process works in stays; what a dead one left goes, and what nobody owns after a day', () => {
  const all = scratch();
  const mine = scratchFor(all, 'in');
  const name = basename(mine);
  const made = (folder: string): string => {
    mkdirSync(join(all, folder, 'deep'), { recursive: true });
    return join(all, folder);
  };
  const dead = made(name.replace(/-\d+-\d+-/, `-${process.pid}-1-`));
  const elsewhere = made(name.replace(/[0-9a-f]{12}/, '0123456789ab').replace(/-\d+-\d+-/, '-7-1-'));
  const [fresh, old] = [made('fresh'), made('old')];
  const now = Date.now();
  utimesSync(old, now / 1000 - 2 * 86_400, now / 1000 - 2 * 86_400);
  sweepScratch(all, now);
  const left = [mine, dead, elsewhere, fresh, old].map((folder) => existsSync(folder));
  expect(left).toEqual([true, false, true, true, false]);
});
