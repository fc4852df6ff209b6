// Gives up the right to start processes, for good, and keeps one way to ask tools: a shell that becomes the asker when needed.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ToolAnswer } from '../contract/context.ts';
import { RealmError } from '../errors.ts';
import type { Ask, Question } from './ask.ts';

export interface Asked {
  readonly id: number;
  readonly question: Question;
}
export type Told =
  | { readonly id: number; readonly answer: ToolAnswer }
  | { readonly id: number; readonly code: string | undefined; readonly message: string };

export interface Outside {
  readonly ask: Ask;
  /** Ends what is still being asked. */
  close(): void;
}

const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const ASKER = join(import.meta.dirname, `asker${EXTENSION}`);
/** Waiting costs a shell; only a first question makes a Node of it. Node hands its own limits down in NODE_OPTIONS. */
const WAIT = 'IFS= read -r go && unset NODE_OPTIONS && exec "$0" "$@"';

/**
 * Call it before any code of a plugin is loaded that did not come with Realm: from then on the runtime denies every start of
 * a process, and only what a kind names in `observes` is asked, from outside. Needs a Node that was started with `--permission --allow-child-process`.
 */
export function giveUpProcesses(): Outside {
  const shell = spawn('/bin/sh', ['-c', WAIT, process.execPath, '--no-warnings', ASKER], {
    stdio: ['pipe', 'ignore', 'ignore', 'ipc'],
    detached: true, // Ctrl-C is for the process that asks
  });
  process.permission?.drop('child');
  return new Asker(shell);
}

class Asker implements Outside {
  readonly #shell: ChildProcess;
  readonly #waiting = new Map<number, (told: Told) => void>();
  #asked = 0;

  constructor(shell: ChildProcess) {
    this.#shell = shell;
    for (const part of [shell, shell.stdin!, shell.channel!] as readonly { unref?(): void }[]) part.unref?.();
    shell.on('message', (told) => this.#waiting.get((told as Told).id)?.(told as Told));
    shell.on('error', () => this.#gone());
    shell.on('disconnect', () => this.#gone());
    shell.stdin!.on('error', () => this.#gone());
  }

  ask: Ask = async (question, signal) => {
    signal.throwIfAborted();
    const id = this.#asked++;
    const { promise, resolve, reject } = Promise.withResolvers<Told>();
    const onAbort = (): void => reject(signal.reason); // the tool ends by its own time limit
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.set(id, resolve);
    this.#shell.channel?.ref(); // a process that waits for nothing else must not end meanwhile
    if (id === 0) this.#shell.stdin!.end('go\n');
    if (this.#shell.connected) this.#shell.send({ id, question } satisfies Asked);
    else this.#gone();
    try {
      const told = await promise;
      if ('answer' in told) return told.answer;
      throw new RealmError(told.code === 'TOOL_MISSING' ? told.code : 'TOOL_FAILED', told.message);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#shell.channel?.unref();
    }
  };

  #gone(): void {
    const message = 'the process that asks tools has ended';
    for (const [id, tell] of this.#waiting) tell({ id, code: undefined, message });
  }

  close(): void {
    this.#shell.stdin!.end();
    if (this.#shell.connected) this.#shell.disconnect();
  }
}
