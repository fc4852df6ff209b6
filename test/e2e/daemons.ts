// The daemons of one realm that is killed again and again: started, asked, and ended with whoever tests that.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectDoor, type DaemonDoor } from '../../core/daemon/client.ts';
import { DAEMON_NODE_FLAGS } from '../../core/daemon/node-flags.ts';
import { messageOf } from '../../core/errors.ts';
import { HANGS_MS, until } from './realm.ts';

const BIN = join(import.meta.dirname, '../../bin/realm');
/** Of whoever waits for the answer; a daemon with work to do may take a while on a busy machine. */
export const PATIENT_MS = 5_000;

export class Daemons {
  readonly #dir: string;
  readonly #output: string;
  readonly #living = new Set<ChildProcess>();
  /** Why nobody answered when that was last so. */
  #silence = '';

  constructor(dir: string) {
    this.#dir = dir;
    this.#output = join(dir, 'daemons.out');
  }

  /** One more; it waits while another holds the realm. */
  start(): ChildProcess {
    const output = openSync(this.#output, 'a');
    const child = spawn(process.execPath, [...DAEMON_NODE_FLAGS, BIN, 'watch', '--daemon'], {
      cwd: this.#dir,
      stdio: ['ignore', output, output],
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1' },
    });
    closeSync(output);
    this.#living.add(child);
    child.once('exit', () => this.#living.delete(child));
    return child;
  }

  /** Kills all of them. */
  async end(): Promise<void> {
    const gone = [...this.#living].map((child) => once(child, 'exit'));
    for (const child of this.#living) child.kill('SIGKILL');
    await Promise.all(gone);
  }

  /** Their last words. */
  said(): string {
    if (!existsSync(this.#output)) return '';
    return readFileSync(this.#output, 'utf8').trim().split('\n').slice(-5).join('\n');
  }

  /** Undefined when nobody answered: it was killed meanwhile, or only starts. */
  async ask<T>(question: (door: DaemonDoor) => Promise<T>, patienceMs = 200): Promise<T | undefined> {
    try {
      const door = await connectDoor(join(this.#dir, '.realm'), { patienceMs });
      return door && (await question(door).finally(() => door.close()));
    } catch (error) {
      this.#silence = messageOf(error);
      return undefined; // what it did not say was not promised
    }
  }

  /** Until this very one does. */
  async answers({ pid }: ChildProcess): Promise<void> {
    const asked = async (): Promise<boolean> =>
      (await this.ask(async ({ holder }) => holder.pid === pid, PATIENT_MS)) === true;
    await until(asked, HANGS_MS, `process ${pid} to answer`, () => this.#silence);
  }
}
