// Hears whether a service has said something since its start: patterns over the lines of its log.
import { stripVTControlCharacters } from 'node:util';
import { LogReader } from './read.ts';

/** Of a line; a pattern must not have the whole of a long one to backtrack over. */
const MOST_IN_LINE = 4_096;
/** A flood is read in parts, so that nothing else has to wait for its end. */
const MOST_READS = 32;

export class Listener {
  readonly #reader: LogReader;
  readonly #open: Map<string, RegExp>;
  readonly #heard: Set<string>;

  /** `heard`: patterns that are known to have matched. Those that are no regular expression never match. */
  constructor(log: string, from: number, patterns: readonly string[], heard: readonly string[] = []) {
    this.#reader = new LogReader(log, from);
    this.#heard = new Set(heard);
    this.#open = new Map(
      patterns.flatMap((pattern) => {
        const found = this.#heard.has(pattern) ? undefined : compiled(pattern);
        return found === undefined ? [] : [[pattern, found]];
      }),
    );
  }

  /** Whether there is anything left to wait for. */
  get isWaiting(): boolean {
    return this.#open.size > 0;
  }

  has(pattern: string): boolean {
    this.listen();
    return this.#heard.has(pattern);
  }

  /** Reads what is new; answers whether something matched. */
  listen(): boolean {
    const before = this.#heard.size;
    for (let reads = 0; reads < MOST_READS && this.isWaiting; reads++) {
      const lines = this.#reader.read();
      if (lines === undefined) break;
      for (const line of lines) this.#take(stripVTControlCharacters(line.slice(0, MOST_IN_LINE)));
    }
    return this.#heard.size > before;
  }

  #take(line: string): void {
    for (const [pattern, expression] of this.#open) {
      if (!expression.test(line)) continue;
      this.#heard.add(pattern);
      this.#open.delete(pattern);
    }
  }
}

function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern);
  } catch {
    return undefined; // the config is refused for it; nobody gets here with one
  }
}
