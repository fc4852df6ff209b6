// Instants as people type them: the end of what is named, as calendars and clocks of the zone show it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instantOf } from '../../../plugins/backup/instant.ts';
import { labelOf } from '../../../plugins/backup/label.ts';

const iso = (text: string, zone = 'Europe/Berlin'): string => new Date(instantOf(text, zone)).toISOString();

test.each([
  ['2026-11-21', '2026-11-21T22:59:59.999Z'],
  ['2026-11-21 20:12', '2026-11-21T19:12:59.999Z'],
  ['2026-11-21T20:12', '2026-11-21T19:12:59.999Z'],
  ['2026-11-21 20:12:30', '2026-11-21T19:12:30.999Z'],
  ['2026-11-21-201230', '2026-11-21T19:12:30.999Z'],
  ['2026-11-21.2', '2026-11-21T22:59:59.999Z'],
  ['2026-W47', '2026-11-22T22:59:59.999Z'],
  ['2026-11-21T20:12:30Z', '2026-11-21T20:12:30.000Z'],
  ['2026-11-21T20:12:30.250+05:30', '2026-11-21T14:42:30.250Z'],
  // Clocks go back at 03:00 and show 02:30 twice, and forward at 02:00 past it.
  ['2026-10-25', '2026-10-25T22:59:59.999Z'],
  ['2026-10-25 02:30:00', '2026-10-25T01:30:00.999Z'],
  ['2026-03-29', '2026-03-29T21:59:59.999Z'],
  ['2026-03-29 02:30:00', '2026-03-29T01:30:00.999Z'],
])('%s in Berlin is %s', (text, wanted) => {
  expect(iso(text)).toBe(wanted);
});

test('the zone is the one that is given, not that of the machine', () => {
  expect(iso('2026-11-21', 'Pacific/Auckland')).toBe('2026-11-21T10:59:59.999Z');
  expect(iso('2026-11-21', 'America/Los_Angeles')).toBe('2026-11-22T07:59:59.999Z');
});

test.each([
  'noon',
  '',
  '2026-02-30',
  '2026-13-01',
  '2026-11-21 24:00',
  '2026-11-21 07:60',
  '2026-W54',
  '2026',
  '21.11.2026',
])('%j is no instant', (text) => {
  expect(() => iso(text)).toThrow(/is no instant/);
});

test('whatever label a snapshot has, it names an instant that is not before what was begun under it', () => {
  const at = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'Pacific/Auckland', 'America/New_York', 'Asia/Kolkata');
  fc.assert(
    fc.property(at, zone, fc.constantFrom('day', 'week', 'second'), (began, inZone, unit) => {
      const label = labelOf(unit, began, inZone);
      const found = instantOf(label, inZone);
      expect(found).toBeGreaterThanOrEqual(began);
      // ... and is still of that label.
      expect(labelOf(unit, found, inZone)).toBe(label);
    }),
    { numRuns: 2_000 },
  );
});
