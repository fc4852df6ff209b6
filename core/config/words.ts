// Names shapes and values in words for people.
import type { Annotation, Json } from '../schema/schema.ts';

const ANNOTATED: Partial<Record<Annotation, string>> = {
  duration: 'a duration such as 30s, 15m or 7d',
  durations: 'a range such as 100ms..5m',
  'time-of-day': 'a time of day such as 22:00..07:00',
  bytes: 'a size such as 64KiB or 5GiB',
  mode: 'a file mode in quotes, such as "0644"',
  path: 'a path',
  ref: 'a reference `kind/name`',
  schedule: 'a schedule such as "0 7 * * *"',
  timezone: 'a time zone such as Europe/Berlin',
  regexp: 'a regular expression',
};
const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
};

/** `a duration such as 30s`, `one of full, incr`, `text or a map`. */
export function expected(json: Json): string {
  const branches = json['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) return either([...new Set(branches.map(expected))]);
  const words = json['enum'] as readonly unknown[] | undefined;
  if (words !== undefined) return words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`;
  const annotation = json['x-realm'] as Annotation | undefined;
  if (annotation === 'ref' && !String(json['pattern']).startsWith('^[')) {
    return `a reference \`${String(json['pattern']).slice(1).split('/')[0]}/name\``;
  }
  return (annotation && ANNOTATED[annotation]) ?? TYPES[String(json['type'])] ?? 'a value';
}

export const either = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** `"ful"`, `644 (a number)`, `a list`; long text is cut. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  if (typeof value === 'number' && !Number.isFinite(value)) return `${value} (a number)`;
  if (typeof value !== 'string')
    return `${JSON.stringify(value)} (${typeof value === 'number' ? 'a number' : typeof value})`;
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
}

export const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
};
