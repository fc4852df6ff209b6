// Standard input, output and error: the only place where Realm writes for people and pipes.
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

function outputOf(stream: NodeJS.WriteStream, hasColour: boolean, onGone: () => void): Output {
  let isGone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    isGone = true;
    onGone();
  });
  return {
    write: (text) => void (isGone || stream.write(text)),
    isTTY: stream.isTTY ?? false, // undefined for a pipe, whatever its type says
    get columns() {
      return stream.isTTY ? stream.columns || 80 : Infinity;
    },
    paint: hasColour ? colourPaint : plainPaint,
  };
}

export function systemTerminal(env: NodeJS.ProcessEnv, isColourForbidden: boolean): Terminal {
  const left = new AbortController();
  const hasColour = (stream: NodeJS.WriteStream): boolean => wantsColour(env, stream.isTTY ?? false, isColourForbidden);
  return {
    out: outputOf(process.stdout, hasColour(process.stdout), () => left.abort()),
    err: outputOf(process.stderr, hasColour(process.stderr), () => {}),
    readerLeft: left.signal,
    ask: async (question) => {
      if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
      const { createInterface } = await import('node:readline/promises');
      const lines = createInterface({ input: process.stdin, output: process.stdout });
      const hungUp = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
      lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT')); // raw mode hands Ctrl-C to readline alone
      const answer = await Promise.race([lines.question(question), hungUp]);
      lines.close();
      return answer;
    },
  };
}
