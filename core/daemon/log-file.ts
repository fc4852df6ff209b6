// A log file that begins anew each day and when it is large, without losing a line.
import { closeSync, fstatSync, mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import type { Clock } from '../clock.ts';
import { isoTime } from '../clock.ts';
import { writeAll } from '../files.ts';

export interface LogFileOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Default 16 MiB. */
  readonly largestBytes?: number;
  /** How many older files stay. Default 7. */
  readonly keep?: number;
}

/** Older files are `<name>-<UTC day>-<n>.log` beside it. One process at a time writes; it opens with its first line. */
export class LogFile {
  readonly #options: Required<LogFileOptions>;
  #handle = -1;
  #bytes = 0;
  #day = '';
  #unwritten = 0;

  constructor(options: LogFileOptions) {
    this.#options = { largestBytes: 16 * 1024 * 1024, keep: 7, ...options };
  }

  /** Never throws: on a full disk the line is dropped, and the next line that can be written is preceded by the count. */
  write(line: string): void {
    try {
      if (this.#handle < 0 || this.#unwritten > 0) this.#open(); // a full disk may have been emptied, this file included
      if (this.#today() !== this.#day || this.#bytes > this.#options.largestBytes) this.#rotate();
      const time = isoTime(this.#options.clock.now());
      const gap = { level: 'warn', time, plugin: 'log', msg: `${this.#unwritten} lines could not be written` };
      const bytes = Buffer.from((this.#unwritten > 0 ? `\n${JSON.stringify(gap)}\n` : '') + line);
      writeAll(this.#handle, bytes);
      this.#bytes += bytes.length;
      this.#unwritten = 0;
    } catch {
      this.#unwritten++; // nowhere is left to say it; it is said with the next line that fits
    }
  }

  close(): void {
    if (this.#handle >= 0) closeSync(this.#handle);
    this.#handle = -1;
  }

  #today = (): string => isoTime(this.#options.clock.now()).slice(0, 10);

  #open(): void {
    mkdirSync(dirname(this.#options.path), { recursive: true, mode: 0o700 });
    const handle = openSync(this.#options.path, 'a', 0o600);
    const { size, mtimeMs } = fstatSync(handle);
    this.close();
    this.#handle = handle;
    this.#bytes = size;
    this.#day = size > 0 ? isoTime(mtimeMs).slice(0, 10) : this.#today();
  }

  #rotate(): void {
    const { path, keep } = this.#options;
    const { dir, name, ext } = parse(path);
    const older = readdirSync(dir)
      .filter((file) => file.startsWith(`${name}-`) && file.endsWith(ext))
      .toSorted();
    const sameDay = older.filter((file) => file.startsWith(`${name}-${this.#day}-`));
    const next = Number(sameDay.at(-1)?.slice(name.length + 12, -ext.length) ?? 0) + 1;
    if (this.#bytes > 0) renameSync(path, join(dir, `${name}-${this.#day}-${String(next).padStart(4, '0')}${ext}`));
    this.#open();
    this.#day = this.#today();
    for (const file of older.slice(0, Math.max(0, older.length + 1 - keep))) rmSync(join(dir, file), { force: true });
  }
}
