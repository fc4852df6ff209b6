// An object schema as command-line flags: what they are called, what they take, and how their texts become values.
import type { Json, SchemaOf } from './schema.ts';

export interface Flag {
  /** In the schema. */
  readonly key: string;
  /** `--keep-last`. */
  readonly flag: string;
  /** Place on the command line, from 0, when it is taken without its name. */
  readonly positional?: number;
  readonly type: 'text' | 'number' | 'boolean' | 'json';
  /** May be given several times; a list. */
  readonly repeatable: boolean;
  readonly required: boolean;
  /** As written. */
  readonly default: unknown;
  readonly description: string;
  /** The only texts it takes. */
  readonly choices?: readonly string[];
}

/** One flag for each key of the schema, in its order. `json` is that of an object schema. */
export function flagsOf(json: Json, positionals: readonly string[] = []): Flag[] {
  const properties = (json['properties'] ?? {}) as Readonly<Record<string, Json>>;
  const required = (json['required'] ?? []) as readonly string[];
  return Object.entries(properties).map(([key, property]) => {
    const repeatable = property['type'] === 'array';
    const item = repeatable ? (property['items'] as Json) : property;
    const position = positionals.indexOf(key);
    const choices = item['enum'] as readonly unknown[] | undefined;
    return {
      key,
      flag: `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
      ...(position === -1 ? {} : { positional: position }),
      type: typeOf(item),
      repeatable,
      required: required.includes(key),
      default: property['default'],
      description: (property['description'] as string | undefined) ?? '',
      ...(choices === undefined ? {} : { choices: choices.map(String) }),
    };
  });
}

function typeOf(item: Json): Flag['type'] {
  const branches = item['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) {
    const types = new Set(branches.map(typeOf));
    return types.size === 1 ? [...types][0]! : 'json';
  }
  const words = item['enum'] as readonly unknown[] | undefined;
  if (words !== undefined) return words.every((word) => typeof word === 'number') ? 'number' : 'text';
  if (item['type'] === 'string') return 'text';
  if (item['type'] === 'integer' || item['type'] === 'number') return 'number';
  return item['type'] === 'boolean' ? 'boolean' : 'json';
}

/**
 * The written value that the texts of flags mean, by key; a key that was not given is left out. Nothing is checked:
 * a text that is no number stays text, so that the check can name it.
 */
export function fromFlags(
  schema: SchemaOf<unknown>,
  texts: Readonly<Record<string, string | boolean | readonly string[] | undefined>>,
): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  for (const flag of flagsOf(schema.json)) {
    const given = Object.hasOwn(texts, flag.key) ? texts[flag.key] : undefined;
    if (given === undefined) continue;
    if (!flag.repeatable) value[flag.key] = read(flag, Array.isArray(given) ? given.at(-1) : given);
    else value[flag.key] = (Array.isArray(given) ? given : [given]).map((text) => read(flag, text));
  }
  return value;
}

function read(flag: Flag, given: string | boolean): unknown {
  if (typeof given === 'boolean') return given;
  if (flag.type === 'number') return /^-?\d+(\.\d+)?$/.test(given) ? Number(given) : given;
  if (flag.type === 'boolean') return given === 'true' ? true : given === 'false' ? false : given;
  if (flag.type === 'text') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return given; // text is also a value; whether it fits, the check says
  }
}
