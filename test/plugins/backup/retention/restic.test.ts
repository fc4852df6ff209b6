// Our rules against those of the real `restic forget --dry-run`, on snapshots that `restic backup --time` made.
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labelOf } from '../../../../plugins/backup/label.ts';
import { plan } from '../../../../plugins/backup/retention/plan.ts';
import type { Snapshot } from '../../../../plugins/backup/snapshot.ts';
import type { Keep } from '../../../../plugins/backup/spec.ts';
import { hasRestic } from '../restic/program.ts';
import { makeRepository, restic, resticEnvironment } from '../restic/repository.ts';
import { instants, keeps, NOW, snapshot } from './history.ts';
import { MEMORY } from '../../../memory.ts';

const ZONE = 'Europe/Berlin';
const HOUR = 3_600_000;
const HISTORIES = 12;
const LENGTH = 18;
const run = promisify(execFile);

/** The two hours of an autumn night that restic takes for one. */
const isTwice = (at: number): boolean =>
  labelOf('second', at, ZONE) === labelOf('second', at + HOUR, ZONE) ||
  labelOf('second', at, ZONE) === labelOf('second', at - HOUR, ZONE);

interface Group {
  readonly host: string;
  readonly keep: readonly { readonly id: string }[] | null;
  readonly remove: readonly { readonly id: string }[] | null;
}

describe.skipIf(!hasRestic())('with the program', () => {
  const scratch = mkdtempSync(join(MEMORY, 'realm-forget-'));
  const repository = join(scratch, 'repository');
  const histories = new Map<string, readonly Snapshot[]>();
  const file = join(scratch, 'file');
  writeFileSync(file, 'text');
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  /**
   * Each history is the snapshots of one host. They are made in repositories of their own, as restic waits long for locks
   * that come and go, and then put together: all of them are copies of one empty repository, key and all.
   */
  beforeAll(async () => {
    makeRepository(repository, scratch);
    const drawn = fc.sample(instants(LENGTH), { numRuns: HISTORIES, seed: 4 });
    const all = drawn.map((times) => times.filter((at) => !isTwice(at)));
    await Promise.all(all.map((times, index) => makeHistory(`h${index}`, times)));
    const wanted = all.flat();
    const made = JSON.parse(restic(repository, ['snapshots', '--json', '--no-lock'])) as {
      id: string;
      time: string;
      hostname: string;
      tags: string[];
    }[];
    if (made.length !== wanted.length) throw new Error(`${made.length} of ${wanted.length} were made`);
    for (const { id, time, hostname, tags } of made) {
      const one = snapshot({ startedAt: Date.parse(time), label: id, tags });
      histories.set(hostname, [...(histories.get(hostname) ?? []), one]);
    }
  }, 120_000);

  async function makeHistory(host: string, times: readonly number[]): Promise<void> {
    const own = join(scratch, host);
    makeRepository(own, scratch);
    const env = { ...resticEnvironment(own), TZ: ZONE };
    for (const [index, at] of times.entries()) {
      const label = labelOf('second', at, ZONE);
      const time = `${label.slice(0, 10)} ${label.slice(11).replaceAll(/(..)(?=.)/g, '$1:')}`;
      const tags = ['--tag', index % 7 === 3 ? `n${index},release` : `n${index}`];
      await run('restic', ['backup', '-q', '--no-cache', '--host', host, '--time', time, ...tags, file], { env });
    }
    for (const part of ['snapshots', 'index', 'data'])
      cpSync(join(own, part), join(repository, part), { recursive: true });
  }

  const theirs = (keep: Keep, withinHours: number): readonly Group[] => {
    const counts = (['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const).flatMap((rule) =>
      (keep[rule] ?? 0) > 0 ? [`--keep-${rule}`, `${keep[rule]}`] : [],
    );
    const within = withinHours > 0 ? ['--keep-within', `${withinHours}h`] : [];
    const tags = (keep.tags ?? []).flatMap((tag) => ['--keep-tag', tag]);
    const args = ['forget', '--dry-run', '--json', '--no-lock', '--group-by', 'host', ...counts, ...within, ...tags];
    return JSON.parse(restic(repository, args, { TZ: ZONE })) as readonly Group[];
  };

  test('both keep the same of every history, by every rule', { timeout: 120_000 }, () => {
    let [compared, removed] = [0, 0];
    // 0.14 does not keep the oldest while a rule has room; later versions do, and say so
    const knowsOldest = JSON.stringify(theirs({ yearly: 1_000, floor: 0 }, 0)).includes('oldest');
    // that the newest verified one stays is our own promise, beyond the rules
    const isTheirs = (reason: string): boolean =>
      reason !== 'the newest verified one' && (knowsOldest || !reason.startsWith('the oldest'));
    fc.assert(
      fc.property(keeps, (drawn) => {
        // older than exactly the duration is out for restic, and in for us: a second decides, and none lies between
        const hours = Math.floor((drawn.within ?? 0) / HOUR);
        const keep = { ...drawn, within: Math.max(0, hours * HOUR - 1_000), floor: 0 };
        const rules = [
          keep.last,
          keep.hourly,
          keep.daily,
          keep.weekly,
          keep.monthly,
          keep.yearly,
          hours,
          keep.tags?.length,
        ];
        fc.pre(rules.some((rule) => (rule ?? 0) > 0));
        for (const group of theirs(keep, hours)) {
          const { verdicts } = plan(histories.get(group.host)!, keep, { now: NOW, zone: ZONE, allowDeletions: true });
          const ours = verdicts.filter(({ reasons, keep: stays }) => stays && reasons.some(isTheirs));
          expect(ours.map((one) => one.snapshot.label).toSorted()).toEqual(
            (group.keep ?? []).map(({ id }) => id).toSorted(),
          );
          compared += 1;
          removed += group.remove?.length ?? 0;
        }
      }),
      { numRuns: 60 },
    );
    expect(compared).toBe(60 * HISTORIES);
    expect(removed).toBeGreaterThan(compared);
  });
});
