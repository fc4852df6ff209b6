// What a policy owes at an instant, and what it says of itself then.
import { expect, test } from 'vitest';
import { dues, nextDue } from '../../../plugins/backup/due.ts';
import { triedAgainAt, undoneAgainAt } from '../../../plugins/backup/tried-again.ts';
import type { Facts } from '../../../plugins/backup/facts.ts';
import { backup } from '../../../plugins/backup/kind.ts';
import type { Backup } from '../../../plugins/backup/policies.ts';
import type { Snapshot } from '../../../plugins/backup/snapshot.ts';
import type { BackupSpec } from '../../../plugins/backup/spec.ts';
import { DAY, facts, HOUR, NOW, owed, said, SEVEN, snapshot, spec, target } from './policy-at.ts';

test('a slot is owed until each target has a good snapshot of it, or a later one', () => {
  expect(owed(spec(), facts([target([])]))).toEqual(['BackupDue']);
  expect(owed(spec(), facts([target([snapshot()])]))).toEqual([]);
  expect(owed(spec(), facts([target([snapshot({ startedAt: SEVEN - DAY })])]))).toEqual(['BackupDue']);
  expect(owed(spec(), facts([target([snapshot({ startedAt: SEVEN - 1, slot: SEVEN })])]))).toEqual([]);
  for (const bad of [{ status: 'partial' }, { damaged: ['x'] }, { trigger: 'safety' }] as const)
    expect(owed(spec(), facts([target([snapshot(bad)])])), JSON.stringify(bad)).toEqual(['BackupDue']);
  const two = spec({ to: ['/r/backups', '/mnt'] });
  const behind = facts([target([snapshot()]), target([], { name: '/mnt', is: 'new' })]);
  expect(owed(two, behind)).toEqual(['BackupDue']);
  expect(said(two, behind)['Ready']).toMatch(/^True/);
  expect(said(two, behind)['Replicated']).toMatch(/^False Behind: \/mnt/);
});

test('what is owed in a target that is not there is owed and blocked; with another that can be written to it is done there', () => {
  const away = facts([target([], { is: 'missing', why: '/r/backups is not mounted' })]);
  expect(dues(spec(), away, NOW)).toMatchObject([
    { because: 'BackupDue', blockedBy: '/r/backups: /r/backups is not mounted' },
  ]);
  const two = spec({ to: ['/r/backups', '/mnt'] });
  const other = target([], { name: '/mnt' });
  expect(dues(two, facts([...away.targets, other]), NOW)).toMatchObject([{ blockedBy: undefined }]);
  const covered = dues(two, facts([...away.targets, { ...other, snapshots: [snapshot()] }]), NOW);
  expect(covered).toMatchObject([{ because: 'BackupDue', blockedBy: '/r/backups: /r/backups is not mounted' }]);
  expect(owed(spec(), facts([target([], { is: 'full' })]))).toEqual(['BackupDue']);
  const { schedule: _, ...without } = spec({ watch: ['/r/rules'] });
  expect(dues(without, away, NOW)).toMatchObject([{ because: 'SourceChanged', blockedBy: expect.any(String) }]);
  expect(said(spec(), away)['TargetReady']).toBe('False NotMounted: /r/backups is not mounted');
  expect(said(spec(), away)['Ready']).toMatch(/^False NoSnapshot/);
  expect(said(spec(), facts([target([], { usedPercent: 91 })]))['TargetReady']).toBe(
    'False Filling: /r/backups is 91 % full',
  );
});

test('drift says how old the last good one is; late is another word than due', () => {
  const old = facts([target([snapshot({ startedAt: NOW - 31 * HOUR })])]);
  expect(said(spec(), old)['Fresh']).toMatch(/^False Stale: last good 31 h ago, .*; one was due 5 h ago$/);
  const yesterday = facts([target([snapshot({ startedAt: SEVEN - 23 * HOUR })])]);
  expect(said(spec(), yesterday, SEVEN + 60_000)['Fresh']).toMatch(/^False Due/);
  expect(said(spec(), old, SEVEN + 60_000)['Fresh'], 'the day before was missed too').toMatch(/^False Stale/);
  const hourly = spec({ schedule: '0 * * * *' });
  expect(said(hourly, yesterday, NOW)['Fresh'], 'of an hourly one the latest slot is never late').toMatch(
    /^False Stale/,
  );
  expect(dues(spec(), old, NOW)[0]).toMatchObject({
    to: new Date(SEVEN).toISOString(),
    input: { trigger: 'catch-up' },
  });
  expect(dues(spec(), old, SEVEN + 60_000)[0]).toMatchObject({ input: { trigger: 'schedule' } });
});

test('each promise has its own condition, and one that is broken makes it degraded, not unready', () => {
  const drill = { schedule: '0 4 * * *', pick: 'latest' as const, assert: [] };
  const unproven = said(spec({ drill }), facts([target([snapshot()])]));
  expect(unproven['Drilled']).toBe('False Never: no restore was ever proven');
  expect(unproven['Degraded']).toBe('True Never: no restore was ever proven');
  expect(unproven['Ready']).toMatch(/^True Recent/);
  const proof = (at: number, isGood = true) => ({ level: 'drill' as const, at, isGood, coverage: 1, damaged: [] });
  const proven = facts([target([snapshot({ verifications: [proof(NOW - HOUR)] })])]);
  expect(owed(spec({ drill }), proven)).toEqual([]);
  expect(said(spec({ drill }), proven)['Drilled']).toMatch(/^True Proven: last proven restore 60 min ago/);
  const failed = facts([target([snapshot({ verifications: [proof(NOW - HOUR, false)] })])]);
  expect(said(spec({ drill }), failed)['Drilled']).toMatch(/^False Failed/);
  const stale = facts([target([snapshot({ verifications: [proof(NOW - 2 * DAY)] })])]);
  expect(owed(spec({ drill }), stale)).toEqual(['DrillDue']);

  const damaged = facts([target([snapshot({ startedAt: SEVEN - DAY, damaged: ['agents/z'] }), snapshot()])]);
  expect(said(spec(), damaged)['Verified']).toMatch(/^False Damaged: daily\/2026-11-20: agents\/z/);
  const unsure = facts([target([snapshot({ unsure: 'line 2 of its notes cannot be read' })])]);
  expect(said(spec(), unsure)['Verified']).toMatch(/^False NotesDamaged: .*line 2.*realm backup pin daily 2026/);
  const partial = facts([target([snapshot({ startedAt: SEVEN - DAY }), snapshot({ status: 'partial' })])]);
  expect(said(spec(), partial)).toMatchObject({ Complete: expect.stringMatching(/^False Partial/) as string });
  expect(said(spec(), partial)['Retained']).toMatch(/^False Held: nothing is removed: the newest, .* is partial$/);
});

test('what no rule keeps is owed to be removed, and what was not read for long to be read', () => {
  const many = [3, 2, 1, 0].map((days) => snapshot({ startedAt: SEVEN + 1_000 - days * DAY }));
  expect(owed(spec(), facts([target(many)]))).toEqual(['PruneDue']);
  expect(said(spec(), facts([target(many)]))['Retained']).toBe('False Over: 1 more than the rules keep');
  const long = facts([target([snapshot({ verifiedAt: NOW - 31 * DAY })])]);
  const monthly = spec({ verify: { afterRun: 'new', scrubWithin: 30 * DAY } });
  expect(dues(monthly, long, NOW)).toMatchObject([{ because: 'ScrubDue', input: { due: true } }]);
  expect(said(monthly, long)['Verified']).toMatch(/^False ScrubLate/);
});

test('without a schedule the first snapshot is the state before the first change; then each change is owed one', () => {
  const { schedule: _, ...without } = spec({ watch: ['/r/rules'] });
  const watching: BackupSpec = without;
  const first = dues(watching, facts([target([])]), NOW);
  expect(first).toMatchObject([{ because: 'SourceChanged', input: { trigger: 'watch' } }]);
  expect(owed(watching, facts([target([snapshot()])]))).toEqual([]);
  const changed = facts([target([snapshot()])], { changed: ['rules/gate.yaml'] });
  expect(dues(watching, changed, NOW)).toMatchObject([{ because: 'SourceChanged', to: 'rules/gate.yaml' }]);
  expect(said(watching, changed)['Fresh']).toBe('False SourceChanged: 1 watched changed since 2026-11-21');
});

test('what failed is tried again after a minute, then four times later each time, an hour at most', () => {
  const failed = (tries: number) => ({
    id: 'r',
    key: 'k',
    what: 'run' as const,
    startedAt: NOW,
    endedAt: NOW,
    reason: 'no disk',
    tries,
  });
  expect([1, 2, 3, 4, 5, 40].map((tries) => (triedAgainAt(failed(tries)) - NOW) / 60_000)).toEqual([
    1, 4, 16, 60, 60, 60,
  ]);
  const seen = facts([target([])], { failed: [failed(1)] });
  expect(nextDue(spec(), seen, NOW)).toBe(NOW + 60_000);
  expect(nextDue(spec(), facts([target([])]), NOW)).toBe(SEVEN + DAY);
  expect(said(spec(), seen)['Fresh']).toBe('False NoSnapshot: no good snapshot yet; the last try failed: no disk');
});

const alarm = (wanted: BackupSpec, seen: Facts, now = NOW): string => said(wanted, seen, now)['Degraded']!;

test('what is due for a moment calls nobody, and what stays so for an hour does, each by itself', () => {
  const drill = { schedule: '0 7 * * *', pick: 'latest' as const, assert: [] };
  const proof = (at: number) => ({ level: 'drill' as const, at, isGood: true, coverage: 1, damaged: [] });
  const two = { ...spec({ to: ['/r/backups', '/mnt'] }), drill };
  const fresh = (at: number): Snapshot => snapshot({ startedAt: at, verifications: [proof(at + 2_000)] });
  const old = fresh(SEVEN - DAY + 1_000);
  const both = (first: readonly Snapshot[], second = first): Facts =>
    facts([target(first), target(second, { name: '/mnt' })]);
  const kept = both([old, fresh(SEVEN + 1_000)]);
  expect(alarm(two, kept)).toBe('False AllKept: ');

  // A quarter past: one target is written, the other is not; the drill has not come; one more is kept than need be.
  const soon = SEVEN + 15 * 60_000;
  const made = snapshot({ startedAt: SEVEN + 1_000 });
  const within = { ...two, keep: { last: 1, floor: 0 } };
  const going = both([old, made], [old]);
  for (const [type, word] of [
    ['Replicated', 'Due'],
    ['Drilled', 'Due'],
    ['Retained', 'Due'],
  ])
    expect(said(within, going, soon)[type!], type).toMatch(new RegExp(`^False ${word}:`));
  expect(alarm(within, going, soon)).toBe('False AllKept: ');
  expect(said(within, both([old]), soon)['Fresh']).toMatch(/^False Due/);
  expect(alarm(within, both([old]), soon)).toBe('False AllKept: ');

  // Hours later each of them is told by itself, while the others are well.
  expect(alarm(two, both([old]))).toMatch(/^True Stale: last good 28 h ago/);
  expect(alarm(two, both([old, fresh(SEVEN + 1_000)], [old]))).toBe('True Behind: /mnt lacks the newest');
  expect(alarm(two, both([old, made]))).toMatch(/^True Stale: last proven restore 28 h ago/);
  expect(alarm(within, kept)).toBe('True Over: 2 more than the rules keep');
  const unread = both([old, { ...fresh(SEVEN + 1_000), verifiedAt: NOW - 32 * DAY }]);
  expect(alarm({ ...two, verify: { afterRun: 'new', scrubWithin: 30 * DAY } }, unread)).toMatch(/^True ScrubLate/);
  const partial = both([old, fresh(SEVEN + 1_000), snapshot({ startedAt: SEVEN + HOUR, status: 'partial' })]);
  expect(alarm({ ...two, keep: { last: 9, floor: 0 } }, partial)).toMatch(/^True Partial/);
  const filling = facts(kept.targets.map((one) => ({ ...one, usedPercent: 91 })));
  expect(alarm(two, filling)).toMatch(/^True Filling: \/r\/backups is 91 % full/);
});

test('what is being mended calls nobody, unless that takes an hour itself', () => {
  const old = facts([target([snapshot({ startedAt: NOW - 31 * HOUR })])]);
  const going = (what: 'run' | 'prune', startedAt: number): Facts => ({
    ...old,
    going: { id: 'r', key: 'k', what, startedAt, endedAt: null, reason: '', tries: 1 },
  });
  expect(alarm(spec(), going('run', NOW - 60_000))).toBe('False AllKept: ');
  expect(alarm(spec(), going('run', NOW - 2 * HOUR))).toMatch(/^True Stale/);
  expect(alarm(spec(), going('prune', NOW - 60_000))).toMatch(/^True Stale/);
});

test('what went well and is owed all the same is done again at once, then four times later each time', () => {
  const after = (tries: number): number => (undoneAgainAt({ endedAt: NOW, tries }, NOW) - NOW) / 1_000;
  expect([1, 2, 3, 4, 40].map(after)).toEqual([2, 8, 32, 128, 3_600]);
  expect(undoneAgainAt({ endedAt: NOW + DAY, tries: 9 }, NOW), 'by a clock that was wrong').toBe(NOW);
});

test('drift is a sentence: how old the last good one is, and how old it may be', () => {
  const says = (wanted: BackupSpec, seen: Facts): string[] => dues(wanted, seen, NOW).map((due) => due.says);
  expect(says(spec(), facts([target([snapshot({ startedAt: NOW - 31 * HOUR })])]))).toEqual([
    'last good 31 h ago, policy 24 h',
  ]);
  expect(says(spec(), facts([target([])]))).toEqual(['last good: none yet, policy 24 h']);
  const drill = { schedule: '0 4 * * 1', pick: 'latest' as const, assert: [] };
  expect(says(spec({ drill }), facts([target([snapshot()])]))).toEqual(['last proven restore: none yet, policy 7 d']);
  const many = [3, 2, 1, 0].map((days) => snapshot({ startedAt: SEVEN + 1_000 - days * DAY }));
  expect(says(spec(), facts([target(many)]))).toEqual(['1 more than the rules keep: daily/2026-11-18']);
  const behind = facts([target([snapshot()]), target([snapshot({ startedAt: SEVEN - DAY })], { name: '/mnt' })]);
  expect(says(spec({ to: ['/r/backups', '/mnt'] }), behind)).toEqual(['last good 29 h ago in /mnt, policy 24 h']);
});

test('an answer is owed to the snapshot it is about until it is written there; an open change is no broken promise', () => {
  const { schedule: _, ...rest } = spec({ watch: ['/r/rules'], approval: 'required' });
  const watching: BackupSpec = rest;
  const change = {
    phase: 'after' as const,
    paths: ['rules/gate.yaml'],
    other: 'daily/2026-11-20',
    approvedBy: undefined,
    why: undefined,
    question: 'daily q1',
  };
  const open = target([snapshot({ change })]);
  expect(said(watching, facts([open]))['Approved']).toMatch(/^False Unapproved: daily\/2026-11-21: nobody agreed yet/);
  expect(alarm(watching, facts([open]))).toBe('False AllKept: ');
  expect(owed(watching, facts([open]))).toEqual([]);
  const asked = { key: 'daily q1', id: 'a1', ref: 'backup/daily', what: '', by: 'user:ann', why: 'fine' } as const;
  const answered = facts([open], { answers: [{ ...asked, state: 'approved' }] });
  expect(dues(watching, answered, NOW)).toMatchObject([
    {
      what: 'approve',
      because: 'ChangeAnswered',
      input: { question: 'daily q1', by: 'user:ann', why: 'fine', deny: false },
    },
  ]);
  const answer = { is: 'approved' as const, by: 'user:ann', why: 'fine', at: NOW };
  const written = facts([target([snapshot({ change: { ...change, answer } })])], { answers: answered.answers });
  expect(owed(watching, written)).toEqual([]);
  expect(said(watching, written)['Approved']).toMatch(/^True/);
  const denied = facts([target([snapshot({ change: { ...change, answer: { ...answer, is: 'denied' } } })])]);
  expect(said(watching, denied)['Approved']).toMatch(/^False Denied: .*`realm backup revert daily\/2026-11-21`/);
  const reverted = facts([target([snapshot({ change: { ...change, answer: { ...answer, is: 'reverted' } } })])]);
  expect(said(watching, reverted)['Approved']).toMatch(/^True/);
});

test('an approval of what nobody watches is a mistake', () => {
  const problems = (more: Partial<BackupSpec>): readonly string[] =>
    backup.check!([{ ref: 'backup/daily', name: 'daily', spec: spec(more) } as unknown as Backup]).map(
      ({ path }) => path ?? '',
    );
  expect(problems({ approval: 'required' })).toEqual(['approval']);
  expect(problems({ approval: 'required', watch: ['/r/rules'] })).toEqual([]);
});
