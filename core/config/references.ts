// Resolves `${env:X}`, `${env:X:-default}`, `${file:p}` and `${secret:n}` in a tree; `$${` writes `${`.
import type { Diagnostic, ErrorCode } from '../errors.ts';
import { NAME_PATTERN } from '../schema/reserved.ts';
import { nearest } from '../schema/nearest.ts';
import type { Node, ScalarNode } from './tree.ts';
import { locate, mapOf } from './tree.ts';
import { rereadScalar } from './scalar.ts';

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a file, relative to the root; throws an Error whose message says why not. */
  readonly readText: (path: string) => string;
  readonly report: (diagnostic: Diagnostic) => void;
  /** Hears the name of each environment variable that is referred to, set or not. */
  readonly hearEnv: (name: string) => void;
}

interface Resolver {
  readonly world: World;
  /** A node that several profiles share is resolved once, and stays one node. */
  readonly known: WeakMap<Node, Node>;
  /** In a profile that is not in use, what its environment lacks is no error. */
  readonly lenient: boolean;
  readonly path: (string | number)[];
}

export type Resolve = (root: Node, lenient: boolean) => Node;

export function resolver(world: World): Resolve {
  const known = new WeakMap<Node, Node>();
  return (root, lenient) => resolveNode(root, { world, known, lenient, path: [] });
}

function resolveNode(node: Node, resolver: Resolver): Node {
  if (!node.refers) return node;
  const before = resolver.known.get(node);
  if (before !== undefined) return before;
  const resolved = resolveContent(node, resolver);
  resolver.known.set(node, resolved);
  return resolved;
}

function resolveContent(node: Node, resolver: Resolver): Node {
  if (node.type === 'scalar') return resolveScalar(node, resolver);
  const inside = (key: string | number, value: Node): Node => {
    resolver.path.push(key);
    const resolved = resolveNode(value, resolver);
    resolver.path.pop();
    return resolved;
  };
  if (node.type === 'list')
    return { ...node, items: node.items.map((item, index) => inside(index, item)), refers: false };
  const entries = node.entries.map((entry) => {
    const value = inside(entry.key, entry.value);
    return value === entry.value ? entry : { ...entry, value };
  });
  return mapOf(entries, node);
}

type Piece = string | { readonly secret: string };
const SCHEMES = ['env', 'file', 'secret'];

function resolveScalar(node: ScalarNode, resolver: Resolver): ScalarNode {
  const pieces: Piece[] = [];
  let failed = false;
  const fail = ([code, message, hint]: Trouble): void => {
    failed = true;
    const absent = code === 'CONFIG_ENV_UNSET' || code === 'CONFIG_FILE_REFERENCE';
    if (resolver.lenient && absent) return;
    const at = locate({ origin: node.origin, offset: node.offset }, resolver.path);
    resolver.world.report({ code, severity: 'error', message, at, hint });
  };
  const parts = split(String(node.value));
  for (const part of parts) {
    if (typeof part === 'string') {
      pieces.push(part);
      continue;
    }
    const piece = lookUp(part.inner, resolver.world);
    if (isTrouble(piece)) fail(piece);
    else pieces.push(piece);
  }
  const base = { ...node, refers: false };
  if (failed) return { ...base, value: null, unresolved: true };
  const only = parts.length === 1 && typeof parts[0] === 'object' ? pieces[0] : undefined;
  if (typeof only === 'object') return { ...base, secret: only.secret };
  if (pieces.some((piece) => typeof piece === 'object')) {
    const hint = 'make the whole value the secret, or give the pieces separately';
    fail(['CONFIG_SECRET_PLACE', 'a secret cannot be a part of a longer text', hint]);
    return { ...base, value: null, unresolved: true };
  }
  const text = pieces.filter((piece) => typeof piece === 'string').join('');
  return only === undefined ? { ...base, value: text } : { ...base, value: rereadScalar(text), text };
}

type Trouble = readonly [code: ErrorCode, message: string, hint: string];
const isTrouble = (value: Piece | Trouble): value is Trouble => Array.isArray(value);

/** Literal text and the insides of `${...}`, in order. A default may hold balanced braces. */
function split(text: string): (string | { readonly inner: string })[] {
  const parts: (string | { readonly inner: string })[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith('$${', at)) {
      literal += '${';
      at += 3;
    } else if (text.startsWith('${', at)) {
      const end = endOf(text, at + 2);
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push({ inner: text.slice(at + 2, end) });
      at = end + 1;
    } else {
      literal += text[at++];
    }
  }
  if (literal !== '' || parts.length === 0) parts.push(literal);
  return parts;
}

/** Where the closing brace stands; the end of the text when there is none. */
function endOf(text: string, from: number): number {
  for (let at = from, depth = 1; at < text.length; at++) {
    if (text[at] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return text.length;
}

function lookUp(inner: string, world: World): Piece | Trouble {
  const match = /^(env|file|secret):([\s\S]*)$/.exec(inner);
  if (match === null) return unknownScheme(inner);
  const [, scheme, rest] = match as unknown as [string, string, string];
  if (scheme === 'env') return lookUpEnv(rest, world);
  if (scheme === 'secret') {
    if (new RegExp(NAME_PATTERN).test(rest)) return { secret: rest };
    const hint = 'lower-case letters, digits, `-`, `_` and `.`';
    return ['CONFIG_REFERENCE', `${JSON.stringify(rest)} is no name for a secret`, hint];
  }
  try {
    return world.readText(rest);
  } catch (error) {
    return ['CONFIG_FILE_REFERENCE', (error as Error).message, 'paths are relative to the folder of the root config'];
  }
}

function lookUpEnv(rest: string, world: World): Piece | Trouble {
  const [, name, fallback] = /^([A-Za-z_][A-Za-z0-9_]*)(?::-([\s\S]*))?$/.exec(rest) ?? [];
  if (name === undefined) {
    const message = `${JSON.stringify(rest)} is no environment variable`;
    return ['CONFIG_REFERENCE', message, 'write `${env:NAME}` or `${env:NAME:-default}`'];
  }
  world.hearEnv(name);
  const value = Object.hasOwn(world.env, name) ? world.env[name] : undefined;
  if (value !== undefined && (value !== '' || fallback === undefined)) return value;
  if (fallback !== undefined) return fallback;
  const similar = nearest(name, Object.keys(world.env));
  const known = similar === undefined ? '' : `; did you mean ${similar}?`;
  const hint = `set it, or give a default: \${env:${name}:-value}${known}`;
  return ['CONFIG_ENV_UNSET', `the environment variable ${name} is not set`, hint];
}

function unknownScheme(inner: string): Trouble {
  const written = `\${${inner}}`;
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(inner)) {
    const hint = `write \${env:${inner}} for the environment variable, or $${written} for the text itself`;
    return ['CONFIG_REFERENCE', `${written} does not say where to look`, hint];
  }
  const similar = nearest(/^[^:]*/.exec(inner)![0], SCHEMES);
  const hint = similar === undefined ? `write $${written} for the text itself` : `did you mean \${${similar}:...}?`;
  return ['CONFIG_REFERENCE', `${written} is no reference`, hint];
}
