// Decoded specs as values: one canonical text, one hash, equality, freezing. Secrets count by name and survive storage.
import { createHash } from 'node:crypto';
import { Secret } from '../schema/schema.ts';

export interface NamedSecret {
  readonly keys: readonly string[];
  readonly name: string;
}

/** Deeper than any config may nest, and shallow enough for the stack; also what ends a value that holds itself. */
const DEEPEST = 1_000;

type Plain = Readonly<Record<string, unknown>>;

/** A map as YAML has it: an object that is neither a list, nor null, nor a secret. */
export function isMap(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);
}

/**
 * Canonical JSON: keys sorted by code unit, keys without a value left out, a secret as `{"$secret": name}`.
 * Equal meaning gives equal text. A key of the user's own that begins with `$` gets one more, so nothing can pose as a secret.
 * Throws a TypeError for what is not plain data (functions, symbols, maps, cycles); such a value is a defect of its plugin.
 */
export function encodeSpec(value: unknown): string {
  return write(value, 0);
}

/** The frozen value of a text made by `encodeSpec`. Throws a SyntaxError when the text is no JSON. */
export function decodeSpec(text: string): unknown {
  return deepFreeze(read(JSON.parse(text)));
}

/** SHA-256 in hex of the canonical text, or of what `shown` leaves of it: a hash of a weak secret could be guessed. */
export function hashSpec(value: unknown, shown: (text: string) => string = (text) => text): string {
  return createHash('sha256')
    .update(shown(encodeSpec(value)))
    .digest('hex');
}

/** Same meaning: blind to the order of keys, true to the order of lists; a key without a value is no key. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || a === b) return true;
  if (a instanceof Secret || b instanceof Secret) {
    return a instanceof Secret && b instanceof Secret && a.name === b.name;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    return a.every((item, index) => deepEqual(item, b[index]));
  }
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (!isMap(a) || !isMap(b)) return false;
  return sameMaps(a, b);
}

/** Without lists of keys: each look at a resource compares several maps. */
function sameMaps(a: Plain, b: Plain): boolean {
  let left = 0;
  for (const key of Object.keys(b)) if (b[key] !== undefined) left += 1;
  for (const key of Object.keys(a)) {
    if (a[key] === undefined) continue;
    if (!Object.hasOwn(b, key) || !deepEqual(a[key], b[key])) return false;
    left -= 1;
  }
  return left === 0;
}

/** Freezes the value and everything in it; returns the same value. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}

/** Every secret that a decoded value names, with its place. */
export const secretsIn = (value: unknown): NamedSecret[] => (holdsSecret(value) ? [...named(value, [])] : []);

function* named(value: unknown, keys: readonly string[]): Generator<NamedSecret> {
  if (value instanceof Secret) yield { keys, name: value.name };
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* named(inner, [...keys, key]);
}

export function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsSecret);
}

/** Own keys that have a value. */
export const keysOf = (map: Plain): string[] => Object.keys(map).filter((key) => map[key] !== undefined);

function write(value: unknown, depth: number): string {
  if (depth > DEEPEST) throw new TypeError(`a value nested deeper than ${DEEPEST} levels, or one that holds itself`);
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : `{"$number":"${value}"}`;
  if (value instanceof Secret) return `{"$secret":${JSON.stringify(value.name)}}`;
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  if (value instanceof Date) return JSON.stringify(value);
  if (!isMap(value) || !isPlain(value)) throw new TypeError(`not plain data: ${Object.prototype.toString.call(value)}`);
  const pairs = keysOf(value)
    .sort()
    .map((key) => `${JSON.stringify(key.startsWith('$') ? `$${key}` : key)}:${write(value[key], depth + 1)}`);
  return `{${pairs.join(',')}}`;
}

function read(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(read);
  if (!isMap(value)) return value;
  if (typeof value['$secret'] === 'string') return new Secret(value['$secret']);
  if (typeof value['$number'] === 'string') return Number(value['$number']);
  // fromEntries defines own keys, so `__proto__` stays a key like any other.
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.startsWith('$$') ? key.slice(1) : key, read(inner)]),
  );
}

/** Made by a literal or JSON.parse, in this realm of the engine or another. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
