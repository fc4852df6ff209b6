// Keeps the small shells that become the shims, and makes new ones when they are gone.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { StartWish } from '../contract/processes.ts';
import { launchLine } from './launch-line.ts';

const LAUNCH = fileURLToPath(new URL('./launch.sh', import.meta.url));
const WAIT = fileURLToPath(new URL('./wait.sh', import.meta.url));
export const SHIM: string = fileURLToPath(new URL('./shim.sh', import.meta.url));

const PERL = '$SIG{INT} = $SIG{QUIT} = "DEFAULT"; fork and exit; setsid(); exec @ARGV or exit 126';
/** Of util-linux; perl where that is missing (macOS, busybox); else the shell, and then INT and QUIT are ignored. */
const SESSIONS: readonly (readonly string[])[] = [
  ['/usr/bin/setsid', '--fork'],
  ['/bin/setsid', '--fork'],
  ['/usr/bin/perl', '-MPOSIX', '-e', PERL, '--'],
];
const LAST_RESORT: readonly string[] = ['/bin/sh', '-c', '{ "$@" <&3 3<&- & } 3<&0', 'sh']; // else `&` reads /dev/null

/** The words before a command that start it in a session of its own and do not wait for it: the first that work here. */
export function sessionWords(
  works = ([file, ...args]: readonly string[]): boolean =>
    spawnSync(file!, [...args, 'true'], { stdio: 'ignore' }).status === 0,
): readonly string[] {
  return SESSIONS.find(works) ?? LAST_RESORT;
}

export interface Launcher {
  /** Hands over a wish that was checked. Whether it was carried out is told by the folder of the process, never by this. */
  send(wish: StartWish): void;
  /** Lets the shell end once it has read everything. What it started lives on. */
  close(): void;
}

/** `onEnd` is called when a shell ended by itself or was killed: wishes not yet carried out are lost then, and must be sent again. */
export function openLauncher(onEnd: () => void): Launcher {
  let shell: ChildProcess | undefined;
  let session: readonly string[] | undefined; // found once: while no process can be made, nothing seems to work
  let closed = false;
  const gone = (which: ChildProcess): void => {
    if (shell !== which) return;
    shell = undefined;
    if (!closed) onEnd();
  };
  const open = (): ChildProcess => {
    session ??= sessionWords();
    // detached: Ctrl-C in a terminal must not reach it
    const child = spawn('/bin/sh', [LAUNCH, WAIT, ...session], {
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
    send(wish) {
      shell ??= open();
      shell.stdin?.write(launchLine(wish, SHIM));
    },
    close() {
      closed = true;
      shell?.stdin?.end();
    },
  };
}
