// The folder for the person who is asked says what is in the home now, whatever could be taken back.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Context } from '../../../../core/plugin.ts';
import { writeBundle } from '../../../../plugins/agents/recovery/bundle.ts';
import type { Try } from '../../../../plugins/agents/recovery/row.ts';
import { NOW, recoveryOf, specOf } from '../world.ts';

const failed: Try = {
  at: NOW,
  snapshots: ['weekly/1'],
  top: 'weekly/1',
  uid: 'u7',
  remarks: [],
  restoredAt: NOW,
  outcome: 'failed',
  stays: null,
  why: 'not heard',
};

test('a home that is not as it was is not said to be so', () => {
  const data = mkdtempSync(join(tmpdir(), 'realm-bundle-'));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const ctx = { paths: { root: data, data }, conditions: () => [], rows: { get: () => undefined }, now: () => NOW };
  const want = { ref: 'agent/z', name: 'z', spec: specOf() };
  const told = (one: Try): string => {
    const recovery = recoveryOf({ phase: 'escalated', tries: [one], endedAt: NOW });
    const bundle = writeBundle(want as never, recovery, 'not heard', ctx as unknown as Context);
    return readFileSync(join(bundle, 'README.txt'), 'utf8');
  };
  expect(told(failed)).toContain('Its home is as it was before the recovery.');
  const left = told({ ...failed, stays: 'failed: the disk is full' });
  expect(left).toContain('NOT as it was');
  expect(left).toContain('weekly/1 was not taken back (failed: the disk is full): realm backup undo u7');
});
