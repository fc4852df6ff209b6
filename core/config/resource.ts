// One written resource: its name, the common keys, and its spec by the schema of its kind.
import type { Kind } from '../contract/kind.ts';
import type { Diagnostic, Location } from '../errors.ts';
import type { Declared } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { refOf } from '../model/ref.ts';
import { hashSpec } from '../model/spec.ts';
import { commonKeys, LONGEST_NAME, NAME_PATTERN } from '../schema/reserved.ts';
import type { Infer } from '../schema/schema.ts';
import { edgesOf } from './edges.ts';
import type { Link } from './shape.ts';
import { shape } from './shape.ts';
import type { Entry, MapNode, Node } from './tree.ts';
import { emptyMap, isNull, locate, mapOf } from './tree.ts';

export type Common = Infer<typeof commonKeys>;
export const COMMON_KEYS: readonly string[] = Object.keys(commonKeys.json['properties'] as object);
const COMMON = new Set(COMMON_KEYS);

/** A resource that was checked, whether or not it is valid. */
export interface Candidate {
  readonly ref: Ref;
  readonly kind: Kind;
  readonly plugin: string;
  readonly entry: Entry;
  readonly at: Location;
  /** undefined: it is not valid. */
  readonly declared: Declared | undefined;
  readonly after: readonly Ref[];
  readonly host: string | undefined;
  readonly links: readonly Link[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface Offered {
  readonly plugin: string;
  readonly kind: Kind;
}

const DEFAULT_COMMON: Common = Object.freeze({
  after: Object.freeze([]),
  protect: false,
  enabled: true,
  labels: Object.freeze({}),
});

export function checkResource({ kind, plugin }: Offered, entry: Entry, root: string): Candidate {
  const path = [kind.section, entry.key];
  const at = locate(entry, path);
  const ref = refOf(kind.name, entry.key);
  const { common, spec } = parts(entry);
  const shaped = shape(kind.spec, spec, { root, path, owner: entry, alsoKnown: COMMON_KEYS });
  const keys = common && shape(commonKeys, common, { root, path, owner: entry });
  const name = nameProblem(entry.key, at);
  const diagnostics = [...name, ...(keys?.diagnostics ?? []), ...shaped.diagnostics];
  const links = [...(keys?.links ?? []), ...shaped.links];
  const values = keys === undefined ? DEFAULT_COMMON : keys.value;
  const isValid = name.length === 0 && values !== undefined && shaped.value !== undefined;
  const declared = isValid ? declare(kind, entry.key, shaped.value, values, at, undefined) : undefined;
  const { after, host: written } = values ?? DEFAULT_COMMON;
  const host = hostName(written);
  const first = edgesOf(after).map((edge) => edge.ref);
  return { ref, kind, plugin, entry, at, declared, after: first, host, links, diagnostics };
}

/** Names of digits alone are written without quotes. */
const hostName = (written: Common['host']): string | undefined => (written === undefined ? undefined : String(written));

export function declare(
  kind: Kind,
  name: string,
  spec: unknown,
  common: Common,
  at: Location,
  owner: Ref | undefined,
): Declared {
  const { after, host, protect, enabled, labels, was } = common;
  return Object.freeze({
    ref: refOf(kind.name, name),
    kind: kind.name,
    name,
    spec: spec as Declared['spec'],
    specHash: hashSpec(spec),
    after: edgesOf(after),
    host: hostName(host),
    protect,
    enabled,
    labels,
    was,
    at,
    owner,
  });
}

/** The common keys taken off the spec; a resource without content is one without keys. */
export function parts(entry: Entry): { readonly common: MapNode | undefined; readonly spec: Node } {
  const { value } = entry;
  if (isNull(value) && (value.type !== 'scalar' || value.unresolved !== true)) {
    return { common: undefined, spec: emptyMap(value) };
  }
  if (value.type !== 'map' || !value.entries.some(({ key }) => COMMON.has(key)))
    return { common: undefined, spec: value };
  return {
    common: mapOf(
      value.entries.filter(({ key }) => COMMON.has(key)),
      value,
    ),
    spec: mapOf(
      value.entries.filter(({ key }) => !COMMON.has(key)),
      value,
    ),
  };
}

const NAME = new RegExp(NAME_PATTERN);

function nameProblem(name: string, at: Location): Diagnostic[] {
  if (NAME.test(name) && name.length <= LONGEST_NAME) return [];
  const suggestion = name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[-._]+|-+$/g, '')
    .slice(0, LONGEST_NAME);
  const shown = JSON.stringify(name.length > 60 ? `${name.slice(0, 57)}...` : name);
  const message = `${shown} cannot be a name: lower-case letters, digits, \`-\`, \`_\` and \`.\`, at most ${LONGEST_NAME}`;
  const hint = NAME.test(suggestion) ? `call it ${suggestion}` : 'begin with a letter or a digit';
  return [{ code: 'CONFIG_NAME', severity: 'error', message, at, hint }];
}
