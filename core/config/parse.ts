// One YAML text to a tree: duplicates, merge keys, aliases, depth and odd keys are judged here, in one walk.
import type { Alias, Document, Node as YamlNode, Pair, Scalar, YAMLMap } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument } from 'yaml';
import type { Diagnostic, ErrorCode } from '../errors.ts';
import { syntaxDiagnostics } from './syntax.ts';
import type { Entry, MapNode, Node, Origin, ScalarNode, SourceFile } from './tree.ts';
import { emptyMap, locate, mapOf } from './tree.ts';

const DEEPEST = 64;
/** Nodes that aliases may add to one file. A bomb wants billions; a shared block used by 1,000 resources stays far below. */
const MOST_ALIASED = 200_000;

/** After these nothing in the file can be trusted, and what follows from them is not worth saying. */
const FATAL: readonly ErrorCode[] = ['CONFIG_TOO_DEEP', 'CONFIG_ALIAS_BOMB'];

export interface Parsed {
  /** undefined: the text is no YAML, or is empty. */
  readonly root: Node | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

interface Walk {
  readonly origin: Origin;
  readonly diagnostics: Diagnostic[];
  /** Latest node of each anchor name, with its size; `open` while its own content is being read. */
  readonly anchors: Map<string, { node: Node; size: number } | 'open'>;
  readonly path: string[];
  /** Nodes made so far, counting shared ones as often as they appear. */
  size: number;
  aliased: number;
}

export function parseText(file: SourceFile): Parsed {
  let document: Document.Parsed;
  try {
    document = parseDocument(file.text, { uniqueKeys: false, prettyErrors: false, logLevel: 'error' });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // the parser's own stack ran out
    const at = locate({ origin: { file }, offset: 0 }, []);
    return { root: undefined, diagnostics: [tooDeep(at)] };
  }
  const syntax = syntaxDiagnostics(file, document);
  if (syntax.length > 0) return { root: undefined, diagnostics: syntax };
  if (document.contents === null) return { root: undefined, diagnostics: [] };
  const walk: Walk = { origin: { file }, diagnostics: [], anchors: new Map(), path: [], size: 0, aliased: 0 };
  for (const warning of document.warnings) {
    if (warning.code !== 'TAG_RESOLVE_FAILED') continue;
    const tag = file.text.slice(...warning.pos);
    problem(walk, 'CONFIG_TAG', warning.pos[0], `the tag ${tag} means nothing here`, 'remove the tag, keep the value');
  }
  const root = convert(document.contents, walk);
  const fatal = walk.diagnostics.find(({ code }) => FATAL.includes(code));
  return fatal === undefined ? { root, diagnostics: walk.diagnostics } : { root: undefined, diagnostics: [fatal] };
}

function convert(node: YamlNode | null, walk: Walk, fallback = 0): Node {
  walk.size++;
  const offset = node?.range?.[0] ?? fallback;
  if (node === null) return nullAt(walk, offset);
  if (isAlias(node)) return follow(node, walk, offset);
  const anchor = 'anchor' in node ? node.anchor : undefined;
  if (anchor === undefined) return convertContent(node, walk, offset);
  walk.anchors.set(anchor, 'open');
  const before = walk.size;
  const converted = convertContent(node, walk, offset);
  walk.anchors.set(anchor, { node: converted, size: walk.size - before + 1 });
  return converted;
}

function convertContent(node: YamlNode, walk: Walk, offset: number): Node {
  if (isScalar(node)) return convertScalar(node, walk, offset);
  if (walk.path.length >= DEEPEST) {
    walk.diagnostics.push(tooDeep(locate({ origin: walk.origin, offset }, [])));
    return nullAt(walk, offset);
  }
  if (isMap(node)) return convertMap(node, walk, offset);
  if (!isSeq(node)) return nullAt(walk, offset);
  const items = node.items.map((item, index) => {
    walk.path.push(String(index));
    const converted = isPair(item) ? nullAt(walk, offset) : convert(item as YamlNode, walk, offset);
    walk.path.pop();
    return converted;
  });
  return { type: 'list', items, origin: walk.origin, offset, refers: items.some((item) => item.refers) };
}

function convertScalar(node: Scalar, walk: Walk, offset: number): ScalarNode {
  const { value } = node;
  const plain = node.type === 'PLAIN' && node.source !== undefined ? { plain: node.source } : {};
  const base = { type: 'scalar', origin: walk.origin, offset, ...plain } as const;
  if (typeof value === 'string') {
    if (value.includes('\0')) {
      problem(walk, 'CONFIG_ENCODING', offset, 'the text holds a NUL character', 'remove the `\\0`');
      return unknownAt(walk, offset);
    }
    return { ...base, value, refers: value.includes('${') };
  }
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    const hint = `put it in quotes: "${node.source ?? value}"`;
    problem(walk, 'CONFIG_NUMBER', offset, `${node.source ?? value} is too large to be kept exactly as a number`, hint);
    return unknownAt(walk, offset);
  }
  if (typeof value === 'number' || typeof value === 'boolean' || value === null)
    return { ...base, value, refers: false };
  problem(walk, 'CONFIG_TAG', offset, 'the tag makes this neither text, number nor boolean', 'remove the tag');
  return unknownAt(walk, offset);
}

function convertMap(node: YAMLMap, walk: Walk, offset: number): MapNode {
  const entries: Entry[] = [];
  const places = new Map<string, number>();
  const merged: Node[] = [];
  for (const pair of node.items as Pair<YamlNode, YamlNode | null>[]) {
    const keyOffset = pair.key?.range?.[0] ?? offset;
    const key = keyOf(pair.key, walk, keyOffset);
    if (key === undefined) continue;
    walk.path.push(key);
    if (key === '<<' && isScalar(pair.key) && pair.key.type === 'PLAIN') {
      merged.push(convert(pair.value, walk, keyOffset));
    } else if (places.has(key)) {
      const first = locate({ origin: walk.origin, offset: places.get(key)! }, []);
      const hint = `remove one of them; the first is on line ${first.line}`;
      problem(walk, 'CONFIG_DUPLICATE_KEY', keyOffset, `the key ${JSON.stringify(key)} is written twice`, hint);
    } else {
      places.set(key, keyOffset);
      entries.push({ key, origin: walk.origin, offset: keyOffset, value: convert(pair.value, walk, keyOffset) });
    }
    walk.path.pop();
  }
  for (const source of merged) mergeInto(entries, places, source, walk, offset);
  return mapOf(entries, { origin: walk.origin, offset });
}

/** `<<: *base`: keys of the base that are not written here; of several bases the earlier wins. */
function mergeInto(entries: Entry[], places: Map<string, number>, source: Node, walk: Walk, offset: number): void {
  const bases = source.type === 'list' ? source.items : [source];
  for (const base of bases) {
    if (base.type !== 'map') {
      problem(walk, 'CONFIG_TYPE', base.offset, '`<<` takes a map, or a list of maps', 'write `<<: *name`');
      continue;
    }
    for (const entry of base.entries) {
      if (places.has(entry.key)) continue;
      places.set(entry.key, offset);
      entries.push(entry);
    }
  }
}

function keyOf(key: YamlNode | null, walk: Walk, offset: number): string | undefined {
  const value = isScalar(key) ? key.value : null;
  if (
    isScalar(key) &&
    (typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value !== ''))
  ) {
    const text = key.type === 'PLAIN' && key.source !== undefined ? key.source : String(value);
    if (text !== '__proto__') return text;
  }
  const what = isScalar(key) ? JSON.stringify(key.value) : 'a list, a map or an alias';
  problem(walk, 'CONFIG_KEY', offset, `${what} cannot be a key`, 'use a name');
  return undefined;
}

function follow(alias: Alias, walk: Walk, offset: number): Node {
  const target = walk.anchors.get(alias.source);
  if (target === undefined || target === 'open') {
    const why = target === 'open' ? 'stands inside what it repeats' : 'is not set by any &anchor before it';
    problem(
      walk,
      'CONFIG_ALIAS',
      offset,
      `*${alias.source} ${why}`,
      `set &${alias.source} earlier, or write the value out`,
    );
    return unknownAt(walk, offset);
  }
  walk.size += target.size;
  walk.aliased += target.size;
  if (walk.aliased <= MOST_ALIASED) return target.node;
  if (walk.aliased - target.size <= MOST_ALIASED) {
    const message = `aliases would grow this file beyond ${MOST_ALIASED.toLocaleString('en')} values`;
    problem(walk, 'CONFIG_ALIAS_BOMB', offset, message, 'write the values out, or make them fewer');
  }
  return nullAt(walk, offset);
}

const nullAt = (walk: Walk, offset: number): ScalarNode => ({
  type: 'scalar',
  value: null,
  origin: walk.origin,
  offset,
  refers: false,
});

/** Stands for a value that is written wrongly: nothing more is said about it. */
const unknownAt = (walk: Walk, offset: number): ScalarNode => ({ ...nullAt(walk, offset), unresolved: true });

function problem(walk: Walk, code: ErrorCode, offset: number, message: string, hint: string): void {
  const at = locate({ origin: walk.origin, offset }, walk.path);
  walk.diagnostics.push({ code, severity: 'error', message, at, hint });
}

const tooDeep = (at: Diagnostic['at']): Diagnostic => ({
  code: 'CONFIG_TOO_DEEP',
  severity: 'error',
  message: `nested deeper than ${DEEPEST} levels`,
  at,
  hint: 'look for an unclosed bracket, or flatten the value',
});

/** The tree of a file without content. */
export const emptyRoot = (file: SourceFile): MapNode => emptyMap({ origin: { file }, offset: 0 });
