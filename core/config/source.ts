// Reads one configuration, as it is written, with everything it draws in. Says all that is wrong and throws nothing for content.
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Diagnostic, Location } from '../errors.ts';
import { nearest } from '../schema/nearest.ts';
import type { ConfigFiles } from './accepted.ts';
import type { DropInFolder } from './gather.ts';
import { gather } from './gather.ts';
import { overlay } from './merge.ts';
import type { ParsedFiles } from './parsed-files.ts';
import { LARGEST_VALUE_BYTES, readText } from './read.ts';
import type { Resolve } from './references.ts';
import { resolver } from './references.ts';
import type { MapNode, Node, SourceFile } from './tree.ts';
import { entryOf, isNull, locate, mapOf } from './tree.ts';

export interface SourceOptions {
  readonly file: string;
  readonly profile?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Default: the files as they are now. */
  readonly from?: ConfigFiles | undefined;
  /** What earlier readings parsed. Default: nothing. */
  readonly parsed?: ParsedFiles | undefined;
}

/** The configuration under a profile that was not chosen; checked, so that a mistake in it shows before the day it is needed. */
export interface Variant {
  readonly profile: string;
  readonly tree: MapNode;
}

export interface Source {
  readonly root: string;
  readonly file: string;
  readonly profile: string | undefined;
  /** Absolute paths of every file read, the root config first. */
  readonly files: readonly string[];
  /** The text of each file of the config, by its absolute path. */
  readonly texts: ReadonlyMap<string, string>;
  /** Absolute paths of folders in which a new file would matter. */
  readonly folders: readonly string[];
  /** Profile laid over, references resolved; `profiles` and `include` taken out. */
  readonly tree: MapNode;
  readonly variants: readonly Variant[];
  readonly plugins: readonly { readonly name: string; readonly at: Location }[];
  readonly diagnostics: readonly Diagnostic[];
  /** Names of all profiles. */
  readonly profiles: readonly string[];
  readonly dropIns: readonly DropInFolder[];
  /** Files whose content is not in the tree, because they could not be read or parsed. */
  readonly missing: readonly string[];
  /** Names of the environment variables on whose values the configuration depends, secrets included. */
  readonly env: readonly string[];
  /** Over the content of all files and the profile; values of the environment do not count. */
  readonly hash: string;
}

/** Everything that is wrong is in `diagnostics`, a missing file too. */
export async function readSource(options: SourceOptions): Promise<Source> {
  const file = resolve(options.file);
  const root = dirname(file);
  const gathered = gather(file, root, options.from, options.parsed);
  const diagnostics = [...gathered.diagnostics];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const drawn = new Map<string, string>();
  const env = new Set<string>();
  const resolveTree = resolver({
    env: options.env,
    readText: fileReader(root, drawn),
    report,
    hearEnv: (name) => env.add(name),
  });
  const profiles = readProfiles(gathered.tree, report);
  const base = mapOf(
    gathered.tree.entries.filter((entry) => entry.key !== 'profiles' && entry.key !== 'include'),
    gathered.tree,
  );
  const chosen = choose(profiles, options.profile, gathered.tree, report);
  const tree = resolved(resolveTree, under(base, chosen), false);
  const ofChosen = [...env, ...envOfSecrets(tree)]; // before other profiles are resolved
  const variants = [...profiles.keys()]
    .filter((name) => name !== options.profile)
    .map((name) => ({ profile: name, tree: resolved(resolveTree, under(base, [name, profiles.get(name)!]), true) }));
  return {
    root,
    file,
    profile: options.profile,
    files: [...gathered.files.map(({ path }) => path), ...drawn.keys()],
    texts: new Map(gathered.files.map(({ path, text }) => [path, text])),
    folders: gathered.folders,
    tree,
    variants,
    plugins: readPlugins(tree, report),
    diagnostics,
    profiles: [...profiles.keys()],
    dropIns: gathered.dropIns,
    missing: gathered.missing,
    env: [...new Set(ofChosen)].sort(),
    hash: hashOf(gathered.files, drawn, options.profile),
  };
}

const resolved = (resolveTree: Resolve, tree: MapNode, lenient: boolean): MapNode =>
  resolveTree(tree, lenient) as MapNode; // a map stays a map

/** Names under `secrets: { x: { env: NAME } }`, as far as they are written right. */
function envOfSecrets(tree: MapNode): string[] {
  const section = entryOf(tree, 'secrets')?.value;
  const places = section?.type === 'map' ? section.entries.map(({ value }) => entryOf(value, 'env')?.value) : [];
  return places.flatMap((place) => (place?.type === 'scalar' && typeof place.value === 'string' ? place.value : []));
}

type Profile = readonly [name: string, over: MapNode];
const under = (base: MapNode, profile: Profile | undefined): MapNode =>
  profile === undefined ? base : overlay(base, profile[1], profile[0]);

type Report = (diagnostic: Diagnostic) => void;

function readProfiles(tree: MapNode, report: Report): Map<string, MapNode> {
  const profiles = new Map<string, MapNode>();
  const section = entryOf(tree, 'profiles')?.value;
  if (section === undefined || isNull(section)) return profiles;
  const wrong = (node: Node, path: readonly string[], message: string): void =>
    report({ code: 'CONFIG_PROFILE', severity: 'error', message, at: locate(node, path), hint: PROFILE_HINT });
  if (section.type !== 'map') {
    wrong(section, ['profiles'], '`profiles` is a map of profile names');
    return profiles;
  }
  for (const { key, value } of section.entries) {
    if (value.type !== 'map' && !isNull(value)) wrong(value, ['profiles', key], `the profile ${key} is not a map`);
    const entries = value.type === 'map' ? value.entries : [];
    const kept = entries.filter((entry) => !['version', 'include', 'profiles'].includes(entry.key));
    for (const entry of entries) {
      if (kept.includes(entry)) continue;
      const at = locate(entry, ['profiles', key, entry.key]);
      const message = `a profile cannot hold \`${entry.key}\``;
      report({ code: 'CONFIG_PROFILE', severity: 'error', message, at, hint: PROFILE_HINT });
    }
    profiles.set(key, mapOf(kept, value));
  }
  return profiles;
}
const PROFILE_HINT = 'profiles: { small: { services: { web: { port: 8080 } } } }';

function choose(
  profiles: ReadonlyMap<string, MapNode>,
  name: string | undefined,
  tree: MapNode,
  report: Report,
): Profile | undefined {
  if (name === undefined) return undefined;
  const found = profiles.get(name);
  if (found !== undefined) return [name, found];
  const similar = nearest(name, profiles.keys());
  const known = profiles.size === 0 ? 'there are no profiles' : `there are: ${[...profiles.keys()].join(', ')}`;
  const hint = similar === undefined ? known : `did you mean ${similar}?`;
  const at = locate(entryOf(tree, 'profiles') ?? tree, ['profiles']);
  report({ code: 'CONFIG_PROFILE_UNKNOWN', severity: 'error', message: `there is no profile ${name}`, at, hint });
  return undefined;
}

function readPlugins(tree: MapNode, report: Report): Source['plugins'] {
  const section = entryOf(tree, 'plugins')?.value;
  if (section === undefined || isNull(section)) return [];
  const hint = 'plugins: [file, ./my-plugin.ts]';
  const plugins: { name: string; at: Location }[] = [];
  const wrong = (node: Node, path: readonly (string | number)[], message: string): void =>
    report({ code: 'CONFIG_TYPE', severity: 'error', message, at: locate(node, path), hint });
  if (section.type !== 'list') {
    wrong(section, ['plugins'], '`plugins` is a list of names');
    return [];
  }
  for (const [index, item] of section.items.entries()) {
    const at = locate(item, ['plugins', index]);
    if (item.type === 'scalar' && typeof item.value === 'string' && item.value !== '')
      plugins.push({ name: item.value, at });
    else if (item.type !== 'scalar' || item.unresolved !== true)
      wrong(item, ['plugins', index], 'a plugin is named by text');
  }
  return plugins;
}

/** Reads files named by `${file:...}` once each and keeps their text for the hash. */
function fileReader(root: string, drawn: Map<string, string>): (path: string) => string {
  return (path) => {
    const absolute = resolve(root, path);
    const before = drawn.get(absolute);
    if (before !== undefined) return before;
    const read = readText(absolute, LARGEST_VALUE_BYTES);
    if ('code' in read) throw new Error(`${absolute}: ${read.message}`);
    const text = read.text.replace(/\r?\n$/, '');
    drawn.set(absolute, text);
    return text;
  };
}

function hashOf(files: readonly SourceFile[], drawn: ReadonlyMap<string, string>, profile: string | undefined): string {
  const hash = createHash('sha256').update(JSON.stringify(profile ?? null));
  for (const { path, text } of files) hash.update(JSON.stringify([path, text]));
  for (const entry of drawn) hash.update(JSON.stringify(entry));
  return hash.digest('hex');
}
