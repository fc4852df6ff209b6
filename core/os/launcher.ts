// Keeps the one small shell that forks all shims, and makes a new one when it is gone.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LAUNCH = fileURLToPath(new URL('./launch.sh', import.meta.url));
export const SHIM: string = fileURLToPath(new URL('./shim.sh', import.meta.url));

/** The words before a command that start it in a session of its own: util-linux, or perl where that is missing (macOS). */
export function sessionWords(exists: (path: string) => boolean = existsSync): readonly string[] {
  const setsid = ['/usr/bin/setsid', '/bin/setsid', '/usr/local/bin/setsid'].find(exists);
  if (setsid !== undefined) return [setsid];
  return exists('/usr/bin/perl') ? ['/usr/bin/perl', '-MPOSIX', '-e', 'setsid(); exec @ARGV or exit 126', '--'] : [];
}

export interface Launcher {
  /** Hands one line over. Whether it was run is told by the folder of the process, never by this. */
  send(line: string): void;
  /** Lets the shell end once it has read everything. What it started lives on. */
  close(): void;
}

/** `onEnd` is called when the shell ended by itself or was killed: lines not yet run are lost then, and must be sent again. */
export function openLauncher(onEnd: () => void): Launcher {
  let shell: ChildProcess | undefined;
  let closed = false;
  const gone = (which: ChildProcess): void => {
    if (shell !== which) return;
    shell = undefined;
    if (!closed) onEnd();
  };
  const open = (): ChildProcess => {
    // detached: Ctrl-C in a terminal must not reach it
    const child = spawn('/bin/sh', [LAUNCH], {
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
      cwd: '/',
      detached: true,
    });
    child.on('exit', () => gone(child));
    child.on('error', () => gone(child));
    child.stdin?.on('error', () => gone(child));
    child.unref();
    return child;
  };
  return {
    send(line) {
      shell ??= open();
      shell.stdin?.write(line);
    },
    close() {
      closed = true;
      shell?.stdin?.end();
    },
  };
}
