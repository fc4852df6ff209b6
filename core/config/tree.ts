// The configuration as a tree that keeps order, spelling and position of everything written.
import { formatPath } from '../model/path.ts';
import type { Location } from '../errors.ts';
import { secretText } from '../schema/secret-text.ts';

/** One text that was read. */
export interface SourceFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** How it came to be read. */
  readonly by: 'root' | 'include' | 'drop-in';
  /** Offsets at which lines begin; made when first asked for. */
  lines?: readonly number[];
}

/** Where a node is written, and through which profile it takes part. */
export interface Origin {
  readonly file: SourceFile;
  readonly profile?: string;
}

interface Placed {
  readonly origin: Origin;
  /** In UTF-16 units from the beginning of the text. */
  readonly offset: number;
  /** Somewhere in it stands a `${`. */
  readonly refers: boolean;
}
export interface ScalarNode extends Placed {
  readonly type: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it is written, when it is written without quotes. */
  readonly plain?: string;
  /** The value came out of a reference and could also be this text. */
  readonly text?: string;
  /** `${secret:NAME}`. */
  readonly secret?: string;
  /** A reference that could not be resolved: what it would be is not known, so nothing is said about it. */
  readonly unresolved?: boolean;
}
export interface ListNode extends Placed {
  readonly type: 'list';
  readonly items: readonly Node[];
}
export interface Entry {
  readonly key: string;
  /** Where the key stands. */
  readonly origin: Origin;
  readonly offset: number;
  readonly value: Node;
}
export interface MapNode extends Placed {
  readonly type: 'map';
  /** In written order; keys are unique and spelt as written, so `007` stays `007`. */
  readonly entries: readonly Entry[];
}
export type Node = ScalarNode | ListNode | MapNode;

export const entryOf = (node: Node | undefined, key: string): Entry | undefined =>
  node?.type === 'map' ? node.entries.find((entry) => entry.key === key) : undefined;

/** An empty map standing where `node` stands. */
export const emptyMap = (at: { readonly origin: Origin; readonly offset: number }): MapNode => ({
  type: 'map',
  entries: [],
  origin: at.origin,
  offset: at.offset,
  refers: false,
});

export const mapOf = (
  entries: readonly Entry[],
  at: { readonly origin: Origin; readonly offset: number },
): MapNode => ({
  type: 'map',
  entries,
  origin: at.origin,
  offset: at.offset,
  refers: entries.some((entry) => entry.value.refers),
});

export const isNull = (node: Node): boolean => node.type === 'scalar' && node.value === null;

/** Plain data for checks and `decode`; secrets as their text, values with two readings by `asText`. */
export function toPlain(node: Node, asText?: ReadonlySet<Node>): unknown {
  if (node.type === 'list') return node.items.map((item) => toPlain(item, asText));
  if (node.type === 'scalar') {
    if (node.secret !== undefined) return secretText(node.secret);
    return node.text !== undefined && asText?.has(node) === true ? node.text : node.value;
  }
  const map: Record<string, unknown> = {};
  for (const { key, value } of node.entries) map[key] = toPlain(value, asText);
  return map;
}

/** The node at the keys, and the entry that names it when its parent is a map. */
export function nodeAt(root: Node, keys: readonly string[]): { node: Node; entry: Entry | undefined } | undefined {
  let node: Node | undefined = root;
  let entry: Entry | undefined;
  for (const key of keys) {
    entry = entryOf(node, key);
    node = node.type === 'list' ? node.items[Number(key)] : entry?.value;
    if (node === undefined) return undefined;
  }
  return { node, entry };
}

export const someNode = (node: Node, test: (scalar: ScalarNode) => boolean): boolean => {
  if (node.type === 'scalar') return test(node);
  if (node.type === 'list') return node.items.some((item) => someNode(item, test));
  return node.entries.some((entry) => someNode(entry.value, test));
};

/** Line and column count from 1. */
export function locate(
  at: { readonly origin: Origin; readonly offset: number },
  path: readonly (string | number)[],
): Location {
  const { file } = at.origin;
  const lines = (file.lines ??= lineStarts(file.text));
  let low = 0;
  let high = lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (lines[middle]! <= at.offset) low = middle;
    else high = middle - 1;
  }
  return { file: file.path, line: low + 1, column: at.offset - lines[low]! + 1, path: formatPath(path) };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
