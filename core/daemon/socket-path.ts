// Where the control socket lies: in the state folder, or in a short private folder when that path is too long for a socket.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { readJson } from '../files.ts';
import { RealmError } from '../errors.ts';

/** sockaddr_un holds 108 bytes on Linux and 104 on macOS, with the final zero. */
const LONGEST_BYTES = 100;
const isShort = (path: string): boolean => Buffer.byteLength(path) <= LONGEST_BYTES;

export interface SocketSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly tmp: string;
}
const surroundings = (): SocketSurroundings => ({ env: process.env, uid: userInfo().uid, tmp: tmpdir() });

/** What `.realm/daemon.json` says for the tools that look for the socket. */
export interface DaemonFile {
  readonly socket: string;
  readonly pid: number;
  readonly version: string;
  readonly startedAt: string;
}
export const daemonFile = (stateDir: string): string => join(stateDir, 'daemon.json');

/** The path that a holder of this state folder listens on. */
export function socketPath(stateDir: string, at: SocketSurroundings = surroundings()): string {
  const direct = join(resolve(stateDir), 'realm.sock');
  if (isShort(direct)) return direct;
  const name = `${createHash('sha256').update(resolve(stateDir)).digest('hex').slice(0, 16)}.sock`;
  const runtime = at.env['XDG_RUNTIME_DIR'];
  const folders = [...(runtime?.startsWith('/') ? [runtime] : []), at.tmp, '/tmp'];
  const candidates = folders.map((folder) => join(folder, `realm-${at.uid}`, name));
  return candidates.find(isShort) ?? candidates.at(-1)!;
}

/** The path that clients use: what the holder wrote down, because its environment may differ from ours. */
export function knownSocketPath(stateDir: string): string {
  const written = readJson(daemonFile(stateDir)) as Partial<DaemonFile> | null | undefined;
  return typeof written?.socket === 'string' ? written.socket : socketPath(stateDir);
}

/** Makes the folder of the socket, for this user alone. Throws SOCKET_UNSAFE when it is somebody else's or open to others. */
export function prepareSocketFolder(path: string, uid: number = userInfo().uid): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const why = !found.isDirectory()
    ? 'is no folder of its own'
    : found.uid !== uid
      ? `belongs to user ${found.uid}`
      : (found.mode & 0o077) !== 0
        ? `is open to others (mode ${(found.mode & 0o777).toString(8)})`
        : undefined;
  if (why === undefined) return;
  throw new RealmError('SOCKET_UNSAFE', `the control socket would lie in ${folder}, which ${why}`, {
    hint: `chmod 700 ${folder}`,
  });
}
