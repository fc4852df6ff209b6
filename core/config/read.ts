// Reads configuration files as text: size limit, UTF-8, and what is wrong otherwise, in words.
import { readFileSync, statSync } from 'node:fs';
import type { ErrorCode } from '../errors.ts';
import { errnoOf, messageOf } from '../errors.ts';

export const LARGEST_FILE_BYTES = 16 * 2 ** 20;
export const LARGEST_VALUE_BYTES = 2 ** 20;

export interface Unreadable {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  /** The text as far as it could be read, and the offset of the first bad place in it. */
  readonly text?: string;
  readonly offset?: number;
}
export type Read = { readonly text: string } | Unreadable;

/** The text without its byte order mark. */
export function readText(path: string, mostBytes = LARGEST_FILE_BYTES): Read {
  try {
    const there = statSync(path);
    if (!there.isFile() && !there.isDirectory()) return NO_FILE; // opening a pipe waits for its writer, and nothing ends that
    const { size } = there;
    if (size > mostBytes) return tooLarge(size, mostBytes);
    const bytes = readFileSync(path);
    return bytes.length > mostBytes ? tooLarge(bytes.length, mostBytes) : decodeText(bytes);
  } catch (error) {
    const known = REASONS[errnoOf(error) ?? ''];
    if (known === undefined) return { code: 'CONFIG_UNREADABLE', message: messageOf(error), hint: 'check the file' };
    return { code: 'CONFIG_UNREADABLE', message: known[0], hint: known[1] };
  }
}

const NO_FILE: Unreadable = {
  code: 'CONFIG_UNREADABLE',
  message: 'this is a pipe, a socket or a device, and a file is needed',
  hint: 'write it to a file',
};

const REASONS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  ENOENT: ['the file does not exist', 'check the spelling of its path'],
  EISDIR: ['this is a folder, and a file is needed', 'name a file in it, or use a glob such as folder/*.yaml'],
  EACCES: ['the file may not be read by this user', 'change its owner or permissions'],
  ENOTDIR: ['a part of the path is a file, and a folder is needed', 'check the path'],
  ELOOP: ['the links of this path go in a circle', 'remove the link'],
};

function decodeText(bytes: Buffer): Read {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { code: 'CONFIG_ENCODING', message: 'the file is UTF-16', hint: 'save it as UTF-8' };
  }
  const text = new TextDecoder('utf-8').decode(bytes); // takes the byte order mark off
  const offset = badOffset(bytes, text);
  if (offset === undefined) return { text };
  return { code: 'CONFIG_ENCODING', message: 'this is not UTF-8 text', hint: 'save the file as UTF-8', text, offset };
}

/** Where the first invalid byte, or a NUL, stands in the text. */
function badOffset(bytes: Buffer, text: string): number | undefined {
  const nul = text.indexOf('\0');
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return nul === -1 ? undefined : nul;
  } catch {
    const bad = text.indexOf('\ufffd'); // what the lenient decoder put there
    return nul === -1 ? bad : Math.min(nul, bad);
  }
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const tooLarge = (size: number, most: number): Unreadable => ({
  code: 'CONFIG_TOO_LARGE',
  message: `the file has ${megabytes(size)}; the limit is ${megabytes(most)}`,
  hint: 'split it',
});
