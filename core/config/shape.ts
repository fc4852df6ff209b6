// Checks one node of the tree against a schema and decodes it; whatever does not fit is told at its own line.
import type { Diagnostic } from '../errors.ts';
import { formatPath } from '../model/path.ts';
import type { AjvError, Check } from '../schema/check.ts';
import { checker } from '../schema/check.ts';
import type { DecodeOptions } from '../schema/decode.ts';
import { decode } from '../schema/decode.ts';
import { eachAnnotated } from '../schema/annotations.ts';
import type { Annotation, SchemaOf } from '../schema/schema.ts';
import type { Finding } from './findings.ts';
import { findings, unseenByCheck } from './findings.ts';
import type { Entry, Node } from './tree.ts';
import { locate, nodeAt, someNode, toPlain } from './tree.ts';

/** A ref, schedule or time zone inside a decoded value, to be checked against everything else. */
export interface Link {
  readonly annotation: Annotation;
  readonly text: string;
  readonly path: readonly string[];
}

export interface Shaped<T> {
  /** undefined: it does not fit, or a reference in it could not be resolved. */
  readonly value: T | undefined;
  readonly links: readonly Link[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface ShapeOptions {
  readonly root: string;
  /** Of the node, in the whole config. */
  readonly path: readonly string[];
  /** Where to point when the node itself is at fault for what it lacks. */
  readonly owner: Pick<Entry, 'origin' | 'offset'>;
  readonly alsoKnown?: readonly string[];
  readonly asWritten?: boolean;
}

const CHECKED: readonly Annotation[] = ['ref', 'schedule', 'timezone', 'regexp'];

export function shape<T>(schema: SchemaOf<T>, node: Node, options: ShapeOptions): Shaped<T> {
  const { value, errors } = check(checker(schema), node);
  const links: Link[] = [];
  const keepLink = (annotation: Annotation, text: string, path: readonly string[]): void => {
    if (CHECKED.includes(annotation)) links.push({ annotation, text, path: [...path] });
  };
  if (errors.length > 0) {
    const { alsoKnown = [], path } = options;
    const written = (inner: readonly string[]): string | undefined => spelling(nodeAt(node, inner)?.node);
    const checked = { json: schema.json, value, alsoKnown, name: `\`${formatPath(path)}\``, written };
    eachAnnotated(schema.json, value, keepLink);
    return { value: undefined, links, diagnostics: place(findings(checked, errors), node, options) };
  }
  if (hasUnresolved(node)) return { value: undefined, links, diagnostics: [] };
  const decodeOptions: DecodeOptions = {
    root: options.root,
    asWritten: options.asWritten ?? false,
    nameInline: (path) => inlineName([...options.path, ...path]),
    seen: keepLink,
  };
  const decoded = decode(schema, value, decodeOptions);
  if (decoded.ok) return { value: decoded.value, links, diagnostics: [] };
  return { value: undefined, links, diagnostics: place([unseenByCheck(decoded)], node, options) };
}

const spelling = (node: Node | undefined): string | undefined => (node?.type === 'scalar' ? node.plain : undefined);

/** The name of a secret that is written out in the config instead of being named. */
export const INLINE = 'config:';
const inlineName = (path: readonly string[]): string => INLINE + formatPath(path);

/** A value out of a reference counts as text where text is wanted, and as number or boolean otherwise. */
function check(validate: Check, node: Node): { value: unknown; errors: readonly AjvError[] } {
  const value = toPlain(node);
  const errors = validate(value);
  if (errors.length === 0) return { value, errors };
  const asText = new Set<Node>();
  for (const error of errors) {
    const inner = nodeAt(node, keysOf(error.instancePath))?.node;
    if (inner?.type === 'scalar' && inner.text !== undefined && typeof inner.value !== 'string') asText.add(inner);
  }
  if (asText.size === 0) return { value, errors };
  const second = toPlain(node, asText);
  const left = validate(second);
  return left.length < errors.length ? { value: second, errors: left } : { value, errors };
}

const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

function place(found: readonly Finding[], node: Node, options: ShapeOptions): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const { code, path, onKey, message, hint } of found) {
    const target = nodeAt(node, path);
    if (!onKey && target !== undefined && hasUnresolved(target.node)) continue;
    const own = onKey ? target?.entry : target?.node;
    const at = locate(own ?? (path.length === 0 ? options.owner : (target?.node ?? options.owner)), [
      ...options.path,
      ...path,
    ]);
    diagnostics.push({ code, severity: 'error', message, at, ...(hint === undefined ? {} : { hint }) });
  }
  return diagnostics;
}

const hasUnresolved = (node: Node): boolean => someNode(node, (scalar) => scalar.unresolved === true);
