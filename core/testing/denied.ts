// Looks once more in a process in which the runtime denies every write and every start of a process, as plan does.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface DeniedLook {
  /** Path of the plugin's module. */
  readonly module: string;
  readonly kind: string;
  /** As it is written. */
  readonly spec: object;
  /** Written settings by plugin name. */
  readonly settings: Readonly<Record<string, object>>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly root: string;
  readonly now: number;
}
/** What the child sends: the state as JSON, or why there is none. */
export type DeniedAnswer = { readonly state: unknown } | { readonly why: string };

const EXTENSION = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
const CHILD = join(import.meta.dirname, `look-denied${EXTENSION}`);
/** The right to start processes is given up by the child itself, once it has a way to ask tools from outside. */
const DENIED = ['--permission', '--allow-fs-read=*', '--allow-net', '--allow-child-process', '--no-warnings'];

/** The state that observe answered there, as JSON gives it back; rejects with what it said otherwise. */
export async function lookDenied(look: DeniedLook): Promise<unknown> {
  const child = fork(CHILD, [], {
    execArgv: DENIED,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: cleanEnvironment(),
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let answer: DeniedAnswer | undefined;
  child.on('message', (message) => (answer = message as DeniedAnswer));
  child.send(look);
  try {
    await once(child, 'close');
  } finally {
    child.kill('SIGKILL');
  }
  if (answer !== undefined && 'state' in answer) return answer.state;
  throw new Error(`with writes denied, observe failed: ${answer?.why ?? said.trim()}`);
}

/** A test runner's own options would be denied, or loosen what is denied. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...rest } = process.env;
  return rest;
}
