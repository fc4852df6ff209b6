// Whether the config is found and valid, who works on the realm, and whether that process answers.
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { StatusView } from '../../api/door.ts';
import type { DaemonDoor } from '../../daemon/client.ts';
import { connectDoor } from '../../daemon/client.ts';
import { leaseFile, readRecord } from '../../daemon/lease-file.ts';
import { read } from '../../daemon/lease.ts';
import { knownSocketPath } from '../../daemon/socket-path.ts';
import { configHome, startsRealm } from '../../daemon/systemd.ts';
import { shortPath } from '../render/frame.ts';
import { plural } from '../render/text.ts';
import { whenText } from '../render/time.ts';
import type { Finding, Patient } from './finding.ts';
import { ok, problem, warning } from './finding.ts';

const PATIENCE_MS = 2_000;
/** What a socket's path may be long. */
const SOCKET_BYTES = 100;

export function config({ loaded, place, call: { shell } }: Patient): Finding[] {
  const file = shortPath(place.file, shell.cwd);
  if (loaded === undefined) return [problem(`${file} is invalid`, 'realm validate')];
  const { resources, warnings } = loaded.declaration;
  const told = `${file} is valid: ${plural(resources.size, 'resource')} of ${plural(loaded.registry.plugins.length, 'plugin')}`;
  return warnings.length === 0
    ? [ok(told)]
    : [warning(`${told}, ${plural(warnings.length, 'warning')}`, 'realm validate')];
}

/** Throws LEASE_UNREADABLE. */
export async function lease({ place: { stateDir }, call: { shell } }: Patient): Promise<Finding[]> {
  const { clock } = shell;
  const holder = await read(stateDir, clock);
  if (holder === undefined) {
    const dead = existsSync(stateDir) ? readRecord(leaseFile(stateDir)) : undefined;
    if (dead === undefined) return [ok('nobody works on this realm')];
    return [
      ok(
        `nobody works on this realm; process ${dead.pid} (${dead.purpose}) died without giving it back, and the next start takes it over`,
      ),
    ];
  }
  const seen = holder.heartbeatAt === null ? '' : `, last seen ${whenText(holder.heartbeatAt, clock.now())}`;
  return [ok(`process ${holder.pid} (${holder.purpose}) works on this realm since ${holder.since}${seen}`)];
}

/** Throws DAEMON_UNREACHABLE. */
export async function daemon({ place: { stateDir }, call: { shell } }: Patient): Promise<Finding[]> {
  const { clock, signal } = shell;
  if ((await read(stateDir, clock))?.purpose !== 'daemon')
    return [ok('nothing watches this realm; `realm up` starts that')];
  const door = await connectDoor(stateDir, { clock, signal, patienceMs: PATIENCE_MS });
  if (door === undefined) return [ok('the daemon has just ended')];
  try {
    if (door.skew !== undefined) return [warning(door.skew.message, 'realm up --restart')];
    return toldBy(door, await door.status());
  } finally {
    await door.close();
  }
}

function toldBy({ holder }: DaemonDoor, { configError, store, plugins }: StatusView): Finding[] {
  const degraded = plugins.filter((plugin) => plugin.degraded !== null);
  return [
    ok(`the daemon (process ${holder.pid}, version ${holder.version}) answers`),
    ...(configError === null ? [] : [problem(`it keeps an older config, because ${configError}`, 'realm validate')]),
    ...(store === 'full' ? [problem('it cannot write its state: the disk is full', 'df -h .')] : []),
    ...degraded.map((plugin) =>
      problem(`plugin ${plugin.plugin} is degraded: ${plugin.degraded}`, 'realm logs --realm --since 1h'),
    ),
  ];
}

export function socket({ place: { stateDir } }: Patient): Finding[] {
  const path = knownSocketPath(stateDir);
  const bytes = Buffer.byteLength(path);
  if (bytes > SOCKET_BYTES)
    return [problem(`the path of the control socket is too long: ${bytes} bytes, ${path}`, 'realm --state DIR up')];
  return [ok(`the control socket is ${path} (${bytes} of at most ${SOCKET_BYTES} bytes)`)];
}

/** A fact only: whoever wants it started at boot knows that best. A unit that is there and does nothing is more than that. */
export function boot({ place: { root }, call: { shell } }: Patient): Finding[] {
  const ofUsers = [join(configHome(shell.env), 'systemd/user'), '/etc/systemd/user'];
  const units = [...ofUsers, '/etc/systemd/system'].flatMap((folder) => unitsIn(folder, root));
  if (units.length === 0) return [ok('nothing starts this realm at boot; `realm service install` would')];
  return units.map(({ folder, name, isEnabled }) => {
    const [file, isOfUser] = [join(folder, name), ofUsers.includes(folder)];
    const user = userInfo().username;
    if (!isEnabled)
      return warning(
        `${file} is not enabled, so it starts nothing at boot`,
        `systemctl${isOfUser ? ' --user' : ''} enable ${name}`,
      );
    if (isOfUser && !existsSync(join('/var/lib/systemd/linger', user)))
      return warning(
        `${file} starts this realm when ${user} logs in, and ends it at logout`,
        `loginctl enable-linger ${user}`,
      );
    return ok(`${file} starts this realm at boot`);
  });
}

/** Those of this realm. systemd enables a unit by a link in a folder of what wants it (systemctl(1), enable). */
function unitsIn(folder: string, root: string): { folder: string; name: string; isEnabled: boolean }[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder);
  const wants = names.filter((name) => name.endsWith('.wants'));
  return names
    .filter((name) => /^realm.*\.service$/.test(name) && startsRealm(readFileSync(join(folder, name), 'utf8'), root))
    .map((name) => ({ folder, name, isEnabled: wants.some((one) => isLink(join(folder, one, name))) }));
}

/** Where it points to may be gone, or in another root. */
const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
