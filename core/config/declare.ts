// From the tree as written to the declaration: every section is checked, and all that is wrong is said in one go.
import { createHash } from 'node:crypto';
import { basename, dirname } from 'node:path';
import type { Diagnostic } from '../errors.ts';
import type { Catalog, Declaration, Declared, RealmSettings } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { encodeSpec } from '../model/spec.ts';
import type { Infer, SchemaOf } from '../schema/schema.ts';
import type { realmSection } from '../schema/reserved.ts';
import { systemZone } from '../zone.ts';
import type { Known, Member } from './cross.ts';
import { crossCheck, told } from './cross.ts';
import { cycles } from './cycles.ts';
import { byKind, deriveAll } from './derive.ts';
import type { Candidate } from './resource.ts';
import { checkResource } from './resource.ts';
import { checkReserved, foreignFolder, unknownSection } from './sections.ts';
import { shape } from './shape.ts';
import type { Source } from './source.ts';
import type { Entry, MapNode } from './tree.ts';
import { emptyMap, entryOf, isNull, locate, mapOf } from './tree.ts';

export interface DeclareResult {
  /** undefined when anything is wrong. */
  readonly declaration: Declaration | undefined;
  /** Those of the source included, sorted by file and line, the root config first. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Work that profiles share: an untouched entry is checked once. */
type Memo = WeakMap<Entry, Candidate>;

/** `isPartial`: not all plugins of the config are in the catalog, so what nobody knows may be known to them. */
export function declare(source: Source, catalog: Catalog, { isPartial = false } = {}): DeclareResult {
  const memo: Memo = new WeakMap();
  const open = isPartial || source.missing.includes(source.file); // without the root, nobody knows which plugins are wanted
  const foreign = open ? [] : source.dropIns.filter(({ section }) => !catalog.kinds.has(section));
  const isForeign = (file: string): boolean => foreign.some(({ folder }) => dirname(file) === folder);
  const ours = (tree: MapNode): MapNode => (foreign.length === 0 ? tree : without(tree, isForeign));
  const partial = source.missing.some((file) => !isForeign(file));
  const check = (tree: MapNode, otherPlugins: boolean): CheckedTree =>
    checkTree({ source, tree: ours(tree), catalog, memo, otherPlugins, partial });
  const chosen = check(source.tree, open);
  const diagnostics = [
    ...source.diagnostics.filter(({ at }) => !isForeign(at.file)),
    ...foreign.map((folder) => foreignFolder(folder, catalog, source)),
    ...chosen.diagnostics,
  ];
  for (const variant of source.variants) {
    const { diagnostics: found } = check(variant.tree, open || pluginsDiffer(source, variant.tree));
    const fresh = found.filter((one) => !diagnostics.some((other) => isSame(one, other)));
    diagnostics.push(
      ...fresh.map((one) => ({ ...one, message: `${one.message} (with the profile ${variant.profile})` })),
    );
  }
  const sorted = sortDiagnostics(diagnostics, source);
  const isValid = !sorted.some(({ severity }) => severity === 'error');
  return { declaration: isValid ? seal(source, chosen, sorted) : undefined, diagnostics: sorted };
}

/** The tree without what stands in the given files. */
const without = (tree: MapNode, isForeign: (file: string) => boolean): MapNode => {
  const isOurs = (entry: Entry): boolean => !isForeign(entry.origin.file.path);
  const sections = tree.entries.filter(isOurs).map((section) => {
    const { value } = section;
    if (value.type !== 'map' || value.entries.every(isOurs)) return section;
    return { ...section, value: mapOf(value.entries.filter(isOurs), value) };
  });
  return mapOf(sections, tree);
};

const isSame = (a: Diagnostic, b: Diagnostic): boolean =>
  a.code === b.code &&
  a.message === b.message &&
  a.at.file === b.at.file &&
  a.at.line === b.at.line &&
  a.at.column === b.at.column;

const pluginsDiffer = (source: Source, tree: MapNode): boolean =>
  entryOf(source.tree, 'plugins')?.value !== entryOf(tree, 'plugins')?.value;

interface CheckedTree {
  readonly realm: Infer<typeof realmSection> | undefined;
  readonly members: readonly Member[];
  readonly settings: ReadonlyMap<string, unknown>;
  readonly diagnostics: readonly Diagnostic[];
}
interface TreeCheck {
  readonly source: Source;
  readonly tree: MapNode;
  readonly catalog: Catalog;
  readonly memo: Memo;
  /** The tree asks for plugins that are not loaded, so what nobody knows here may be known there. */
  readonly otherPlugins: boolean;
  /** Some file is not in the tree, so what is not found may well exist. */
  readonly partial: boolean;
}

function checkTree({ source, tree, catalog, memo, otherPlugins, partial }: TreeCheck): CheckedTree {
  const diagnostics: Diagnostic[] = [];
  const candidates: Candidate[] = [];
  for (const section of tree.entries) {
    const offered = catalog.kinds.get(section.key);
    if (offered !== undefined) {
      const { found, wrong } = checkSection(section, (entry) => {
        const known = memo.get(entry);
        if (known?.kind === offered.kind) return known;
        const fresh = checkResource(offered, entry, source.root);
        memo.set(entry, fresh);
        return fresh;
      });
      for (const candidate of found) candidates.push(candidate);
      diagnostics.push(...wrong);
    } else if (!catalog.settings.has(section.key) && !otherPlugins) {
      diagnostics.push(...unknownSection(section, catalog));
    }
  }
  const reserved = checkReserved(tree, source);
  const settings = checkSettings(source, tree, catalog.settings);
  for (const candidate of candidates) for (const one of candidate.diagnostics) diagnostics.push(one);
  const { members, known, wrong } = deriveMembers(candidates, catalog, source.root);
  diagnostics.push(...reserved.diagnostics, ...settings.diagnostics, ...wrong);
  if (!partial && !otherPlugins) diagnostics.push(...crossCheck(members, known, byKind(catalog)));
  diagnostics.push(...waitingCircles(members));
  return { realm: reserved.realm, members, settings: settings.settings, diagnostics };
}

function checkSection(
  section: Entry,
  check: (entry: Entry) => Candidate,
): { found: readonly Candidate[]; wrong: Diagnostic[] } {
  const { key, value } = section;
  if (isNull(value)) return { found: [], wrong: [] };
  if (value.type !== 'map') {
    const message = `\`${key}\` must be a map of names`;
    const hint = `write ${key}: { name: { ... } }`;
    return {
      found: [],
      wrong: [{ code: 'CONFIG_TYPE', severity: 'error', message, at: locate(value, [key]), hint }],
    };
  }
  const names = new Set(value.entries.map((entry) => entry.key));
  const wrong: Diagnostic[] = [];
  for (const entry of value.entries) {
    const lower = entry.key.toLowerCase();
    if (lower === entry.key || !names.has(lower)) continue;
    const message = `${entry.key} and ${lower} differ only in upper and lower case`;
    const at = locate(entry, [key, entry.key]);
    wrong.push({ code: 'CONFIG_NAME_CASE', severity: 'error', message, at, hint: 'give one of them another name' });
  }
  const found = value.entries.map(check);
  return { found: wrong.length === 0 ? found : found.map((one) => withoutNameProblem(one, names)), wrong };
}

/** A name that differs from another only in case is told once. */
function withoutNameProblem(candidate: Candidate, names: ReadonlySet<string>): Candidate {
  const { key } = candidate.entry;
  if (key === key.toLowerCase() || !names.has(key.toLowerCase())) return candidate;
  return { ...candidate, diagnostics: candidate.diagnostics.filter(({ code }) => code !== 'CONFIG_NAME') };
}

function deriveMembers(
  candidates: readonly Candidate[],
  catalog: Catalog,
  root: string,
): { members: Member[]; known: Known; wrong: Diagnostic[] } {
  const kinds = byKind(catalog);
  const known = new Map<Ref, { readonly at: Declared['at'] }>(
    candidates.map((candidate) => [candidate.ref, candidate]),
  );
  const members: Member[] = [];
  const wrong: Diagnostic[] = [];
  for (const candidate of candidates) {
    const { declared, entry, kind } = candidate;
    members.push({ ...candidate, owner: undefined, path: [kind.section, entry.key] });
    if (declared === undefined || kind.derive === undefined) continue;
    const result = deriveAll(declared, kinds, root);
    wrong.push(...result.diagnostics);
    for (const child of result.derived) {
      const first = known.get(child.declared.ref);
      if (first !== undefined) {
        const message = `${declared.ref} stands for ${child.declared.ref}, which is declared already`;
        const hint = `rename one; the other is at line ${first.at.line}`;
        wrong.push({ code: 'CONFIG_DUPLICATE_NAME', severity: 'error', message, at: declared.at, hint });
        continue;
      }
      known.set(child.declared.ref, child.declared);
      const offered = kinds.get(child.declared.kind)!;
      const { ref, at, owner, after, host } = child.declared;
      members.push({
        ...child,
        ref,
        at,
        owner,
        after: after.map((edge) => edge.ref),
        host,
        entry,
        kind: offered.kind,
        plugin: offered.plugin,
        path: [],
      });
    }
  }
  return { members, known: new Set(known.keys()), wrong };
}

function waitingCircles(members: readonly Member[]): Diagnostic[] {
  const byRef = new Map(members.map((member) => [member.ref, member]));
  const after = new Map(members.map(({ ref, after: first }) => [ref, first]));
  return cycles(after).map((circle) => {
    const message = `these wait for each other: ${[...circle, circle[0]].join(' -> ')}`;
    return told(byRef.get(circle[0]!)!, ['after'], {
      code: 'CONFIG_CYCLE',
      message,
      hint: 'remove one of the `after:`',
    });
  });
}

type SettingsSchemas = ReadonlyMap<string, { readonly plugin: string; readonly schema: SchemaOf<unknown> }>;

/** Settings by plugin name, before any plugin is set up; `schemas` by section. */
export function declareSettings(
  source: Source,
  schemas: SettingsSchemas,
): { readonly settings: ReadonlyMap<string, unknown>; readonly diagnostics: readonly Diagnostic[] } {
  return checkSettings(source, source.tree, schemas);
}

function checkSettings(
  source: Source,
  tree: MapNode,
  schemas: SettingsSchemas,
): { settings: Map<string, unknown>; diagnostics: Diagnostic[] } {
  const settings = new Map<string, unknown>();
  const diagnostics: Diagnostic[] = [];
  for (const [section, { plugin, schema }] of schemas) {
    const entry = entryOf(tree, section);
    const owner = entry ?? entryOf(tree, 'plugins') ?? { origin: tree.origin, offset: 0 };
    const node = entry === undefined || isNull(entry.value) ? emptyMap(owner) : entry.value;
    const shaped = shape(schema, node, { root: source.root, path: [section], owner });
    if (entry !== undefined) diagnostics.push(...shaped.diagnostics);
    else diagnostics.push(...shaped.diagnostics.map((one) => missingSettings(one, plugin, section)));
    if (shaped.value !== undefined) settings.set(plugin, shaped.value);
  }
  return { settings, diagnostics };
}

const missingSettings = (one: Diagnostic, plugin: string, section: string): Diagnostic => ({
  ...one,
  code: 'CONFIG_SETTINGS_MISSING',
  message: `the plugin ${plugin} needs settings: in \`${section}\`, ${one.message}`,
});

function seal(source: Source, checked: CheckedTree, diagnostics: readonly Diagnostic[]): Declaration {
  const { realm: written, members, settings } = checked;
  const plain = {
    name: written?.name ?? basename(source.root),
    flavour: written?.flavour ?? 'rpg',
    locked: written?.locked ?? [],
    log: written?.log ?? { level: 'info', plugins: {} },
  } as const;
  const realm: RealmSettings = Object.freeze<RealmSettings>({
    ...plain,
    get timezone() {
      return written?.timezone ?? systemZone(); // asked only by commands that need it
    },
  });
  const hash = createHash('sha256').update(
    encodeSpec([{ ...plain, timezone: written?.timezone ?? null }, [...settings]]),
  );
  const declared = members.flatMap((member) => member.declared ?? []);
  for (const one of declared) {
    const { ref, specHash, after, host, protect, enabled, labels, was, owner } = one;
    hash.update(JSON.stringify([ref, specHash, after, host, protect, enabled, labels, was, owner]));
  }
  return Object.freeze({
    realm,
    resources: new Map(declared.map((one) => [one.ref, one])),
    settings,
    files: source.files,
    folders: source.folders,
    hash: hash.digest('hex'),
    warnings: diagnostics,
  });
}

/** The root config first, then by path; then by line and column. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[], source: Pick<Source, 'file'>): Diagnostic[] {
  const rank = (one: Diagnostic): number => (one.at.file === source.file ? 0 : 1);
  return [...diagnostics].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (a.at.file < b.at.file ? -1 : a.at.file > b.at.file ? 1 : 0) ||
      a.at.line - b.at.line ||
      a.at.column - b.at.column,
  );
}
