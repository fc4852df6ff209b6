// A policy at an instant: a spec, snapshots and targets with nothing odd about them, and what is owed and said then.
import { conditionsOf } from '../../../plugins/backup/conditions.ts';
import { dues } from '../../../plugins/backup/due.ts';
import type { Facts, TargetFacts } from '../../../plugins/backup/facts.ts';
import type { Snapshot } from '../../../plugins/backup/snapshot.ts';
import type { BackupSpec } from '../../../plugins/backup/spec.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const SEVEN = Date.UTC(2026, 10, 21, 7);
export const NOW = SEVEN + 5 * HOUR;

export const spec = (more: Partial<BackupSpec> = {}): BackupSpec => ({
  schedule: '0 7 * * *',
  settle: 2_000,
  sources: ['/r/agents'],
  to: ['/r/backups'],
  keep: { last: 3, floor: 0 },
  commands: { before: [], after: [] },
  tolerate: 0,
  shrinkAlarm: 30,
  verify: { afterRun: 'new', scrubWithin: 400 * DAY }, // nothing is due to be read again yet
  ...more,
});

export const snapshot = (more: Partial<Snapshot> = {}): Snapshot => {
  const startedAt = more.startedAt ?? SEVEN + 1_000;
  const label = new Date(startedAt).toISOString().slice(0, 10);
  return {
    id: `daily/${label}`,
    policy: 'daily',
    label,
    uid: `u${startedAt}`,
    slot: null,
    startedAt,
    endedAt: startedAt + 1_000,
    trigger: 'schedule',
    status: 'complete',
    isSuspicious: false,
    files: 2,
    bytes: 10,
    anchor: 'a',
    path: `/r/backups/daily/${label}`,
    host: 'h',
    tags: [],
    verifiedAt: startedAt + 1_000,
    verifications: [],
    pin: undefined,
    damaged: [],
    change: undefined,
    ...more,
  };
};
export const target = (snapshots: readonly Snapshot[], more: Partial<TargetFacts> = {}): TargetFacts => ({
  name: '/r/backups',
  is: 'ready',
  why: '',
  usedPercent: 10,
  snapshots,
  unreadable: [],
  ...more,
});
export const facts = (targets: readonly TargetFacts[], more: Partial<Facts> = {}): Facts => ({
  zone: 'UTC',
  targets,
  going: null,
  failed: [],
  changed: [],
  answers: [],
  ...more,
});
export const owed = (wanted: BackupSpec, seen: Facts, now = NOW): string[] =>
  dues(wanted, seen, now).map(({ because }) => because);
export const said = (wanted: BackupSpec, seen: Facts, now = NOW): Record<string, string> =>
  Object.fromEntries(
    conditionsOf(wanted, seen, now).map(({ type, status, reason, message }) => [
      type,
      `${status} ${reason}: ${message}`,
    ]),
  );
