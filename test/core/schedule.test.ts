// Slots: what parses, what is due, and clock changes against an independent reckoning.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DueQuestion } from '../../core/schedule.ts';
import { dueSlots, latestSlot, nextSlot, parseSchedule, runKey, slots } from '../../core/schedule.ts';
import { RealmError } from '../../core/errors.ts';
import { seededRandom } from '../../core/random.ts';
import { dueBy, offsets, PATTERNS, transitions } from './schedule-oracle.ts';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function refusal(pattern: string, zone = 'UTC'): RealmError {
  try {
    parseSchedule(pattern, zone);
  } catch (error) {
    expect(error).toBeInstanceOf(RealmError);
    return error as RealmError;
  }
  throw new Error(`${pattern} was accepted`);
}

test.each([
  '',
  ' ',
  '* * *',
  '61 * * * *',
  '* * * * * * *',
  '@reboot',
  '@nonsense',
  '2026-01-01T00:00:00',
  '0 7 * * 1#9',
  '5/5 * * * *',
  '0 7 * * MON-FRI\0',
  '* * * *\n*\n* *',
  'x '.repeat(50_000),
])('refuses %j with its value and a hint', (pattern) => {
  const error = refusal(pattern);
  expect(error.code).toBe('SCHEDULE_INVALID');
  expect(error.message).toContain(pattern.slice(0, 20));
  expect(error.message.length).toBeLessThan(300);
  expect(error.hint).toContain('minute hour day month weekday');
});

test('refuses a day that never comes, and a zone that does not exist', () => {
  expect(refusal('0 0 31 2 *').message).toBe('"0 0 31 2 *" is not a schedule: no such day ever comes');
  expect(refusal('0 0 * * *', 'Mars/Olympus').message).toBe('there is no time zone "Mars/Olympus"');
  expect(refusal('0 0 * * *', '').hint).toContain('Europe/Berlin');
});

test('a fixed time runs once when the clock goes back and at the jump when it goes forward; steps follow real time', () => {
  const list = (pattern: string, since: string, count: number): (string | undefined)[] =>
    slots(parseSchedule(pattern, 'Europe/Berlin'), at(since), Infinity, count).map(iso);
  expect(list('30 2 * * *', '2026-03-28T12:00:00Z', 2)).toEqual([
    '2026-03-29T01:00:00.000Z',
    '2026-03-30T00:30:00.000Z',
  ]);
  expect(list('30 2 * * *', '2026-10-24T12:00:00Z', 2)).toEqual([
    '2026-10-25T00:30:00.000Z',
    '2026-10-26T01:30:00.000Z',
  ]);
  expect(list('30 2,14 * * *', '2026-03-28T14:00:00Z', 2)).toEqual([
    '2026-03-29T01:00:00.000Z',
    '2026-03-29T12:30:00.000Z',
  ]);
  const back = slots(
    parseSchedule('*/15 2 * * *', 'Europe/Berlin'),
    at('2026-10-24T12:00:00Z'),
    at('2026-10-25T12:00:00Z'),
    99,
  );
  expect(back).toHaveLength(8);
  const forward = slots(
    parseSchedule('*/15 2 * * *', 'Europe/Berlin'),
    at('2026-03-28T12:00:00Z'),
    at('2026-03-29T12:00:00Z'),
    99,
  );
  expect(forward).toEqual([]);
});

test('latestSlot includes the instant itself and is right for leap years and far pasts', () => {
  const leap = parseSchedule('0 12 29 2 *', 'Europe/Berlin');
  expect(iso(latestSlot(leap, at('2027-12-31T00:00:00Z')))).toBe('2024-02-29T11:00:00.000Z');
  const slot = at('2028-02-29T11:00:00Z');
  expect(latestSlot(leap, slot)).toBe(slot);
  expect(iso(latestSlot(leap, slot - 1))).toBe('2024-02-29T11:00:00.000Z');
  expect(nextSlot(leap, slot - 1)).toBe(slot);
  expect(iso(nextSlot(leap, slot))).toBe('2032-02-29T11:00:00.000Z');
});

test('clock changes of a sample of zones over ten years agree with an independent reckoning', () => {
  const random = seededRandom(20_260_101);
  const zones = Intl.supportedValuesOf('timeZone');
  const sample = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'America/Havana'];
  while (sample.length < 14) sample.push(zones[Math.floor(random.next() * zones.length)]!);
  let compared = 0;
  for (const zone of sample) {
    const offsetAt = offsets(zone);
    const all = transitions(offsetAt, at('2025-01-01T00:00:00Z'), at('2035-01-01T00:00:00Z'));
    for (const change of all.filter((_, index) => index % 4 < 2)) {
      for (const times of PATTERNS) {
        const [since, until] = [change.at - 30 * HOUR, change.at + 30 * HOUR];
        const wanted = dueBy(times, offsetAt, all, since, until);
        const found = slots(parseSchedule(times.pattern, zone), since, until, 1_000);
        expect(found.map(iso), `${zone} ${times.pattern} at ${iso(change.at)}`).toEqual(wanted.map(iso));
        compared += found.length;
      }
    }
  }
  expect(compared).toBeGreaterThan(5_000);
});

const pattern = fc.constantFrom(
  '* * * * *',
  '*/7 * * * *',
  '0 * * * *',
  '30 2 * * *',
  '0 9,17 * * MON-FRI',
  '0 0 1 * *',
  '15 3 L * *',
  '0 12 29 2 *',
  '*/10 * * * * *',
  '0 0 * * 1#2',
);
const zone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kathmandu',
  'America/Havana',
);
const instant = fc.integer({ min: at('2024-01-01T00:00:00Z'), max: at('2034-01-01T00:00:00Z') });

test('slots are in order, and looking forward and back agree', () => {
  let explored = 0;
  fc.assert(
    fc.property(pattern, zone, instant, (text, where, now) => {
      const schedule = parseSchedule(text, where);
      const next = nextSlot(schedule, now)!;
      expect(next).toBeGreaterThan(now);
      expect(next % 1000).toBe(0);
      const latest = latestSlot(schedule, next - 1)!;
      expect(latest).toBeLessThanOrEqual(now);
      expect(latestSlot(schedule, next)).toBe(next);
      expect(nextSlot(schedule, latest)).toBe(next);
      const list = slots(schedule, latest - 1, next, 10);
      expect(list).toEqual([latest, next]);
      explored += 1;
    }),
    { numRuns: 1_500 },
  );
  console.log(`schedule: ${explored} instants looked at from both sides`);
});

const question = { catchUp: 'latest', windowMs: DAY, cap: 10 } as const;

test('dueSlots: nothing is owed before the first slot after the declaration', () => {
  const daily = parseSchedule('0 7 * * *', 'UTC');
  const declared = at('2026-05-01T08:00:00Z');
  const ask = (now: string): readonly number[] =>
    dueSlots(daily, { ...question, lastDone: declared, now: at(now) }).slots;
  expect(ask('2026-05-02T06:59:59Z')).toEqual([]);
  expect(ask('2026-05-02T07:00:00Z')).toEqual([at('2026-05-02T07:00:00Z')]);
  expect(dueSlots(daily, { ...question, lastDone: undefined, now: declared })).toEqual({
    slots: [at('2026-05-01T07:00:00Z')],
    missed: 0,
  });
});

test('dueSlots after an outage: none, the latest or all, inside the window and the cap, the newest win', () => {
  const hourly = parseSchedule('0 * * * *', 'UTC');
  const asked = { lastDone: at('2026-05-01T00:00:00Z'), now: at('2026-05-01T10:30:00Z'), windowMs: 4 * HOUR, cap: 3 };
  const hours = (list: readonly number[]): number[] => list.map((slot) => new Date(slot).getUTCHours());
  const none = dueSlots(hourly, { ...asked, catchUp: 'none' });
  expect([hours(none.slots), none.missed]).toEqual([[], 10]);
  const latest = dueSlots(hourly, { ...asked, catchUp: 'latest' });
  expect([hours(latest.slots), latest.missed]).toEqual([[10], 9]);
  const all = dueSlots(hourly, { ...asked, catchUp: 'all' });
  expect([hours(all.slots), all.missed]).toEqual([[8, 9, 10], 7]);
  expect(hours(dueSlots(hourly, { ...asked, catchUp: 'all', cap: 99 }).slots)).toEqual([7, 8, 9, 10]);
  expect(hours(dueSlots(hourly, { ...asked, catchUp: 'none', now: at('2026-05-01T10:00:20Z') }).slots)).toEqual([10]);
  const years = dueSlots(parseSchedule('* * * * * *', 'UTC'), { ...asked, lastDone: 0, catchUp: 'latest' });
  expect(years.missed).toBe(20);
});

test('a walk through days with suspends and a clock that is set back answers each slot at most once', () => {
  let explored = 0;
  const steps = fc.array(
    fc.record({
      byMs: fc.oneof(
        { weight: 8, arbitrary: fc.integer({ min: 1, max: 2 * HOUR }) },
        { weight: 1, arbitrary: fc.integer({ min: DAY, max: 5 * DAY }) },
        { weight: 2, arbitrary: fc.integer({ min: -3 * HOUR, max: 0 }) },
      ),
    }),
    { minLength: 100, maxLength: 200 },
  );
  const catchUp = fc.constantFrom<DueQuestion['catchUp']>('none', 'latest', 'all');
  fc.assert(
    fc.property(
      zone,
      fc.constantFrom('*/20 * * * *', '30 2 * * *', '0 */3 * * *'),
      catchUp,
      instant,
      steps,
      (where, text, how, start, walk) => {
        const schedule = parseSchedule(text, where);
        const answered = new Set<number>();
        let now = start;
        let lastDone = start;
        for (const { byMs } of walk) {
          now += byMs;
          const asked = { lastDone, now, catchUp: how, windowMs: 6 * HOUR, cap: 4 };
          const due = dueSlots(schedule, asked).slots;
          expect(due).toEqual(due.toSorted((a, b) => a - b));
          expect(due.length).toBeLessThanOrEqual(how === 'all' ? 4 : 1);
          for (const slot of due) {
            expect(slot).toBeGreaterThan(lastDone);
            expect(slot).toBeLessThanOrEqual(now);
            expect(slot).toBeGreaterThanOrEqual(now - 6 * HOUR);
            expect(latestSlot(schedule, slot)).toBe(slot);
            expect(answered.has(slot)).toBe(false);
            answered.add(slot);
          }
          const newest = latestSlot(schedule, now)!;
          if (how !== 'none' && newest > lastDone && newest >= now - 6 * HOUR) expect(due.at(-1)).toBe(newest);
          lastDone = Math.max(lastDone, newest);
          expect(dueSlots(schedule, { ...asked, lastDone }).slots).toEqual([]);
          explored += 1;
        }
      },
    ),
    { numRuns: 60 },
  );
  console.log(`schedule: ${explored} steps of walks`);
});

test('the key of a run names the instant in UTC, so that both halves of a repeated hour differ', () => {
  expect(runKey('task/report', at('2026-10-25T00:30:00Z'))).toBe('task/report@2026-10-25T00:30:00.000Z');
  expect(runKey('task/report', at('2026-10-25T01:30:00Z'))).not.toBe(runKey('task/report', at('2026-10-25T00:30:00Z')));
});
