// Asks a tool and gives back what it said: no shell, no terminal, no input, bounded in time and size, ended with all it started.
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '../clock.ts';
import type { ToolAnswer } from '../contract/context.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import { systemRandom } from '../random.ts';
import { TOKEN_VARIABLE } from './identity.ts';
import { signalTree } from './signal.ts';
import { thisSystem } from './system.ts';

export interface Question {
  /** A bare name, found on the PATH of `env`. */
  readonly tool: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  /** Of both outputs together. */
  readonly mostBytes: number;
}

/** Rejects with TOOL_MISSING, with TOOL_FAILED, or with the reason of the signal. */
export type Ask = (question: Question, signal: AbortSignal) => Promise<ToolAnswer>;

/** As children of this process. */
export const askHere =
  (clock: Clock): Ask =>
  (question, signal) =>
    signal.aborted
      ? Promise.reject(signal.reason)
      : new Promise((...settle) => new Asking(question, settle, clock, signal));

type Settle = readonly [resolve: (answer: ToolAnswer) => void, reject: (error: unknown) => void];

class Asking {
  readonly #question: Question;
  readonly #settle: Settle;
  readonly #token = systemRandom.id();
  readonly #said: Record<'text' | 'errors', Buffer[]> = { text: [], errors: [] };
  readonly #stopWaiting: () => void;
  #child: ChildProcess | undefined;
  #bytes = 0;

  constructor(question: Question, settle: Settle, clock: Clock, signal: AbortSignal) {
    this.#question = question;
    this.#settle = settle;
    const { tool, timeoutMs } = question;
    const late = (): void => this.#giveUp(failed(`${tool} did not answer within ${timeoutMs / 1000} s`));
    const timer = clock.after(timeoutMs, late, true);
    const onAbort = (): void => this.#giveUp(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#stopWaiting = () => {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    };
    this.#start();
  }

  #start(): void {
    const { tool, args, cwd, env } = this.#question;
    try {
      // A session of its own has no terminal, so nothing can ask for a password.
      const options = { cwd, env: { ...env, [TOKEN_VARIABLE]: this.#token }, detached: true } as const;
      const child = spawn(tool, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
      this.#child = child;
      child.stdout.on('data', (chunk: Buffer) => this.#hear('text', chunk));
      child.stderr.on('data', (chunk: Buffer) => this.#hear('errors', chunk));
      child.on('error', (error) => this.#reject(this.#unstarted(error)));
      child.on('close', (status, by) => this.#ended(status, by));
    } catch (error) {
      this.#reject(this.#unstarted(error));
    }
  }

  #hear(which: 'text' | 'errors', chunk: Buffer): void {
    const { tool, mostBytes } = this.#question;
    this.#bytes += chunk.length;
    if (this.#bytes > mostBytes) this.#giveUp(failed(`${tool} said more than ${mostBytes} bytes`));
    else this.#said[which].push(chunk);
  }

  #ended(status: number | null, by: NodeJS.Signals | null): void {
    if (status === null) return this.#reject(failed(`${this.#question.tool} was ended by ${by}`));
    const [text, errors] = [this.#said.text, this.#said.errors].map((chunks) => Buffer.concat(chunks).toString('utf8'));
    this.#stopWaiting();
    this.#settle[0]({ status, text: text!, errors: errors! });
  }

  #unstarted(error: unknown): RealmError {
    const { tool, env } = this.#question;
    if (errnoOf(error) === 'ENOENT')
      return new RealmError('TOOL_MISSING', `there is no program ${tool} on the PATH`, {
        hint: `install ${tool}, or start Realm with a PATH that has it; it is ${env['PATH'] ?? 'not set'}`,
        cause: error,
      });
    return failed(`${tool} does not start: ${messageOf(error)}`, error);
  }

  #giveUp(reason: unknown): void {
    const { pid } = this.#child ?? {};
    const system = thisSystem();
    const root = pid === undefined ? undefined : system.identityOf(pid);
    signalTree(system, { roots: root === undefined ? [] : [root], token: this.#token }, 'SIGKILL');
    this.#child?.stdout?.destroy();
    this.#child?.stderr?.destroy();
    this.#reject(reason);
  }

  #reject(reason: unknown): void {
    this.#stopWaiting();
    this.#settle[1](reason);
  }
}

const failed = (why: string, cause?: unknown): RealmError => new RealmError('TOOL_FAILED', why, { cause });
