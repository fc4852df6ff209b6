// What a schema names: the keys of its objects and maps, the items of its lists, through unions.
import type { Json } from '../schema/schema.ts';

/** The schemas a value may follow, unions taken apart. */
export type Shapes = readonly Json[];

/** Takes unions apart, however deep. */
export function shapesOf(schema: Json): Shapes {
  const branches = schema['anyOf'];
  return Array.isArray(branches) ? (branches as Json[]).flatMap(shapesOf) : [schema];
}

/** The schemas of one key; none when no shape names it. `s.any()` names every key. */
export function keyShapes(shapes: Shapes, key: string): Shapes {
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
