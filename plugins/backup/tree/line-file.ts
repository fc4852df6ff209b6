// A file that is written line by line, and whose digest is known when it is closed.
import { createHash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';

const ROOM = 256 * 1024;

export class LineFile {
  readonly #handle: number;
  readonly #encoding: 'utf8' | 'latin1';
  readonly #digest = createHash('sha256');
  #lines: string[] = [];
  #room = ROOM;

  /** The file must not be there. `latin1` for lines whose characters are bytes. */
  constructor(path: string, encoding: 'utf8' | 'latin1') {
    this.#handle = openSync(path, 'wx', 0o444);
    this.#encoding = encoding;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#room -= line.length;
    if (this.#room <= 0) this.flush();
  }

  /** Whoever looks at the file now sees every line so far. */
  flush(): void {
    if (this.#lines.length === 0) return;
    const bytes = Buffer.from(`${this.#lines.join('\n')}\n`, this.#encoding);
    this.#lines = [];
    this.#room = ROOM;
    this.#digest.update(bytes);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#handle, bytes, at);
  }

  /** SHA-256, hex. */
  close(): string {
    this.flush();
    closeSync(this.#handle);
    return this.#digest.digest('hex');
  }

  /** Without another word: what is in it so far stays. */
  abandon(): void {
    closeSync(this.#handle);
  }
}
