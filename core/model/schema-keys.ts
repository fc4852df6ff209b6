// What a schema names: the keys of its objects and maps, the items of its lists, through unions.
import type { Json } from '../schema/schema.ts';

/** The schemas a value may follow, unions taken apart. */
export type Shapes = readonly Json[];

/** More than any schema names: a map in YAML may have keys without end. */
const MOST_KEYS = 1_000;
const taken = new WeakMap<Json, Shapes>();
const byKey = new WeakMap<Shapes, Map<string, Shapes>>();

/** Takes unions apart, however deep. The same schema gives the same list. */
export function shapesOf(schema: Json): Shapes {
  const known = taken.get(schema);
  if (known !== undefined) return known;
  const branches = schema['anyOf'];
  const shapes = Array.isArray(branches) ? (branches as Json[]).flatMap(shapesOf) : [schema];
  taken.set(schema, shapes);
  return shapes;
}

/** The schemas of one key; none when no shape names it. `s.any()` names every key. Each resource of a kind asks the same. */
export function keyShapes(shapes: Shapes, key: string): Shapes {
  let keys = byKey.get(shapes);
  if (keys === undefined) byKey.set(shapes, (keys = new Map()));
  const known = keys.get(key);
  if (known !== undefined) return known;
  const found = shapesAt(shapes, key);
  if (keys.size < MOST_KEYS) keys.set(key, found);
  return found;
}

function shapesAt(shapes: Shapes, key: string): Shapes {
  return shapes.flatMap((shape) => {
    if (isAny(shape)) return [shape];
    const properties = shape['properties'] as Record<string, Json> | undefined;
    if (properties !== undefined && Object.hasOwn(properties, key)) return shapesOf(properties[key]!);
    const values = shape['additionalProperties'];
    return typeof values === 'object' && values !== null ? shapesOf(values as Json) : [];
  });
}

/** The schemas of a list's items. */
export function itemShapes(shapes: Shapes): Shapes {
  return shapes.flatMap((shape) => {
    if (isAny(shape)) return [shape];
    const items = shape['items'];
    return typeof items === 'object' && items !== null ? shapesOf(items as Json) : [];
  });
}

const RANGES: Readonly<Record<string, readonly [string, string]>> = {
  durations: ['fromMs', 'toMs'],
  'time-of-day': ['fromMinute', 'toMinute'],
};

/** A text in YAML and two numbers inside: compared and shown as one value. */
export function isRange(value: unknown, shapes: Shapes): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const numbers = Object.keys(value).filter((key) => Number.isFinite((value as Json)[key]));
  return shapes.some((shape) => {
    const ends = RANGES[String(shape['x-realm'])];
    return ends !== undefined && numbers.length === 2 && ends.every((end) => numbers.includes(end));
  });
}

const isAny = (shape: Json): boolean => shape['type'] === undefined && shape['enum'] === undefined;
