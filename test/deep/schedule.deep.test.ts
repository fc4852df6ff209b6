// Ten years of every IANA zone: each clock change, and each day of a daily pattern, against an independent reckoning.
import { expect, test } from 'vitest';
import { parseSchedule, slots } from '../../core/schedule.ts';
import { dueBy, offsets, PATTERNS, transitions } from '../core/schedule-oracle.ts';

const HOUR = 3_600_000;
const FROM = Date.parse('2025-01-01T00:00:00Z');
const TO = Date.parse('2035-01-01T00:00:00Z');

test('every zone, every clock change, every kind of pattern', { timeout: 600_000 }, () => {
  let changes = 0;
  let compared = 0;
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const offsetAt = offsets(zone);
    const all = transitions(offsetAt, FROM, TO);
    for (const times of PATTERNS) {
      const schedule = parseSchedule(times.pattern, zone);
      for (const { at } of all) {
        const [since, until] = [at - 30 * HOUR, at + 30 * HOUR];
        const found = slots(schedule, since, until, 1_000);
        expect(found, `${zone} ${times.pattern} at ${new Date(at).toISOString()}`).toEqual(
          dueBy(times, offsetAt, all, since, until),
        );
        compared += found.length;
      }
    }
    changes += all.length;
  }
  console.log(`schedule: ${changes} clock changes, ${compared} slots compared`);
  expect(changes).toBeGreaterThan(2_000);
});

test('every zone, every day of ten years', { timeout: 600_000 }, () => {
  let compared = 0;
  for (const zone of Intl.supportedValuesOf('timeZone')) {
    const offsetAt = offsets(zone);
    const all = transitions(offsetAt, FROM, TO);
    const times = PATTERNS[0]!;
    const found = slots(parseSchedule(times.pattern, zone), FROM, TO, 5_000);
    expect(found, zone).toEqual(dueBy(times, offsetAt, all, FROM, TO));
    compared += found.length;
  }
  console.log(`schedule: ${compared} daily slots compared`);
});
