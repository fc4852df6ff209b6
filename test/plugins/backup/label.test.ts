// Names of snapshots against what Temporal says of the same instants, in every zone, and the rhythm that a schedule has.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { labelOf, unitOf } from '../../../plugins/backup/label.ts';
import { localTime, timeByIntl } from '../../../plugins/backup/local-time.ts';

const ZONES = Intl.supportedValuesOf('timeZone');
const RUNS = { numRuns: 3_000 };
const instants = fc.integer({ min: Date.UTC(1970, 0, 3), max: Date.UTC(2200, 0, 1) });
/** The days around New Year, where the year of a week is not that of its day. */
const yearBorders = fc
  .tuple(fc.integer({ min: 1971, max: 2199 }), fc.integer({ min: -5 * 86_400_000, max: 5 * 86_400_000 }))
  .map(([year, ms]) => Date.UTC(year, 0, 1) + ms);

/** By Temporal, which is another calendar than the one that labels are made with. */
function local(at: number, zone: string): { day: string; time: string; week: string } {
  const there = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  return {
    day: there.toPlainDate().toString(),
    time: there.toPlainTime().toString({ smallestUnit: 'second' }).replaceAll(':', ''),
    week: `${there.yearOfWeek}-W${String(there.weekOfYear).padStart(2, '0')}`,
  };
}

test('labels are what clocks in the zone show', () => {
  fc.assert(
    fc.property(fc.oneof(instants, yearBorders), fc.constantFrom(...ZONES), (at, zone) => {
      const { day, time, week } = local(at, zone);
      expect(labelOf('day', at, zone)).toBe(day);
      expect(labelOf('second', at, zone)).toBe(`${day}-${time}`);
      expect(labelOf('week', at, zone)).toBe(week);
    }),
    RUNS,
  );
});

test('where there is no Temporal, clocks show the same by Intl', () => {
  fc.assert(
    fc.property(fc.oneof(instants, yearBorders), fc.constantFrom(...ZONES), (at, zone) => {
      expect(timeByIntl(at, zone)).toEqual(localTime(at, zone));
    }),
    RUNS,
  );
});

test('every zone at the borders of forty years', () => {
  for (const zone of ZONES) {
    for (let year = 2010; year < 2050; year += 3) {
      const at = Date.UTC(year, 0, 1) + (year % 7) * 3_600_000;
      const { day, week } = local(at, zone);
      expect([labelOf('day', at, zone), labelOf('week', at, zone)]).toEqual([day, week]);
    }
  }
});

test('labels sort as time does, but for clocks that go back', () => {
  fc.assert(
    fc.property(instants, instants, (one, other) => {
      const [early, late] = [Math.min(one, other), Math.max(one, other)];
      for (const unit of ['day', 'week', 'second'] as const) {
        expect(labelOf(unit, early, 'UTC') <= labelOf(unit, late, 'UTC')).toBe(true);
      }
    }),
    RUNS,
  );
});

test('the examples that people know', () => {
  expect(labelOf('week', Date.parse('2025-12-29T12:00:00Z'), 'UTC')).toBe('2026-W01');
  expect(labelOf('week', Date.parse('2027-01-03T12:00:00Z'), 'UTC')).toBe('2026-W53');
  expect(labelOf('day', Date.parse('2026-11-21T03:30:00Z'), 'America/New_York')).toBe('2026-11-20');
  expect(labelOf('second', Date.parse('2026-11-21T06:03:12.999Z'), 'Europe/Berlin')).toBe('2026-11-21-070312');
});

test('02:30 comes twice in autumn with one label, and never in spring', () => {
  const second = (text: string): string => labelOf('second', Date.parse(text), 'Europe/Berlin');
  expect(second('2026-10-25T00:30:00Z')).toBe('2026-10-25-023000');
  expect(second('2026-10-25T01:30:00Z')).toBe('2026-10-25-023000');
  expect(second('2026-03-29T00:59:59Z')).toBe('2026-03-29-015959');
  expect(second('2026-03-29T01:00:00Z')).toBe('2026-03-29-030000');
});

test.each([
  ['0 7 * * *', 'day'],
  ['@daily', 'day'],
  ['30 2 * * *', 'day'],
  ['0 0 * * MON-FRI', 'day'],
  ['0 23 * * 0', 'week'],
  ['@weekly', 'week'],
  ['0 7 1 * *', 'week'],
  ['@yearly', 'week'],
  ['0 7 * * MON,THU', 'day'],
  ['0 7,19 * * *', 'second'],
  ['0 7,19 1 1 *', 'second'],
  ['@hourly', 'second'],
  ['*/5 * * * *', 'second'],
  ['0 12 1,2,29 * *', 'day'],
])('%s is named by the %s', (schedule, unit) => {
  for (const zone of ['UTC', 'Europe/Berlin', 'America/Havana', 'Australia/Lord_Howe', 'Pacific/Apia']) {
    expect(unitOf({ schedule }, zone)).toBe(unit);
  }
});

test('on change and by hand it is the second; what is written wins', () => {
  expect(unitOf({}, 'UTC')).toBe('second');
  expect(unitOf({ label: 'week' }, 'UTC')).toBe('week');
  expect(unitOf({ label: 'second', schedule: '0 7 * * *' }, 'UTC')).toBe('second');
});
