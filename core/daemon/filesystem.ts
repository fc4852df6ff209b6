// Refuses a state folder on a network filesystem, where exclusive creation, locks and shared memory cannot be relied on.
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { errnoOf, RealmError } from '../errors.ts';

/** Magic numbers of statfs(2), from linux/magic.h and the kernel sources of the filesystems that are not in it. */
const NETWORK_TYPES: Readonly<Record<number, string>> = {
  0x6969: 'nfs',
  0x517b: 'smb',
  0xff534d42: 'cifs',
  0xfe534d42: 'smb2',
  0x5346414f: 'afs',
  0x6b414653: 'afs',
  0x01021997: '9p',
  0x00c36400: 'ceph',
  0x0bd00bd0: 'lustre',
  0x47504653: 'gpfs',
  0x19830326: 'beegfs',
  0x73757245: 'coda',
  0x564c: 'ncp',
};
const FUSE_TYPE = 0x65735546;
const NETWORK_FUSE =
  /^fuse\.(sshfs|s3fs|rclone|glusterfs|gvfsd-fuse|ceph|ceph-fuse|curlftpfs|davfs|juicefs|mfs|gcsfuse)$/;

/** The word for the network filesystem that holds `path`, or undefined. `mounts` is the text of /proc/mounts. */
export function networkKind(type: number, mounts: string, path: string): string | undefined {
  const known = NETWORK_TYPES[type];
  if (known !== undefined || type !== FUSE_TYPE) return known;
  const kind = mountKind(mounts, path);
  return kind !== undefined && NETWORK_FUSE.test(kind) ? kind : undefined;
}

/** The type of the mount that holds `path`: the longest mount point above it, the last one when several are equal. */
function mountKind(mounts: string, path: string): string | undefined {
  let best: { readonly point: string; readonly kind: string } | undefined;
  for (const line of mounts.split('\n')) {
    const [, written, kind] = line.split(' ');
    if (written === undefined || kind === undefined) continue;
    const point = written.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    const holds = point === '/' || path === point || path.startsWith(`${point}/`);
    if (holds && point.length >= (best?.point.length ?? 0)) best = { point, kind };
  }
  return best?.kind;
}

/** What the system says about filesystems. */
export interface Filesystems {
  /** The magic number of the filesystem that holds `path`. Rejects with ENOENT when there is no such path. */
  typeOf(path: string): Promise<number>;
  /** The text of /proc/mounts. */
  mounts(): string;
}
const systemFilesystems: Filesystems = {
  typeOf: async (path) => (await statfs(path)).type >>> 0,
  mounts: () => readFileSync('/proc/mounts', 'utf8'),
};

/** Throws STORE_UNSAFE_FILESYSTEM when `stateDir`, or the nearest folder above it that exists, is on a network filesystem. */
export async function requireLocal(stateDir: string, system: Filesystems = systemFilesystems): Promise<void> {
  const path = resolve(stateDir);
  try {
    const type = await system.typeOf(path);
    const kind = networkKind(type, type === FUSE_TYPE ? system.mounts() : '', path);
    if (kind === undefined) return;
    throw new RealmError('STORE_UNSAFE_FILESYSTEM', `${path} is on a network filesystem (${kind})`, {
      hint: 'put the state on a local disk: --state DIR',
    });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' && dirname(path) !== path) return requireLocal(dirname(path), system);
    throw error;
  }
}
