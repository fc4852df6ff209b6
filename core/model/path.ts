// Dotted paths into a spec, as people write them: `env.PORT`, `limits."a.b"`, `command.0`.

/** Stands without quotes: anything but space, dot, quote, bracket and backslash. */
const BARE = /^[^\s."'[\]\\]+$/;

/** One text for the keys from the outside in; keys that would be misread are quoted as in JSON. No keys: the empty text. */
export function formatPath(keys: readonly (string | number)[]): string {
  return keys
    .map(String)
    .map((key) => (BARE.test(key) ? key : JSON.stringify(key)))
    .join('.');
}

/** The keys of a dotted path, or undefined when the text is none (`a..b`, an open quote). */
export function parsePath(text: string): readonly string[] | undefined {
  const keys: string[] = [];
  if (text === '') return keys;
  let at = 0;
  for (;;) {
    const end = text[at] === '"' ? endOfQuoted(text, at) : endOfBare(text, at);
    const key = end === undefined ? undefined : keyOf(text.slice(at, end));
    if (key === undefined || end === undefined) return undefined;
    keys.push(key);
    if (end === text.length) return keys;
    if (text[end] !== '.') return undefined;
    at = end + 1;
  }
}

function endOfBare(text: string, from: number): number {
  const dot = text.indexOf('.', from);
  return dot === -1 ? text.length : dot;
}

function endOfQuoted(text: string, from: number): number | undefined {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return undefined;
}

function keyOf(piece: string): string | undefined {
  if (!piece.startsWith('"')) return BARE.test(piece) ? piece : undefined;
  try {
    return JSON.parse(piece) as string;
  } catch {
    return undefined; // not the quoting of JSON: no path
  }
}

/** What stands at the keys: own keys of maps and places in lists; undefined when there is nothing. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  let inner = value;
  for (const key of keys) {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined;
    inner = (inner as Readonly<Record<string, unknown>>)[key];
  }
  return inner;
}
