// Finds annotated texts in a value that does not fit its schema as a whole, so that what is wrong elsewhere can be said too.
import { decode } from './decode.ts';
import type { Annotation, Json } from './schema.ts';

export type Seen = (annotation: Annotation, text: string, path: readonly string[]) => void;

/**
 * Calls `seen` for each text that fits its own shape. Of a union, the first branch that fits counts; when none does, the
 * only one of the value's sort.
 */
export function eachAnnotated(json: Json, value: unknown, seen: Seen, path: readonly string[] = []): void {
  const branches = json['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) {
    const fitting =
      branches.find((branch) => decode({ json: branch }, value, { root: '/' }).ok) ?? ofItsSort(branches, value);
    if (fitting !== undefined) eachAnnotated(fitting, value, seen, path);
  } else if (Array.isArray(value)) {
    const items = (json['items'] ?? {}) as Json;
    for (const [index, item] of value.entries()) eachAnnotated(items, item, seen, [...path, String(index)]);
  } else if (typeof value === 'object' && value !== null) {
    const properties = (json['properties'] ?? {}) as Readonly<Record<string, Json>>;
    const others = json['additionalProperties'];
    const names = json['propertyNames'] as Json | undefined;
    for (const [key, inner] of Object.entries(value)) {
      const schema = Object.hasOwn(properties, key)
        ? properties[key]
        : typeof others === 'object'
          ? (others as Json)
          : {};
      if (names !== undefined) eachAnnotated(names, key, seen, [...path, key]);
      eachAnnotated(schema ?? {}, inner, seen, [...path, key]);
    }
  } else if (json['x-realm'] !== undefined && typeof value === 'string' && decode({ json }, value, { root: '/' }).ok) {
    seen(json['x-realm'] as Annotation, value, path);
  }
}

function ofItsSort(branches: readonly Json[], value: unknown): Json | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const sort = Array.isArray(value) ? 'array' : 'object';
  const found = branches.filter(({ type }) => type === sort);
  return found.length === 1 ? found[0] : undefined;
}
