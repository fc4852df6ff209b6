// What a snapshot says of itself is read back the same, and a record that is not whole is refused.
import { expect, test } from 'vitest';
import { decodeRecord, encodeRecord, type SnapshotRecord, snapshotOf } from '../../../../plugins/backup/tree/record.ts';

const record: SnapshotRecord = {
  uid: 'u1',
  policy: 'daily',
  slot: 1_700_000_000_000,
  startedAt: 1_700_000_000_001,
  endedAt: 1_700_000_000_002,
  trigger: 'watch',
  status: 'partial',
  isSuspicious: true,
  files: 3,
  bytes: 12,
  realm: 'r',
  host: 'h',
  tags: ['a'],
  change: { phase: 'before', paths: ['x'], other: 'daily/y', approvedBy: undefined, why: undefined },
  parent: 'u0',
  readBack: { at: 1_700_000_000_001, coverage: 0.5, isWhole: true },
  details: { troubles: [{ path: 'p' }] },
};

test('a record is read back as it was written', () => {
  expect(decodeRecord(encodeRecord(record))).toEqual(record);
  const least = { ...record, slot: null, change: undefined, parent: undefined, readBack: undefined, details: {} };
  expect(decodeRecord(encodeRecord(least))).toEqual(least);
});

test('times are written for people, and details beside the rest', () => {
  const written = JSON.parse(encodeRecord(record)) as object;
  expect(written).toMatchObject({ version: 1, slot: '2023-11-14T22:13:20.000Z', troubles: [{ path: 'p' }] });
});

test.each([
  ['', 'nothing'],
  ['[]', 'a list'],
  [encodeRecord(record).slice(0, -5), 'half of it'],
  [encodeRecord(record).replace('"version": 1', '"version": 2'), 'another version'],
  [encodeRecord(record).replace('"files": 3', '"files": "3"'), 'text for a number'],
  [encodeRecord(record).replace('"partial"', '"good"'), 'an unknown status'],
  [encodeRecord(record).replace('2023-11-14T22:13:20.001Z', 'yesterday'), 'no time'],
  [encodeRecord(record).replace('"uid": "u1"', '"uid": ""'), 'no uid'],
])('refuses %#: %s', (written) => {
  expect(() => decodeRecord(written)).toThrow(/./);
});

test('a snapshot is its record, its folder and its anchor', () => {
  const at = { path: '/t/daily/l.2', label: 'l.2', anchor: 'ff' };
  const one = snapshotOf(record, at);
  expect(one).toMatchObject({ id: 'daily/l.2', ...at, uid: 'u1', verifiedAt: record.readBack!.at, damaged: [] });
  expect(one.verifications).toMatchObject([{ level: 'content', coverage: 0.5, isGood: true }]);
  expect(snapshotOf({ ...record, readBack: undefined }, at)).toMatchObject({ verifiedAt: null, verifications: [] });
});
