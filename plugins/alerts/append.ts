// Appends messages to a file, one line of JSON each, and waits until the disk has them.
import { open } from 'node:fs/promises';
import type { Body } from './message.ts';
import { Undelivered } from './within.ts';

const NEWLINE = 0x0a;

/** A line that an earlier try left half written is ended first, so that it spoils no other. */
export async function append(path: string, { version, realm, host, items }: Body): Promise<void> {
  const lines = items.map((item) => `${JSON.stringify({ version, realm, host, ...item })}\n`).join('');
  try {
    await using file = await open(path, 'a+', 0o600);
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    await file.appendFile(size > 0 && last[0] !== NEWLINE ? `\n${lines}` : lines);
    await file.sync();
  } catch (error) {
    throw new Undelivered(error instanceof Error ? error.message : String(error));
  }
}
