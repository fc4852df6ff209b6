// Every persisted write of an apply as a place to be killed at.
import { expect, test } from 'vitest';
import { killAt, prepare } from '../core/kernel/crashes.ts';

test(
  'an apply killed at each persisted write leaves old or new, and the next start finishes',
  { timeout: 600_000 },
  () => {
    const realm = prepare();
    try {
      for (let point = 1; point <= realm.points; point++) killAt(realm, point);
      expect(realm.points).toBeGreaterThan(30);
    } finally {
      realm.remove();
    }
  },
);
