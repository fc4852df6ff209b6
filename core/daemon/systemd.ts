// systemd: the unit that starts the daemon at boot, and the signs of life that it waits for.
import { spawn } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';

export interface UnitOptions {
  /** Of the realm, for people. */
  readonly name: string;
  readonly root: string;
  /** Program and arguments of the daemon; the program absolute. */
  readonly command: readonly string[];
  /** Services get no more of it than they always do. */
  readonly path: string;
  /** Whose daemon the unit of the whole system starts; undefined: root's, or it is a unit of one user. */
  readonly user?: string | undefined;
  readonly ofUser: boolean;
}

/**
 * `KillMode=process`: by default a stop ends the whole control group, every service with it. `NotifyAccess=all`: Node has no
 * datagram sockets of that kind, so `systemd-notify` speaks, which is another process (systemd.service(5), sd_notify(3)).
 */
export function unitText({ name, root, command, path, user, ofUser }: UnitOptions): string {
  return `[Unit]
Description=${text(`Realm ${name} (${root})`)}
After=network.target

[Service]
Type=notify
NotifyAccess=all
WatchdogSec=60
Restart=always
RestartSec=1
KillMode=process
TimeoutStopSec=45
WorkingDirectory=${text(root)}
Environment=${quoted(`PATH=${path}`)}
${user === undefined ? '' : `User=${user}\n`}ExecStart=${command.map(word).join(' ')}

[Install]
WantedBy=${ofUser ? 'default.target' : 'multi-user.target'}
`;
}

/** Whether this text of a unit is that of the realm in `root`. */
export const startsRealm = (unit: string, root: string): boolean => unit.includes(`\nWorkingDirectory=${text(root)}\n`);

/** Where a user's own settings lie (XDG Base Directory Specification). */
export const configHome = (env: Environment): string => env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');

/** A percent sign begins a specifier of systemd (systemd.unit(5)). */
const text = (value: string): string => value.replaceAll('%', '%%');
const quoted = (value: string): string => `"${text(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
/** A dollar sign would be a variable in a command line (systemd.service(5)). */
const word = (value: string): string => quoted(value.replaceAll('$', '$$$$'));

export interface SignsOfLife {
  /** Tells systemd that the daemon is at work, and from then on that its loop turns. */
  ready(): void;
  stop(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Silent where systemd does not wait for it. A sign that cannot be given is told to `fail`: systemd will act on that. */
export function signsOfLife(env: Environment, clock: Clock, fail: (message: string) => void): SignsOfLife {
  if (env['NOTIFY_SOCKET'] === undefined) return { ready: () => {}, stop: () => {} };
  const withinMs = Number(env['WATCHDOG_USEC'] ?? 0) / 1_000;
  let timer: Timer | undefined;
  const say = (message: string): void => {
    const child = spawn('systemd-notify', [message], { env, stdio: 'ignore' });
    child.once('error', (error) => fail(`systemd-notify: ${error.message}`));
    child.unref();
  };
  const again = (): void => {
    timer = clock.after(withinMs / 3, () => {
      say('WATCHDOG=1');
      again();
    });
  };
  return {
    ready: () => {
      say('READY=1');
      if (withinMs > 0) again();
    },
    stop: () => {
      timer?.cancel();
      say('STOPPING=1');
    },
  };
}
