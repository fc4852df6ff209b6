// The next thing to type when a value does not fit: quotes, units, true instead of yes.
import { nearest } from '../schema/nearest.ts';
import type { Json } from '../schema/schema.ts';
import { expected } from './words.ts';

const YES_NO: Readonly<Record<string, boolean>> = { yes: true, y: true, on: true, no: false, n: false, off: false };

/** For a value of the wrong type. */
export function typeHint(schema: Json, value: unknown): string | undefined {
  const annotation = schema['x-realm'];
  const text = String(value);
  if (typeof value === 'number' && annotation === 'mode') return `put it in quotes: "${text.padStart(4, '0')}"`;
  if (typeof value === 'number' && annotation === 'duration') return `add a unit: ${text}s`;
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
  if (schema['x-realm'] === 'duration')
    return unitHint(text, { sec: 's', second: 's', min: 'm', minute: 'm', hour: 'h', day: 'd' });
  if (schema['x-realm'] === 'bytes')
    return unitHint(text, { k: 'KiB', m: 'MiB', g: 'GiB', t: 'TiB', kb: 'kB', mb: 'MB', gb: 'GB' });
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
  const match = /^\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*$/.exec(text);
  const unit = match?.[2]?.toLowerCase().replace(/s$/, '');
  const known = unit === undefined ? undefined : (units[unit] ?? (unit.length === 1 ? unit : undefined));
  return match === null || known === undefined
    ? `write ${expected({ 'x-realm': unitOf(units) })}`
    : `write ${match[1]}${known}`;
}
const unitOf = (units: Readonly<Record<string, string>>): string => ('sec' in units ? 'duration' : 'bytes');

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
