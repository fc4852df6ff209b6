// Names of files as bytes: one character of such a text is one byte, so that any name is kept and texts sort as bytes do.

/** A path or name, each character a byte (0..255). Never shown; `shown` makes text for people of it. */
export type ByteText = string & { readonly __bytes: never };

const isAscii = (text: string): boolean => {
  for (let index = 0; index < text.length; index += 1) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
};

export const fromBytes = (bytes: Buffer): ByteText => bytes.toString('latin1') as ByteText;
export const fromText = (text: string): ByteText =>
  (isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1')) as ByteText;
export const toBytes = (name: ByteText): Buffer => Buffer.from(name, 'latin1');

/** For calls of node:fs: text where that is exact and faster, bytes where it must be. */
export const toPath = (path: ByteText): string | Buffer => (isAscii(path) ? path : toBytes(path));

/** The text when the bytes are UTF-8, else undefined. */
export function asUtf8(path: ByteText): string | undefined {
  if (isAscii(path)) return path;
  const bytes = toBytes(path);
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined;
}

/** For people and JSON: what is not UTF-8 or would break a line is written `\xNN`. */
export function shown(path: ByteText): string {
  const text = asUtf8(path);
  const isOdd = (character: string): boolean => {
    const code = character.charCodeAt(0);
    return code < 0x20 || code === 0x7f || (text === undefined && code > 0x7f);
  };
  return Array.from(text ?? path, (character) => (isOdd(character) ? hex(character) : character)).join('');
}
const hex = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** `a` and `b` as a path; an empty one adds nothing. */
export const joined = (folder: ByteText, name: ByteText): ByteText =>
  (folder === '' ? name : name === '' ? folder : `${folder}/${name}`) as ByteText;

/** Sorts as bytes. */
export const byBytes = (one: ByteText, other: ByteText): number => (one < other ? -1 : one > other ? 1 : 0);
