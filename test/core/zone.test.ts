// Names of time zones with and without Temporal, and the zone of a machine whose `TZ` names none.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const SOURCE = new URL('../../core/zone.ts', import.meta.url).href;

/** What an expression of `zone.ts` gives in a process of its own. */
function answer(expression: string, flags: readonly string[], env: NodeJS.ProcessEnv = {}): unknown {
  const code = `import * as zone from ${JSON.stringify(SOURCE)}; console.log(JSON.stringify(${expression}));`;
  const child = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', code], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  expect(child.stderr).toBe('');
  return JSON.parse(child.stdout);
}

const WAYS = [
  ['Temporal', []],
  ['Intl alone, as in Node 24', ['--no-harmony-temporal']],
] as const;

test.each(WAYS)('the zone of the machine by %s: what TZ names, else its offset', (_, flags) => {
  const zoneIn = (TZ: string): unknown => answer('zone.systemZone()', flags, { TZ });
  expect(zoneIn('Europe/Berlin')).toBe('Europe/Berlin');
  expect(zoneIn('UTC')).toBe('UTC');
  expect(zoneIn('')).toBe('UTC');
  expect(zoneIn('Nowhere/Land')).toBe('UTC');
  expect(zoneIn('UTC+3')).toBe('-03:00');
  expect(zoneIn('UTC-8')).toBe('+08:00');
});

const NAMES = ['Europe/Berlin', 'europe/berlin', 'US/Pacific', 'EST', 'Etc/GMT-14', 'UTC', '+02:00', '-09:30'];
const NO_NAMES = ['', 'Foo/Bar', 'Etc/Unknown', 'UTC+3', ' UTC', 'Europe/Berlin\0', '+24:00', 'localtime'];

test.each(WAYS)('what is a zone by %s', (_, flags) => {
  const are = (names: readonly string[]): unknown => answer(`${JSON.stringify(names)}.map(zone.isZone)`, flags);
  expect(are(NAMES)).toEqual(NAMES.map(() => true));
  expect(are(NO_NAMES)).toEqual(NO_NAMES.map(() => false));
});
