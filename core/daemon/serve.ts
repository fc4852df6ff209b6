// Whoever holds the lease answers on the control socket: listener, app, and the file that says where.
import { rmSync } from 'node:fs';
import { writeAtomic } from '../files.ts';
import { buildApp } from './app.ts';
import { createListener } from './listener.ts';
import type { Control } from './route.ts';
import type { DaemonFile } from './socket-path.ts';
import { daemonFile, socketPath } from './socket-path.ts';

export interface Served {
  readonly socket: string;
  /** Requests that begin from now on are answered by an app over this. */
  swap(control: Control): Promise<void>;
  /** Requests in flight may end until the signal aborts. */
  close(signal: AbortSignal): Promise<void>;
}

export interface ServeOptions {
  /** Must exist, and its lease must be held. */
  readonly stateDir: string;
  readonly control: Control;
  readonly onError: (error: unknown) => void;
}

export async function serve({ stateDir, control, onError }: ServeOptions): Promise<Served> {
  const socket = socketPath(stateDir);
  const listener = createListener(await buildApp(control), onError);
  await listener.listen(socket, control.clock);
  const { pid, version, startedAt } = control.holder;
  const told: DaemonFile = { socket, pid, version, startedAt };
  writeAtomic(daemonFile(stateDir), `${JSON.stringify(told, null, 2)}\n`, { mode: 0o600 });
  return {
    socket,
    swap: async (next) => listener.swap(await buildApp(next)),
    async close(signal) {
      await listener.close(signal);
      rmSync(daemonFile(stateDir), { force: true });
    },
  };
}
