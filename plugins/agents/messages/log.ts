// The durable log: segments that are only added to. What was appended and synced is there after any crash; a torn end is cut off.
import { mkdirSync } from 'node:fs';
import { type FileHandle, mkdir, open, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeLine } from './line.ts';
import type { LogRecord, Place } from './records.ts';
import { readSegment, segmentPath, segmentsIn } from './segment.ts';

const SEGMENT_BYTES = 4 * 1024 * 1024;

export interface LogParts {
  readonly folder: string;
  readonly hear: (record: LogRecord, place: Place) => void;
  /** Called often; what it answers is awaited. */
  readonly pause?: () => Promise<void> | undefined;
  /** Before and after each write that has to last; a test may throw or kill the process in it. */
  readonly crash?: (name: string) => void;
  readonly segmentBytes?: number;
}

/** What was not as it had been written. */
export interface Damage {
  readonly segment: number;
  /** Cut off its end. */
  readonly bytes: number;
  /** The file that holds what was cut off; null: nothing was. */
  readonly kept: string | null;
  /** Lines that cannot be read, and stay. */
  readonly lines: number;
}

interface Tail {
  readonly segment: number;
  readonly handle: FileHandle;
  size: number;
}

export class Log {
  readonly damages: Damage[] = [];
  readonly #parts: Required<LogParts>;
  /** Bytes of the segments before the last. */
  readonly #sizes = new Map<number, number>();
  #tail: Tail | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(parts: Required<LogParts>) {
    this.#parts = parts;
  }

  /** Reads everything. One process at a time may have it open. */
  static async open(given: LogParts): Promise<Log> {
    const parts = { pause: () => undefined, crash: () => {}, segmentBytes: SEGMENT_BYTES, ...given };
    const log = new Log(parts);
    try {
      const segments = await segmentsIn(parts.folder);
      for (const segment of segments) await log.#take(segment, segment === segments.at(-1));
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** Of all segments. */
  get bytes(): number {
    return [...this.#sizes.values()].reduce((sum, size) => sum + size, this.#tail?.size ?? 0);
  }

  /** The oldest first, without the one that is written to. */
  get fullSegments(): readonly number[] {
    return [...this.#sizes.keys()];
  }

  sizeOf(segment: number): number {
    return this.#sizes.get(segment) ?? this.#tail?.size ?? 0;
  }

  /** One after the other. When it rejects, nothing of it counts. `isDurable`: on the disk when it resolves. */
  append(records: readonly LogRecord[], isDurable: boolean): Promise<readonly Place[]> {
    return this.#inTurn(async () => {
      const lines: Buffer[] = [];
      for (const record of records) {
        lines.push(encodeLine(record));
        await this.#parts.pause();
      }
      return this.#append(lines, isDurable);
    });
  }

  /** The oldest one, when nothing in it is needed any more. */
  remove(segment: number): Promise<void> {
    return this.#inTurn(async () => {
      await rm(segmentPath(this.#parts.folder, segment), { force: true });
      this.#sizes.delete(segment);
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#tail?.handle.close();
      this.#tail = undefined;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => {}); // whoever asked for it hears of it
    return mine;
  }

  async #take(segment: number, isLast: boolean): Promise<void> {
    const { folder, hear, pause } = this.#parts;
    const { end, size, bad, torn } = await readSegment(folder, segment, hear, pause);
    const isCut = isLast && end < size;
    if (isLast) await this.#reopen(segment, end, size);
    else this.#sizes.set(segment, size);
    const lines = isCut ? bad : bad + torn;
    if (isCut || lines > 0)
      this.damages.push({
        segment,
        bytes: isCut ? size - end : 0,
        kept: isCut ? this.#keptPath(segment, end) : null,
        lines,
      });
  }

  /** What is cut off is kept aside first. */
  async #reopen(segment: number, end: number, size: number): Promise<void> {
    const handle = await open(segmentPath(this.#parts.folder, segment), 'r+');
    this.#tail = { segment, handle, size: end };
    if (end < size) {
      const { buffer } = await handle.read(Buffer.alloc(size - end), 0, size - end, end);
      const kept = this.#keptPath(segment, end);
      await mkdir(dirname(kept), { recursive: true });
      await writeFile(kept, buffer);
      this.#parts.crash('messages.cut:before');
      await handle.truncate(end);
      await handle.sync();
      this.#parts.crash('messages.cut:after');
    }
  }

  #keptPath(segment: number, end: number): string {
    return join(this.#parts.folder, '..', 'damaged', `${String(segment).padStart(8, '0')}-${end}`);
  }

  async #append(lines: readonly Buffer[], isDurable: boolean): Promise<readonly Place[]> {
    const { crash, segmentBytes } = this.#parts;
    if (this.#tail !== undefined) await this.#mustBeThere(this.#tail);
    if (this.#tail === undefined || this.#tail.size >= segmentBytes) await this.#next();
    const tail = this.#tail!;
    const start = tail.size;
    crash('messages.append:before');
    await this.#orUndo(tail, () => writeAt(tail.handle, Buffer.concat(lines), start));
    crash('messages.append:written');
    if (isDurable) await this.#orUndo(tail, () => tail.handle.datasync());
    crash('messages.append:after');
    tail.size = start + lines.reduce((sum, line) => sum + line.length, 0);
    let offset = start;
    return lines.map((line) => {
      const place = { segment: tail.segment, offset, length: line.length - 1 };
      offset += line.length;
      return place;
    });
  }

  /** What is written into a file that nobody can find again would be lost, and nobody would know. */
  async #mustBeThere({ segment, handle }: Tail): Promise<void> {
    const path = segmentPath(this.#parts.folder, segment);
    const [mine, found] = await Promise.all([handle.stat({ bigint: true }), stat(path, { bigint: true })]);
    if (mine.ino === found.ino && mine.dev === found.dev) return;
    const why = `${path} is another file than the one that was opened; put that back, or start Realm again`;
    throw Object.assign(new Error(why), { code: 'ESTALE' });
  }

  /** What failed half-way is taken back; where even that fails, what follows goes into another segment. */
  async #orUndo(tail: Tail, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const isBack = await tail.handle.truncate(tail.size).then(
        () => true,
        () => false,
      );
      if (!isBack) await this.#leave(tail);
      throw error;
    }
  }

  async #leave(tail: Tail): Promise<void> {
    this.#sizes.set(tail.segment, tail.size);
    this.#tail = undefined;
    await tail.handle.close().catch(() => {}); // nothing is written through it any more
  }

  async #next(): Promise<void> {
    const { folder, crash } = this.#parts;
    const last = this.#tail?.segment ?? [...this.#sizes.keys()].at(-1) ?? 0;
    mkdirSync(folder, { recursive: true });
    await this.#tail?.handle.sync(); // what comes later must not outlive what came before
    crash('messages.segment:before');
    const handle = await open(segmentPath(folder, last + 1), 'w'); // if it is there, an earlier try failed
    if (this.#tail !== undefined) await this.#leave(this.#tail);
    this.#tail = { segment: last + 1, handle, size: 0 };
    await syncFolder(folder);
    crash('messages.segment:after');
  }
}

async function writeAt(handle: FileHandle, bytes: Buffer, start: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, start + at);
    at += bytesWritten;
  }
}

/** Makes new names in it survive a power cut; some filesystems cannot be asked to. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync().catch((error: NodeJS.ErrnoException) => {
    if (!['EINVAL', 'ENOTSUP', 'EPERM'].includes(error.code ?? '')) throw error;
  });
}
