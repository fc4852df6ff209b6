// The next thing to type when a value does not fit: quotes, units, true instead of yes.
import { nearest } from '../schema/nearest.ts';
import type { Json } from '../schema/schema.ts';
import { durationMs } from '../schema/units.ts';
import { expected } from './words.ts';

const YES_NO: Readonly<Record<string, boolean>> = { yes: true, y: true, on: true, no: false, n: false, off: false };

const TIMES: Readonly<Record<string, string>> = {
  s: 's',
  m: 'm',
  h: 'h',
  d: 'd',
  ms: 'ms',
  sec: 's',
  second: 's',
  min: 'm',
  minute: 'm',
  hour: 'h',
  hr: 'h',
  day: 'd',
};
const SIZES = Object.fromEntries(
  ['B', 'kB', 'MB', 'GB', 'TB', 'KiB', 'MiB', 'GiB', 'TiB'].flatMap((unit) => [
    [unit.toLowerCase(), unit],
    ...(unit.length === 3 ? [[unit[0]!.toLowerCase(), unit]] : []),
  ]),
) as Readonly<Record<string, string>>;

/** For a value of the wrong type; `written` is its spelling. */
export function typeHint(schema: Json, value: unknown, written = String(value)): string | undefined {
  const annotation = schema['x-realm'];
  const text = written;
  if (typeof value === 'number' && annotation === 'mode') return `put it in quotes: "${text.padStart(4, '0')}"`;
  if (typeof value === 'number' && annotation === 'duration') return `add a unit: ${text}s`;
  if (typeof value === 'number' && annotation === 'durations') return `add a unit: ${text}s..${text}s`;
  if (typeof value === 'number' && annotation === 'bytes') return `add a unit: ${text}MiB`;
  const types = typesOf(schema);
  if (types.has('boolean') && typeof value === 'string') return booleanHint(value);
  if (types.has('string') && (typeof value === 'number' || typeof value === 'boolean'))
    return `put it in quotes: "${text}"`;
  if ((types.has('integer') || types.has('number')) && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) {
    return `remove the quotes: ${value}`;
  }
  if (types.has('array') && (value === null || typeof value !== 'object')) {
    return value === null ? 'write [] for an empty list' : `write a list: [${text}]`;
  }
  return undefined;
}

/** For a value of the right type in the wrong form. */
export function valueHint(schema: Json, value: unknown): string | undefined {
  const text = String(value);
  if (schema['x-realm'] === 'duration') return unitHint(text, TIMES);
  if (schema['x-realm'] === 'bytes') return unitHint(text, SIZES);
  if (schema['x-realm'] === 'durations' && durationMs(text) !== undefined) return `write both ends: ${text}..${text}`;
  const words = wordsOf(schema).filter((word) => typeof word === 'string');
  const similar = nearest(text, words);
  if (similar !== undefined) return `did you mean ${similar}?`;
  const example = (schema['examples'] as readonly unknown[] | undefined)?.[0];
  return example === undefined ? undefined : `for example ${JSON.stringify(example)}`;
}

function booleanHint(value: string): string | undefined {
  const word = value.toLowerCase();
  if (word === 'true' || word === 'false') return `remove the quotes: ${word}`;
  return Object.hasOwn(YES_NO, word) ? `write ${String(YES_NO[word])}` : undefined;
}

function unitHint(text: string, units: Readonly<Record<string, string>>): string {
  const [, amount, word] = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*$/.exec(text) ?? [];
  const lower = word?.toLowerCase() ?? '';
  const unit = units[lower] ?? units[lower.replace(/s$/, '')];
  if (unit !== undefined) return `write ${amount}${unit}`;
  return `write ${expected({ 'x-realm': units === TIMES ? 'duration' : 'bytes' })}`;
}

/** All types that the schema takes. */
function typesOf(schema: Json): Set<unknown> {
  const branches = schema['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) return new Set(branches.flatMap((branch) => [...typesOf(branch)]));
  if (schema['enum'] !== undefined) return new Set((schema['enum'] as readonly unknown[]).map((word) => typeof word));
  return new Set([schema['type']]);
}

function wordsOf(schema: Json): string[] {
  const branches = (schema['anyOf'] as readonly Json[] | undefined) ?? [];
  return [...((schema['enum'] as readonly string[] | undefined) ?? []), ...branches.flatMap(wordsOf)];
}
