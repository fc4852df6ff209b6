// Finds annotated texts in a value that does not fit its schema as a whole, so that what is wrong elsewhere can be said too.
import { decode } from './decode.ts';
import type { Annotation, Json } from './schema.ts';

export type Seen = (annotation: Annotation, text: string, path: readonly string[]) => void;

/** Calls `seen` for each text that fits its own shape. Of a union, the first branch that fits counts. */
export function eachAnnotated(json: Json, value: unknown, seen: Seen, path: readonly string[] = []): void {
  const branches = json['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) {
    const fitting = branches.find((branch) => decode({ json: branch }, value, { root: '/' }).ok);
    if (fitting !== undefined) eachAnnotated(fitting, value, seen, path);
  } else if (Array.isArray(value)) {
    const items = (json['items'] ?? {}) as Json;
    for (const [index, item] of value.entries()) eachAnnotated(items, item, seen, [...path, String(index)]);
  } else if (typeof value === 'object' && value !== null) {
    const properties = (json['properties'] ?? {}) as Readonly<Record<string, Json>>;
    const others = json['additionalProperties'];
    for (const [key, inner] of Object.entries(value)) {
      const schema = Object.hasOwn(properties, key)
        ? properties[key]
        : typeof others === 'object'
          ? (others as Json)
          : {};
      eachAnnotated(schema ?? {}, inner, seen, [...path, key]);
    }
  } else if (json['x-realm'] !== undefined && typeof value === 'string' && decode({ json }, value, { root: '/' }).ok) {
    seen(json['x-realm'] as Annotation, value, path);
  }
}
