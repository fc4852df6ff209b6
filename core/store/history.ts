// `system-history.jsonl`: every event as one line for other programs, written after the commit and caught up after a crash.
import { closeSync, fstatSync, ftruncateSync, openSync, readdirSync, readSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isoTime } from '../clock.ts';
import type { CrashPoint } from '../crash.ts';
import type { RealmEvent } from '../contract/events.ts';
import { syncFolder, writeAll } from '../files.ts';
import type { Trouble } from './journal.ts';

const NAME = 'system-history.jsonl';
const KEPT = 4;
const TAIL_BYTES = 1024 * 1024;

export interface HistoryOptions {
  readonly folder: string;
  readonly crash: CrashPoint;
  readonly trouble: Trouble;
  /** Reads committed events after a number, oldest first. */
  readonly read: (since: number) => readonly RealmEvent[];
  /** A file that grew beyond it is put aside. Default 64 MiB. */
  readonly maxBytes?: number;
  /** As is one whose first line is older. Default 30 days. */
  readonly maxAgeMs?: number;
}

export class History {
  readonly #options: HistoryOptions;
  readonly #path: string;
  #handle: number;
  #size = 0;
  #firstAt: number | undefined;
  #lastSeq: number;
  #behind = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#path = join(options.folder, NAME);
    this.#handle = openSync(this.#path, 'a+', 0o600);
    this.#lastSeq = this.#adopt();
  }

  /** The number in its last complete line; 0 when it has none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Appends what was just committed. A full disk is made up for by the next write that works. */
  write(events: readonly RealmEvent[]): void {
    if (this.#behind) return this.catchUp();
    try {
      this.#append(events);
    } catch (error) {
      this.#behind = true;
      this.#options.trouble(this.#path, error);
    }
  }

  /** Appends what the journal has and the file lacks. */
  catchUp(): void {
    try {
      for (let events = this.#next(); events.length > 0; events = this.#next()) this.#append(events);
      this.#behind = false;
    } catch (error) {
      if (!this.#behind) this.#options.trouble(this.#path, error);
      this.#behind = true;
    }
  }

  close(): void {
    closeSync(this.#handle);
  }

  #next(): readonly RealmEvent[] {
    return this.#options.read(this.#lastSeq).filter((event) => event.seq > this.#lastSeq);
  }

  #append(events: readonly RealmEvent[]): void {
    if (events.length === 0) return;
    this.#rotate(events[0]!.at);
    const bytes = Buffer.from(events.map(historyLine).join(''));
    this.#options.crash('history.append:before');
    try {
      writeAll(this.#handle, bytes);
    } catch (error) {
      ftruncateSync(this.#handle, this.#size); // takes half a line back; shrinking needs no room
      throw error;
    }
    this.#size += bytes.length;
    this.#firstAt ??= events[0]!.at;
    this.#lastSeq = events.at(-1)!.seq;
    this.#options.crash('history.append:after');
  }

  #rotate(now: number): void {
    const { maxBytes = 64 * 1024 * 1024, maxAgeMs = 30 * 86_400_000 } = this.#options;
    const old = this.#firstAt !== undefined && now - this.#firstAt > maxAgeMs;
    if (this.#size === 0 || (this.#size < maxBytes && !old)) return;
    this.#options.crash('history.rotate:before');
    this.#putAside(`system-history-${String(this.#lastSeq).padStart(12, '0')}.jsonl`);
    this.#options.crash('history.rotate:after');
    for (const name of rotated(this.#options.folder).slice(0, -KEPT)) {
      rmSync(join(this.#options.folder, name), { force: true });
    }
  }

  #putAside(name: string): void {
    closeSync(this.#handle);
    renameSync(this.#path, join(this.#options.folder, name));
    this.#handle = openSync(this.#path, 'a+', 0o600);
    syncFolder(this.#options.folder);
    this.#size = 0;
    this.#firstAt = undefined;
  }

  /** Cuts a torn last line off and finds where the file ends. One without any whole line is put aside, not deleted. */
  #adopt(): number {
    this.#size = fstatSync(this.#handle).size;
    if (this.#size === 0) return lastRotated(this.#options.folder);
    const tail = this.#bytes(Math.max(0, this.#size - TAIL_BYTES), TAIL_BYTES);
    const torn = tail.length - 1 - tail.lastIndexOf(0x0a);
    const lines = tail
      .subarray(0, tail.length - torn)
      .toString()
      .trimEnd()
      .split('\n');
    const last = lines.at(-1) === '' ? undefined : field(lines.at(-1)!, 'id');
    if (typeof last !== 'number') {
      this.#putAside(`system-history.damaged-${this.#size}.jsonl`);
      return lastRotated(this.#options.folder);
    }
    if (torn > 0) {
      this.#size -= torn;
      ftruncateSync(this.#handle, this.#size);
    }
    const first = field(this.#bytes(0, 65_536).toString().split('\n', 1)[0]!, 'timestamp');
    this.#firstAt = typeof first === 'string' ? Date.parse(first) : undefined;
    return last;
  }

  #bytes(from: number, length: number): Buffer {
    const buffer = Buffer.alloc(Math.min(length, this.#size - from));
    return buffer.subarray(0, readSync(this.#handle, buffer, 0, buffer.length, from));
  }
}

function rotated(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^system-history-\d{12}\.jsonl$/.test(name))
    .toSorted();
}

function lastRotated(folder: string): number {
  return Number(rotated(folder).at(-1)?.slice('system-history-'.length, -'.jsonl'.length) ?? 0);
}

function field(line: string, key: string): unknown {
  try {
    return (JSON.parse(line) as Record<string, unknown>)[key];
  } catch {
    return undefined; // not a line of ours: the caller decides what that means
  }
}

const FIXED = new Set(['event_type', 'timestamp', 'id', 'actor', 'status', 'duration', 'ref']);

/** The event's own fields stand beside the fixed ones; one of the same name gets the event's noun: `run_id`. */
export function historyLine(event: RealmEvent): string {
  const line: Record<string, unknown> = {
    event_type: event.type,
    timestamp: timeOf(event),
    id: event.seq,
    actor: event.actor,
    status: event.status ?? null,
    duration: event.durationMs ?? null,
  };
  if (event.ref !== undefined) line['ref'] = event.ref;
  const data = event.data as unknown as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(data)) {
    if (!FIXED.has(key)) line[key] = data[key];
    else if (key === 'ref' && event.ref === undefined) line['ref'] = data[key];
    else if (key !== 'ref' || data[key] !== event.ref) line[`${event.type.split('.', 1)[0]}_${key}`] = data[key];
  }
  return `${JSON.stringify(line)}\n`;
}

let lastAt = NaN;
let lastTime = '';

/** Events come many in a millisecond, and to write a time out costs as much as the rest of the line. */
function timeOf(event: RealmEvent): string {
  if (event.at !== lastAt) {
    lastAt = event.at;
    lastTime = isoTime(event.at);
  }
  return lastTime;
}
