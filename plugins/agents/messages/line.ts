// One line of the log: JSON that any tool reads, with a checksum over all that follows it.
import { crc32 } from 'node:zlib';

const HEAD = /^\{"sum":"([0-9a-f]{8})",/;
const HEAD_BYTES = 18;
export const NEWLINE = 0x0a;

const sumOf = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0');

/** `record` has at least one key. */
export function encodeLine(record: object): Buffer {
  const rest = Buffer.from(JSON.stringify(record).slice(1));
  return Buffer.concat([Buffer.from(`{"sum":"${sumOf(rest)}",`), rest, Buffer.of(NEWLINE)]);
}

/** Without its newline; undefined when it is not exactly what was written. */
export function decodeLine(line: Uint8Array): object | undefined {
  if (line.length <= HEAD_BYTES) return undefined;
  const head = HEAD.exec(Buffer.from(line.buffer, line.byteOffset, HEAD_BYTES).toString('latin1'));
  const rest = line.subarray(HEAD_BYTES);
  if (head === null || head[1] !== sumOf(rest)) return undefined;
  return JSON.parse(`{${Buffer.from(rest.buffer, rest.byteOffset, rest.length).toString()}`) as object;
}
