// A realm of many small services and a daemon that keeps them: started, killed and found again, as seen from outside.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connectDoor, type DaemonDoor } from '../../core/daemon/client.ts';
import { DAEMON_NODE_FLAGS } from '../../core/daemon/node-flags.ts';
import { bin } from './process.ts';

/** Says one line and stays. */
export const PROGRAM: readonly string[] = ['/bin/sh', '-c', 'echo up; exec sleep 3600'];
const PATIENCE_MS = 30_000;

/**
 * A plugin that tells how long the daemon's loop stood still, from a histogram that Node itself keeps; and how much of the
 * longest such time it worked itself: on a machine that is busy with hundreds of starts it also waits for a processor.
 */
const LAG = `
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { definePlugin, s } from 'realm-runner/plugin';
const delays = monitorEventLoopDelay({ resolution: 1 });
let ownMs = 0;
let used;
function count() {
  const { user, system } = process.threadCpuUsage(used);
  used = process.threadCpuUsage();
  ownMs = Math.max(ownMs, (user + system) / 1000);
}
export default definePlugin({
  name: 'lag',
  summary: 'Tells how long the loop stood still.',
  setup(realm) {
    realm.action({
      name: 'lag.longest', summary: 'The longest pause since it was last asked for, in ms.', input: s.object({}), effect: 'read',
      run: async () => {
        delays.enable(); // from the first question on: a timer each millisecond would be most of an idle daemon's work
        if (used === undefined) setInterval(count, 1).unref();
        used ??= process.threadCpuUsage();
        const longest = { ms: delays.max / 1e6, ownMs };
        delays.reset();
        ownMs = 0;
        return longest;
      },
    });
  },
});
`;

export class ServicesRealm implements Disposable {
  readonly dir: string = mkdtempSync(join(tmpdir(), 'realm-bench-services-'));
  readonly #state = join(this.dir, '.realm');
  readonly #logs = join(this.dir, '.realm/logs/services');

  constructor() {
    mkdirSync(this.#logs, { recursive: true });
    writeFileSync(join(this.dir, 'lag.ts'), LAG);
    this.declare(0);
  }

  nameOf = (index: number): string => `n${index}`;
  logOf = (index: number): string => join(this.#logs, `${this.nameOf(index)}.log`);

  /** Every death is a first one, so that none waits. */
  declare(count: number): void {
    const restart = 'restart: { stableAfter: 1ms, backoff: 1ms..1ms }';
    const lines = Array.from(
      { length: count },
      (_, index) => `  ${this.nameOf(index)}: { command: ${JSON.stringify(PROGRAM)}, ${restart} }\n`,
    );
    const path = join(this.dir, 'realm.config.yaml');
    writeFileSync(
      `${path}.new`,
      `plugins: [services, ./lag.ts]\nservices:${count === 0 ? ' {}' : ''}\n${lines.join('')}`,
    );
    renameSync(`${path}.new`, path);
  }

  /** As `realm up` starts it; answers with its pid once it holds the realm and answers. */
  async start(): Promise<number> {
    const child = spawn(process.execPath, [...DAEMON_NODE_FLAGS, bin, 'watch', '--daemon'], {
      cwd: this.dir,
      stdio: 'ignore',
      detached: true,
    });
    child.unref();
    const holder = (): Promise<number | undefined> => this.ask(async (door) => door.holder.pid).catch(() => undefined); // it holds the realm, and does not listen yet
    await soon(async () => (await holder()) === child.pid, 'the daemon to answer');
    return child.pid!;
  }

  /** Undefined while nobody answers. */
  async ask<T>(question: (door: DaemonDoor) => Promise<T>): Promise<T | undefined> {
    const door = await connectDoor(this.#state, { patienceMs: 1_000 });
    if (door === undefined) return undefined;
    return question(door).finally(() => door.close());
  }

  /** All commands that run, by the index of their service. */
  pids(): ReadonlyMap<number, number> {
    const found = new Map<number, number>();
    for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
      const index = this.#indexOf(Number(name));
      if (index !== undefined) found.set(index, Number(name));
    }
    return found;
  }

  #indexOf(pid: number): number | undefined {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('sleep\0')) return undefined;
      const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!variables.includes(`REALM_ROOT=${this.dir}`)) return undefined;
      return Number(variables.find((one) => one.startsWith('REALM_SERVICE=n'))?.slice('REALM_SERVICE=n'.length));
    } catch {
      return undefined; // it ended
    }
  }

  /** Waits until so many run; the machine is asked, not Realm. */
  running = (count: number): Promise<void> => soon(async () => this.pids().size === count, `${count} services to run`);

  [Symbol.dispose](): void {
    try {
      process.kill(
        (JSON.parse(readFileSync(join(this.#state, 'lease.json'), 'utf8')) as { pid: number }).pid,
        'SIGKILL',
      );
    } catch {
      // it has ended
    }
    for (const pid of this.pids().values()) process.kill(pid, 'SIGKILL');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Resolves with the milliseconds until the next life's line is appended to the log; a shell also says there that its command was killed. */
export function grown(log: string, before: () => void): Promise<number> {
  appendFileSync(log, '');
  const { size } = statSync(log);
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${log} did not grow within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    let startedAt = 0;
    const watcher = watch(log, () => {
      if (startedAt === 0 || !readFileSync(log).subarray(size).includes('up\n')) return;
      watcher.close();
      clearTimeout(late);
      resolve(performance.now() - startedAt);
    });
    startedAt = performance.now();
    before();
  });
}

export async function soon(check: () => Promise<boolean>, what: string): Promise<void> {
  for (const endsAt = performance.now() + PATIENCE_MS; performance.now() < endsAt;) {
    if (await check()) return;
    await pause(5);
  }
  throw new Error(`waited ${PATIENCE_MS} ms for ${what}`);
}
