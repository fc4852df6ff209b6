// Programs that read GPUs: started as a group of their own, and killed with all they started when they hang.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Context } from 'realm-runner/plugin';
import { deadline } from '../deadline.ts';

const MOST_BYTES = 1024 * 1024;

export interface Lines {
  /** Ends it, whatever it does. */
  kill(): void;
  /** Why it ended, one clause. Never rejects. */
  readonly ended: Promise<string>;
}

/** Calls `line` for each whole line it prints. */
export function startTool(argv: readonly string[], cwd: string, line: (text: string) => void): Lines {
  const { promise, resolve } = Promise.withResolvers<string>();
  const [program = '', ...args] = argv;
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-MOST_BYTES);
    for (const text of lines) line(text);
  });
  child.on('error', ({ message }) => resolve(message));
  child.on('close', (code, signal) => {
    if (rest !== '') line(rest);
    resolve(signal === null ? `it ended with ${code}` : `it was ended by ${signal}`);
  });
  return { kill: () => killGroup(child), ended: promise };
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // it ended a moment ago
  }
}

/** All that it prints, if it ends well and in time. Throws Error with one clause. */
export async function askTool(argv: readonly string[], ms: number, ctx: Context): Promise<string> {
  const said: string[] = [];
  let bytes = 0;
  const tool = startTool(argv, ctx.paths.root, (line) => {
    bytes += line.length;
    if (bytes > MOST_BYTES) tool.kill();
    else said.push(line);
  });
  const late = deadline(ctx, ms);
  late.signal.addEventListener('abort', () => tool.kill(), { once: true });
  const why = await tool.ended;
  late.cancel();
  if (why === 'it ended with 0') return said.join('\n');
  throw new Error(late.signal.aborted ? `it did not end within ${ms / 1000} s` : why);
}
