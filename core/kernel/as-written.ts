// Values of a plan as people write them in YAML: `1m` for 60000, `"0644"` for 420, paths relative to the config.
import { isAbsolute, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { FieldView } from '../api/door.ts';
import type { Kind } from '../contract/kind.ts';
import { parsePath } from '../model/path.ts';
import { isRange, itemShapes, keyShapes, type Shapes, shapesOf } from '../model/schema-keys.ts';
import { decode } from '../schema/decode.ts';
import { type DayRange, type DurationRange, type Json, Secret } from '../schema/schema.ts';
import { dayRangeText, durationRangeText, durationText, modeText, sizeText } from '../schema/units.ts';

/** Adds `shown` to a field when something in it is written otherwise. */
export function asWritten(
  { spec, state }: Pick<Kind, 'spec' | 'state'>,
  root: string,
): (field: FieldView) => FieldView {
  const all = [spec, state].map((schema) => (schema === undefined ? [] : shapesOf(schema.json)));
  return (field) => {
    const keys = parsePath(field.path) ?? [];
    // What the config does not name is evidence, and means what the state says.
    const shapes = all.map((of) => keys.reduce(inside, of)).find((of) => of.length > 0) ?? [];
    const from = shownText(field.from, shapes, root);
    const to = shownText(field.to, shapes, root);
    if (from === undefined && to === undefined) return field;
    return { ...field, shown: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) } };
  };
}

/** Tells whether a key has the value that its kind gives it by itself. */
export function defaultsOf({ spec }: Pick<Kind, 'spec'>, root: string): (key: string, value: unknown) => boolean {
  const keys = shapesOf(spec.json).flatMap((shape) =>
    Object.entries((shape['properties'] ?? {}) as Record<string, Json>),
  );
  const known = new Map(keys);
  return (key, value) => {
    const json = known.get(key);
    if (json?.['default'] === undefined) return false;
    const decoded = decode({ json }, json['default'], { root });
    return decoded.ok && isDeepStrictEqual(decoded.value, value);
  };
}

/** A key of a map, or a place in a list. */
const inside = (shapes: Shapes, key: string): Shapes => {
  const named = keyShapes(shapes, key);
  return named.length > 0 ? named : itemShapes(shapes);
};

/** Undefined when nothing in it is written in another way than JSON has it. */
function shownText(value: unknown, shapes: Shapes, root: string): string | undefined {
  let differs = false;
  const written = (inner: unknown, of: Shapes): unknown => {
    if (Array.isArray(inner)) return inner.map((item) => written(item, itemShapes(of)));
    if (inner instanceof Secret) {
      differs = true;
      return inner.toString();
    }
    const range = rangeText(inner, of);
    if (range !== undefined) {
      differs = true;
      return range;
    }
    if (typeof inner === 'object' && inner !== null)
      return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, written(one, keyShapes(of, key))]));
    const text = leafText(inner, of, root);
    differs ||= text !== undefined;
    return text ?? inner;
  };
  const whole = written(value, shapes);
  return differs ? flowText(whole) : undefined;
}

function rangeText(value: unknown, shapes: Shapes): string | undefined {
  if (!isRange(value, shapes)) return undefined;
  const range = value as DurationRange | DayRange;
  return 'fromMs' in range ? durationRangeText(range) : dayRangeText(range);
}

const UNITS: Readonly<Record<string, (value: number) => string | undefined>> = {
  duration: durationText,
  bytes: sizeText,
  mode: modeText,
};

/** As it is written; undefined when JSON's own form is, or when the schema leaves open which of two is meant. */
function leafText(value: unknown, shapes: Shapes, root: string): string | undefined {
  const names = new Set(shapes.map((shape) => String(shape['x-realm'])));
  if (typeof value === 'number') {
    const units = Object.keys(UNITS).filter((unit) => names.has(unit));
    return units.length === 1 && !shapes.some(allowsNumbers) ? UNITS[units[0]!]!(value) : undefined;
  }
  if (typeof value !== 'string' || names.size !== 1 || !names.has('path') || !isAbsolute(value)) return undefined;
  const near = relative(root, value);
  return near === '..' || near.startsWith('../') ? value : near || '.';
}

/** A number may also stand there as it is. */
const allowsNumbers = ({ type, enum: words }: Shapes[number]): boolean =>
  type === 'integer' || type === 'number' || (type === undefined && words === undefined);

/** On one line, as YAML reads it. */
function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, inner]) => `${flowText(key)}: ${flowText(inner)}`);
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
  }
  return typeof value === 'string' && isPlain(value) ? value : (JSON.stringify(value) ?? 'null');
}

/** Text that YAML reads as itself without quotes: no number, no word with a meaning, no sign with one. */
const isPlain = (text: string): boolean =>
  /^(?:[A-Za-z/.(][\w/.@+ ()-]*|\d+(?:\.\d+)?[A-Za-z]+(?:\.\.\d+(?:\.\d+)?[A-Za-z]+)?)$/.test(text) &&
  !text.endsWith(' ') &&
  !/^(?:true|false|null|yes|no|on|off|~|\.inf|\.nan)$/i.test(text) &&
  !/^[\d.]+(?:e\d+)?$/i.test(text);
