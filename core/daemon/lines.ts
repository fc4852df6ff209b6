// Answers that go on: newline-delimited JSON, written no faster than the reader takes it and read line by line.
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../clock.ts';
import { messageOf, RealmError } from '../errors.ts';
import type { ErrorView } from './answers.ts';
import { asRealmError, errorView } from './answers.ts';

/** One line. A stream ends with its end of file, or with an `error` line. */
export type Line =
  | { readonly item: unknown }
  | { readonly report: unknown }
  /** So many items were left out because the reader was too slow. */
  | { readonly dropped: number }
  | { readonly error: ErrorView };

/** A reader that takes nothing for this long is cut off. */
const STALLED_MS = 60_000;
const LONGEST_LINE = 64 * 1024 * 1024;

/** Writes what `source` gives until it ends or the reader leaves. Pulls the next item only after the last was taken. */
export async function writeLines(
  out: Writable,
  source: AsyncIterable<Line>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  try {
    for await (const line of source) {
      if (signal.aborted || out.destroyed) return;
      if (!out.write(`${JSON.stringify(line)}\n`)) await drained(out, clock, signal);
    }
  } catch (error) {
    if (!signal.aborted && !out.destroyed) out.write(`${JSON.stringify({ error: errorView(asRealmError(error)) })}\n`);
  }
  if (!out.destroyed) out.end();
}

async function drained(out: Writable, clock: Clock, signal: AbortSignal): Promise<void> {
  const timer = clock.after(STALLED_MS, () => out.destroy());
  try {
    await once(out, 'drain', { signal });
  } catch {
    // the reader left or was cut off; the signal says so to the caller
  } finally {
    timer.cancel();
  }
}

/** Lines that are pushed by somebody who must not wait: bounded, the oldest dropped and counted. */
export class Backlog implements AsyncIterable<Line> {
  readonly #limit: number;
  #lines: Line[] = [];
  #dropped = 0;
  #isEnded = false;
  #wake: () => void = () => {};

  constructor(limit = 1_000) {
    this.#limit = limit;
  }

  push(item: unknown): void {
    this.#lines.push({ item });
    if (this.#lines.length > this.#limit) {
      this.#lines.shift();
      this.#dropped++;
    }
    this.#wake();
  }

  /** The last line; it is never dropped. */
  end(line: Line): void {
    this.#lines.push(line);
    this.#isEnded = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Line, void> {
    for (;;) {
      const lines = this.#lines;
      const dropped = this.#dropped;
      this.#lines = [];
      this.#dropped = 0;
      if (dropped > 0) yield { dropped };
      yield* lines;
      if (this.#lines.length > 0) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** The values of a stream of lines. Throws DAEMON_UNREACHABLE when it breaks off, also in the middle of a line. */
export async function* readLines(input: Readable): AsyncGenerator<Line, void> {
  let rest = '';
  input.setEncoding('utf8');
  const chunks = (input as AsyncIterable<string>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value: chunk, done } = await chunks.next().catch(brokenOff);
      if (done) break;
      const parts = (rest + chunk).split('\n');
      rest = parts.pop()!;
      if (rest.length > LONGEST_LINE) brokenOff(new Error(`a line is longer than ${LONGEST_LINE} characters`));
      for (const part of parts) if (part !== '') yield JSON.parse(part) as Line;
    }
    if (rest !== '') brokenOff(new Error('it ended in the middle of a line'));
  } finally {
    input.destroy();
  }
}

function brokenOff(cause: unknown): never {
  throw new RealmError('DAEMON_UNREACHABLE', `the daemon's answer broke off: ${messageOf(cause)}`, {
    hint: 'realm status',
    cause,
  });
}
