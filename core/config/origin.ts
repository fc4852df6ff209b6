// Says for every effective value where it comes from, and shows the whole config as it counts.
import { basename } from 'node:path';
import type { Catalog } from '../model/declaration.ts';
import { formatPath, parsePath } from '../model/path.ts';
import { backplaneSection, commonKeys, NEWEST_VERSION, realmSection } from '../schema/reserved.ts';
import type { SchemaOf } from '../schema/schema.ts';
import { parts } from './resource.ts';
import { shape } from './shape.ts';
import type { Source } from './source.ts';
import type { Entry, Node, Origin } from './tree.ts';
import { emptyMap, entryOf, isNull, locate, nodeAt } from './tree.ts';

/** How a value came to count: written in the root file, in an included or drop-in file, by a profile, or a default. */
export type By = 'root' | 'include' | 'drop-in' | 'profile' | 'default';

export interface ValueOrigin {
  /** Dotted. */
  readonly path: string;
  readonly by: By;
  /** Only for `profile`: which. */
  readonly profile?: string;
  /** Left out for a default. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}
export interface LeafOrigin extends ValueOrigin {
  /** As written; secrets are masked. */
  readonly value: unknown;
}

/** undefined: nothing stands at this path, neither written nor (as far as the tree alone can tell) inherited. */
export function originOf(source: Source, path: string): ValueOrigin | undefined {
  const keys = parsePath(path);
  const found = keys === undefined ? undefined : nodeAt(source.tree, keys);
  return found === undefined ? undefined : written(found.entry ?? found.node, keys!);
}

const byOf = ({ profile, file }: Origin): By => (profile === undefined ? file.by : 'profile');

function written(at: Node | Entry, keys: readonly string[]): ValueOrigin {
  const { file, line, column, path } = locate(at, keys);
  const { profile } = at.origin;
  return { path, by: byOf(at.origin), ...(profile === undefined ? {} : { profile }), file, line, column };
}

export interface ResolvedConfig {
  /** The whole config with defaults, in written form; secrets are masked. What is not valid is left out. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly origins: readonly LeafOrigin[];
}

export function resolvedConfig(source: Source, catalog: Catalog): ResolvedConfig {
  const data: Record<string, unknown> = { version: NEWEST_VERSION };
  const section = (key: string, schema: SchemaOf<unknown>): void => {
    const entry = entryOf(source.tree, key);
    const at = entry ?? { origin: source.tree.origin, offset: 0 };
    data[key] = effective(source, schema, entry === undefined || isNull(entry.value) ? emptyMap(at) : entry.value, [
      key,
    ]);
  };
  section('realm', realmSection);
  data['realm'] = { name: basename(source.root), ...(data['realm'] as object | undefined) };
  data['plugins'] = source.plugins.map(({ name }) => name);
  for (const key of catalog.kinds.keys()) {
    const entry = entryOf(source.tree, key);
    if (entry?.value.type === 'map') data[key] = resources(source, catalog, entry);
  }
  for (const [key, { schema }] of catalog.settings) section(key, schema);
  const secrets = entryOf(source.tree, 'secrets');
  if (secrets !== undefined) data['secrets'] = placesOnly(secrets.value);
  if (entryOf(source.tree, 'backplane') !== undefined) section('backplane', backplaneSection);
  const origins: LeafOrigin[] = [];
  leaves(data, source.tree, [], origins);
  return { data, origins };
}

function resources(source: Source, catalog: Catalog, section: Entry): Record<string, unknown> {
  const { kind } = catalog.kinds.get(section.key)!;
  const result: Record<string, unknown> = {};
  for (const entry of section.value.type === 'map' ? section.value.entries : []) {
    const { common, spec } = parts(entry);
    const path = [section.key, entry.key];
    const keys = effective(source, commonKeys, common ?? emptyMap(entry), path);
    result[entry.key] = { ...(effective(source, kind.spec, spec, path) as object | undefined), ...(keys as object) };
  }
  return result;
}

const effective = (source: Source, schema: SchemaOf<unknown>, node: Node, path: readonly string[]): unknown =>
  shape(schema, node, { root: source.root, path, owner: node, asWritten: true }).value;

/** Where secrets come from is no secret; only text that somebody put there by mistake is. */
function placesOnly(node: Node): unknown {
  if (node.type === 'list') return node.items.map(placesOnly);
  if (node.type === 'map') return Object.fromEntries(node.entries.map(({ key, value }) => [key, placesOnly(value)]));
  return node.secret === undefined ? node.value : `(secret ${node.secret})`;
}

/** Walks value and tree side by side; a value without a node is a default. */
function leaves(value: unknown, node: Node | undefined, keys: readonly string[], found: LeafOrigin[]): void {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  if (inner.length === 0 && value !== undefined) {
    const origin: ValueOrigin = node === undefined ? { path: formatPath(keys), by: 'default' } : written(node, keys);
    found.push({ ...origin, value });
  }
  const children = childrenOf(node);
  for (const [key, child] of inner) leaves(child, children.get(key), [...keys, key], found);
}

function childrenOf(node: Node | undefined): ReadonlyMap<string, Node> {
  if (node?.type === 'map') return new Map(node.entries.map(({ key, value }) => [key, value]));
  if (node?.type === 'list') return new Map(node.items.map((item, index) => [String(index), item]));
  return new Map();
}
