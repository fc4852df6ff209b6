// Standard input, output and error: the only place where Realm writes for people and pipes.
import type { Mask } from '../../mask.ts';
import type { Paint } from './colour.ts';
import { colourPaint, plainPaint, wantsColour } from './colour.ts';

export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Cells in a line; Infinity when it is no terminal, so that nothing is cut for `grep`. */
  readonly columns: number;
  readonly paint: Paint;
}

export interface Terminal {
  readonly out: Output;
  readonly err: Output;
  /** Aborted when whoever read our output has left (`| head -1`). Output is dropped from then on. */
  readonly readerLeft: AbortSignal;
  /** Asks the person at the terminal; undefined when nobody is there, or the answer was Ctrl-D. */
  ask(question: string): Promise<string | undefined>;
}

function outputOf(stream: NodeJS.WriteStream, hasColour: boolean, write: Write, onGone: () => void): Output {
  let isGone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error; // a closed pipe; a closed terminal
    isGone = true;
    onGone();
  });
  return {
    write: (text) => void (isGone || write(text)),
    isTTY: stream.isTTY ?? false, // undefined for a pipe, whatever its type says
    get columns() {
      return stream.isTTY ? stream.columns || 80 : Infinity;
    },
    paint: hasColour ? colourPaint : plainPaint,
  };
}

type Write = (chunk: string | Uint8Array, ...rest: never[]) => boolean;

/**
 * What was the stream's own way to write, for us alone. From now on whoever else writes to it, such as a plugin that calls
 * console.log, writes to `to`, and no secret.
 */
function taken(stream: NodeJS.WriteStream, mask: Mask, to?: Write): Write {
  const write: Write = stream.write.bind(stream);
  const others = to ?? write;
  stream.write = ((chunk, ...rest) => {
    if (mask.isEmpty) return others(chunk, ...rest);
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    const shown = mask.text(text);
    return others(shown === text ? chunk : shown, ...rest);
  }) satisfies Write;
  return write;
}

/** A pipe takes 64 KiB at once; exiting would cut off what its reader has not fetched yet. */
const allWritten = (stream: NodeJS.WriteStream, write: Write): Promise<void> =>
  new Promise((resolve) => {
    if (stream.writableLength === 0) resolve();
    else (write as (chunk: string, done: () => void) => boolean)('', resolve);
  });

export interface SystemTerminal extends Terminal {
  /** Resolves when whoever reads our output has all of it, or has left. */
  written(): Promise<void>;
}

/** What others print is no part of an answer, which a program may read: it goes to standard error. `mask` hides the text of secrets from it. */
export function systemTerminal(env: NodeJS.ProcessEnv, isColourForbidden: boolean, mask: Mask): SystemTerminal {
  const { stdout, stderr } = process;
  const left = new AbortController();
  const toErr = taken(stderr, mask);
  const toOut = taken(stdout, mask, toErr);
  const hasColour = (stream: NodeJS.WriteStream): boolean => wantsColour(env, stream.isTTY ?? false, isColourForbidden);
  return {
    out: outputOf(stdout, hasColour(stdout), toOut, () => left.abort()),
    err: outputOf(stderr, hasColour(stderr), toErr, () => {}),
    readerLeft: left.signal,
    written: async () => void (await Promise.all([allWritten(stdout, toOut), allWritten(stderr, toErr)])),
    ask: async (question) => {
      if (!process.stdin.isTTY || !stdout.isTTY) return undefined;
      const { createInterface } = await import('node:readline/promises');
      const output = Object.create(stdout, { write: { value: toOut } }) as NodeJS.WriteStream;
      const lines = createInterface({ input: process.stdin, output });
      const hungUp = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
      lines.once('SIGINT', () => {
        output.write('\n'); // what comes next is no part of the question
        process.kill(process.pid, 'SIGINT'); // raw mode hands Ctrl-C to readline alone
      });
      const answer = await Promise.race([lines.question(question), hungUp]);
      if (answer === undefined) output.write('\n');
      lines.close();
      return answer;
    },
  };
}
