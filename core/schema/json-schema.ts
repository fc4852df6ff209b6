// JSON Schema for editors: completion, hover text and checks while typing, for the plugins in use.
import { BUILT_IN_PLUGINS } from './built-in.ts';
import {
  backplaneSection,
  commonKeys,
  includeSection,
  NAME_PATTERN,
  NEWEST_VERSION,
  realmSection,
  secretsSection,
} from './reserved.ts';
import type { Json, SchemaOf } from './schema.ts';

/** The part of a catalog that says how things are written. */
export interface Shapes {
  readonly kinds: ReadonlyMap<
    string,
    { readonly kind: { readonly name: string; readonly summary?: string; readonly spec: SchemaOf<unknown> } }
  >;
  readonly settings: ReadonlyMap<string, { readonly plugin: string; readonly schema: SchemaOf<unknown> }>;
}

/** Draft 7, which every editor understands; the shapes use nothing newer. */
const DRAFT = 'http://json-schema.org/draft-07/schema#';
const REFERENCE: Json = { type: 'string', pattern: '\\$\\{', description: 'A reference, such as ${env:NAME}.' };

/** For the root config. */
export function realmSchema(shapes: Shapes): Json {
  const sections: Record<string, Json> = {};
  const definitions: Record<string, Json> = {};
  for (const [section, { kind }] of shapes.kinds) {
    definitions[kind.name] = resourceSchema(kind.spec.json);
    sections[section] = {
      ...(kind.summary === undefined ? {} : { description: kind.summary }),
      type: ['object', 'null'],
      propertyNames: { pattern: NAME_PATTERN },
      additionalProperties: { $ref: `#/definitions/${kind.name}` },
    };
  }
  for (const [section, { plugin, schema }] of shapes.settings) {
    sections[section] = { description: `Settings of the plugin ${plugin}.`, ...forEditor(schema.json) };
  }
  const overlay = Object.fromEntries(
    Object.keys({ realm: 0, ...sections }).map((key) => [key, { type: ['object', 'null'] }]),
  );
  return {
    $schema: DRAFT,
    title: 'Realm',
    description: 'What shall be true: one realm.',
    type: 'object',
    additionalProperties: false,
    properties: {
      version: { enum: [NEWEST_VERSION], default: NEWEST_VERSION, description: 'Version of this format.' },
      realm: { description: 'The realm itself.', ...forEditor(realmSection.json) },
      plugins: {
        description: 'Plugins in use: built-in names, paths such as ./my-plugin.ts, or npm names.',
        type: 'array',
        items: { anyOf: [{ enum: BUILT_IN_PLUGINS }, { type: 'string', minLength: 1 }] },
      },
      include: { description: 'Further files, as paths or globs.', ...forEditor(includeSection.json) },
      profiles: {
        description: 'Named changes, laid over the configuration with --profile NAME; null removes a key.',
        type: 'object',
        additionalProperties: {
          type: ['object', 'null'],
          properties: {
            plugins: { type: 'array' },
            ...overlay,
            secrets: { type: 'object' },
            backplane: { type: 'object' },
          },
          additionalProperties: false,
        },
      },
      secrets: { description: 'Where ${secret:NAME} comes from.', ...forEditor(secretsSection.json) },
      backplane: { description: 'What connects several machines.', ...forEditor(backplaneSection.json) },
      ...sections,
    },
    definitions,
  };
}

/** For one file `configs/<section>/<name>.yaml`; undefined when no plugin in use has such a section. */
export function dropInSchema(shapes: Shapes, section: string): Json | undefined {
  const kind = shapes.kinds.get(section)?.kind;
  if (kind === undefined) return undefined;
  return { $schema: DRAFT, title: `${kind.name}, one file each`, ...resourceSchema(kind.spec.json) };
}

function resourceSchema(json: Json): Json {
  return withCommonKeys(forEditor(json));
}

/** Wherever the spec is a map, it may also have the keys that every resource has. */
function withCommonKeys(json: Json): Json {
  const branches = json['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) return { ...json, anyOf: branches.map(withCommonKeys) };
  if (json['type'] !== 'object') return json;
  const common = forEditor(commonKeys.json)['properties'] as object;
  const required = (json['required'] as readonly string[] | undefined) ?? [];
  const type = required.length === 0 ? ['object', 'null'] : 'object';
  return { ...json, type, properties: { ...(json['properties'] as object | undefined), ...common } };
}

const NOTES = ['description', 'default', 'examples'];

/** The same shape, where a `${...}` may stand for any number, boolean, or text of a fixed form. */
function forEditor(json: Json): Json {
  const { 'x-realm': _annotation, ...plain } = json;
  const branches = plain['anyOf'] as readonly Json[] | undefined;
  if (branches !== undefined) return { ...plain, anyOf: branches.map(forEditor) };
  if (plain['type'] === 'array') return { ...plain, items: forEditor(plain['items'] as Json) };
  if (plain['type'] === 'object') return { ...plain, ...innerShapes(plain) };
  const isFree = plain['type'] === undefined && plain['enum'] === undefined;
  const isText = plain['type'] === 'string' && plain['pattern'] === undefined && plain['maxLength'] === undefined;
  if (isFree || isText) return plain;
  const entries = Object.entries(plain);
  return {
    ...Object.fromEntries(entries.filter(([key]) => NOTES.includes(key))),
    anyOf: [Object.fromEntries(entries.filter(([key]) => !NOTES.includes(key))), REFERENCE],
  };
}

function innerShapes(json: Json): Json {
  const properties = json['properties'] as Readonly<Record<string, Json>> | undefined;
  if (properties === undefined) {
    const { 'x-realm': _annotation, ...names } = (json['propertyNames'] ?? {}) as Json;
    const named = json['propertyNames'] === undefined ? {} : { propertyNames: names };
    return { ...named, additionalProperties: forEditor(json['additionalProperties'] as Json) };
  }
  return { properties: Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, forEditor(inner)])) };
}
