// Gathers all files of a configuration into one tree: the root, what it includes, and drop-in files.
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { Diagnostic, ErrorCode } from '../errors.ts';
import { messageOf } from '../errors.ts';
import { type ConfigFiles, writtenFiles } from './accepted.ts';
import { expandGlob, type FolderEntry, isGlob } from './globs.ts';
import { emptyRoot } from './parse.ts';
import { ParsedFiles } from './parsed-files.ts';
import type { Entry, MapNode, Node, SourceFile } from './tree.ts';
import { emptyMap, entryOf, isNull, locate, mapOf } from './tree.ts';

export interface DropInFolder {
  readonly section: string;
  /** Absolute. */
  readonly folder: string;
  readonly firstFile: string;
}

export interface Gathered {
  readonly tree: MapNode;
  readonly files: readonly SourceFile[];
  readonly folders: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  /** Folders `configs/<section>/` with at least one file. */
  readonly dropIns: readonly DropInFolder[];
  /** Files that could not be read or parsed, so what they declare is not known. */
  readonly missing: readonly string[];
}

const EXTENSIONS = ['.yaml', '.yml', '.json'];
/** Sections whose entries are one thing each; the same name in two files is an error there. */
const LISTS = ['plugins', 'include'];

interface Gathering {
  readonly root: string;
  readonly from: ConfigFiles;
  readonly parsed: ParsedFiles;
  readonly files: Map<string, SourceFile>;
  readonly folders: Set<string>;
  readonly diagnostics: Diagnostic[];
  readonly dropIns: DropInFolder[];
  readonly missing: Set<string>;
  tree: MapNode;
}
type Placed = Pick<Entry, 'origin' | 'offset'>;

export function gather(
  file: string,
  root: string,
  from: ConfigFiles = writtenFiles,
  parsed: ParsedFiles = new ParsedFiles(),
): Gathered {
  const rootFile: SourceFile = { path: file, text: '', by: 'root' };
  const gathering: Gathering = {
    root,
    from,
    parsed,
    files: new Map(),
    folders: new Set(),
    diagnostics: [],
    dropIns: [],
    missing: new Set(),
    tree: emptyRoot(rootFile),
  };
  const tree = load(gathering, file, 'root', undefined);
  if (tree !== undefined) {
    gathering.tree = tree;
    include(gathering, tree, [file]);
  }
  dropIns(gathering);
  parsed.keep(gathering.files);
  const { files, folders, diagnostics, dropIns: found, missing } = gathering;
  return {
    tree: gathering.tree,
    files: [...files.values()],
    folders: [...folders],
    diagnostics,
    dropIns: found,
    missing: [...missing],
  };
}

function load(gathering: Gathering, path: string, by: SourceFile['by'], from: Placed | undefined): MapNode | undefined {
  const read = gathering.from.read(path);
  if ('code' in read) {
    const file: SourceFile = { path, text: read.text ?? '', by };
    gathering.files.set(path, file);
    const inFile = from === undefined || read.code !== 'CONFIG_UNREADABLE';
    const at = inFile ? locate({ origin: { file }, offset: read.offset ?? 0 }, []) : locate(from, ['include']);
    const message = inFile ? read.message : `${relative(gathering.root, path)}: ${read.message}`;
    gathering.diagnostics.push({ code: read.code, severity: 'error', message, at, hint: read.hint });
    gathering.missing.add(path);
    return undefined;
  }
  const { file, root, diagnostics } = gathering.parsed.parse({ path, text: read.text, by });
  gathering.files.set(path, file);
  gathering.diagnostics.push(...diagnostics);
  if (root === undefined && diagnostics.length > 0) {
    gathering.missing.add(path);
    return undefined;
  }
  if (root?.type === 'map') return root;
  if (root === undefined || isNull(root)) {
    if (by === 'root') {
      report(gathering, 'CONFIG_EMPTY', emptyRoot(file), [], 'the configuration is empty', 'realm init');
      gathering.missing.add(path);
    }
    return emptyRoot(file);
  }
  const what = by === 'drop-in' ? 'the keys of one resource' : 'sections';
  report(
    gathering,
    'CONFIG_TYPE',
    root,
    [],
    `this file is ${nameOf(root)}, and must be a map of ${what}`,
    'write `key: value` lines',
  );
  gathering.missing.add(path);
  return undefined;
}

/** Merges what `include:` of one file names; `chain` is how we got here. */
function include(gathering: Gathering, tree: MapNode, chain: readonly string[]): void {
  const wanted = entryOf(tree, 'include')?.value;
  const items = wanted?.type === 'list' ? wanted.items : wanted === undefined || isNull(wanted) ? [] : [wanted];
  for (const [index, item] of items.entries()) {
    const pattern = item.type === 'scalar' && typeof item.value === 'string' ? item.value : undefined;
    if (pattern === undefined || pattern === '' || pattern.includes('${')) {
      const hint = 'write a path or a glob, such as realm.d/*.yaml';
      report(gathering, 'CONFIG_VALUE', item, ['include', index], 'this is no path of a file to include', hint);
      continue;
    }
    for (const path of matches(gathering, pattern, item, index)) includeFile(gathering, path, item, chain);
  }
}

function matches(gathering: Gathering, pattern: string, at: Placed, index: number): readonly string[] {
  if (!isGlob(pattern)) {
    const path = resolve(gathering.root, pattern);
    gathering.folders.add(join(path, '..'));
    const read = gathering.from.list(join(path, '..'))?.some(({ name }) => name === basename(path));
    if (read === true) return [path];
    const message = `${path} does not exist`;
    report(gathering, 'CONFIG_INCLUDE_MISSING', at, ['include', index], message, 'create it, or remove the line');
    gathering.missing.add(path);
    return [];
  }
  const { files, folders, baseMissing } = expandGlob(gathering.root, pattern, gathering.from.list);
  for (const folder of folders) gathering.folders.add(folder);
  if (baseMissing) {
    const message = `nothing matches ${pattern}: its folder does not exist`;
    gathering.diagnostics.push({
      code: 'CONFIG_INCLUDE_MISSING',
      severity: 'warning',
      message,
      at: locate(at, ['include', index]),
      hint: 'create the folder, or remove the line',
    });
  }
  return files.filter((file) => EXTENSIONS.includes(extname(file)));
}

function includeFile(gathering: Gathering, path: string, at: Placed, chain: readonly string[]): void {
  if (chain.includes(path)) {
    const circle = [...chain.slice(chain.indexOf(path)), path].map((file) => relative(gathering.root, file));
    const message = `files include each other in a circle: ${circle.join(' -> ')}`;
    report(gathering, 'CONFIG_INCLUDE_CYCLE', at, ['include'], message, 'remove one of the lines');
    return;
  }
  if (gathering.files.has(path)) return; // two files may include a third; it counts once
  const tree = load(gathering, path, 'include', at);
  if (tree === undefined) return;
  for (const entry of tree.entries) if (entry.key !== 'include') addSection(gathering, entry);
  include(gathering, tree, [...chain, path]);
}

/** Adds a section of an included file: its entries join those of the same section elsewhere, and none overrides another. */
function addSection(gathering: Gathering, section: Entry): void {
  const present = entryOf(gathering.tree, section.key);
  if (present === undefined || isNull(present.value)) return put(gathering, section);
  if (isNull(section.value)) return;
  const { value } = present;
  if (LISTS.includes(section.key) && value.type === 'list' && section.value.type === 'list') {
    const items = [
      ...value.items,
      ...section.value.items.filter((item) => !value.items.some((old) => same(old, item))),
    ];
    return put(gathering, { ...present, value: { ...value, items, refers: items.some(({ refers }) => refers) } });
  }
  if (value.type !== 'map' || section.value.type !== 'map')
    return duplicate(gathering, section, present, [section.key]);
  const known = new Map(value.entries.map((entry) => [entry.key, entry]));
  const added: Entry[] = [];
  for (const entry of section.value.entries) {
    const first = known.get(entry.key);
    if (first === undefined) added.push(entry);
    else duplicate(gathering, entry, first, [section.key, entry.key]);
  }
  put(gathering, { ...present, value: mapOf([...value.entries, ...added], value) });
}

const same = (a: Node, b: Node): boolean => a.type === 'scalar' && b.type === 'scalar' && a.value === b.value;

function put(gathering: Gathering, section: Entry): void {
  const { entries } = gathering.tree;
  const index = entries.findIndex((entry) => entry.key === section.key);
  const all = index === -1 ? [...entries, section] : entries.with(index, section);
  gathering.tree = mapOf(all, gathering.tree);
}

function duplicate(gathering: Gathering, second: Entry, first: Entry, path: readonly string[]): void {
  const at = locate(first, path);
  const hint = `keep one; the other is at ${relative(gathering.root, at.file)}:${at.line}`;
  const message = `${path.join('.')} is written in two files`;
  report(gathering, 'CONFIG_DUPLICATE_NAME', second, path, message, hint);
}

/** `configs/<section>/<name>.yaml` is one resource; `_*` and dot files are templates and leftovers. */
function dropIns(gathering: Gathering): void {
  const base = join(gathering.root, 'configs');
  gathering.folders.add(gathering.root);
  const sections = safeList(gathering, base);
  if (sections === undefined) return;
  gathering.folders.add(base);
  for (const folder of sections) {
    if (!folder.isDirectory() || /^[._]/.test(folder.name)) continue;
    const path = join(base, folder.name);
    gathering.folders.add(path);
    const entries = new Map<string, Entry>();
    for (const { name } of safeList(gathering, path) ?? []) {
      const entry =
        /^[._]/.test(name) || !EXTENSIONS.includes(extname(name)) ? undefined : dropIn(gathering, path, name);
      const first = entry && entries.get(entry.key);
      if (first !== undefined) duplicate(gathering, entry!, first, [folder.name, first.key]);
      else if (entry !== undefined) entries.set(entry.key, entry);
    }
    const firstFile = [...gathering.files.keys()].find((file) => dirname(file) === path);
    if (firstFile !== undefined) gathering.dropIns.push({ section: folder.name, folder: path, firstFile });
    const [at] = entries.values();
    if (at !== undefined) addSection(gathering, { ...at, key: folder.name, value: mapOf([...entries.values()], at) });
  }
}

function dropIn(gathering: Gathering, folder: string, name: string): Entry | undefined {
  const path = join(folder, name);
  if (gathering.files.has(path)) return undefined; // included by name: then it is a map of sections
  const tree = load(gathering, path, 'drop-in', undefined);
  const file = gathering.files.get(path)!;
  const at = { origin: { file }, offset: 0 };
  return tree && { key: basename(name, extname(name)), ...at, value: tree.entries.length > 0 ? tree : emptyMap(at) };
}

function safeList(gathering: Gathering, folder: string): readonly FolderEntry[] | undefined {
  try {
    return gathering.from.list(folder);
  } catch (error) {
    const at = { file: folder, line: 1, column: 1, path: '' };
    const hint = 'change its owner or permissions';
    gathering.diagnostics.push({ code: 'CONFIG_UNREADABLE', severity: 'error', message: messageOf(error), at, hint });
    gathering.missing.add(folder);
    return undefined;
  }
}

function report(
  gathering: Gathering,
  code: ErrorCode,
  at: Placed,
  path: readonly (string | number)[],
  message: string,
  hint: string,
): void {
  gathering.diagnostics.push({ code, severity: 'error', message, at: locate(at, path), hint });
}

export const nameOf = (node: Node): string => {
  if (node.type !== 'scalar') return node.type === 'list' ? 'a list' : 'a map';
  return node.value === null ? 'empty' : typeof node.value === 'string' ? 'text' : `a ${typeof node.value}`;
};
