// State on a network filesystem is refused by its kind; everything local is accepted.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Filesystems } from '../../../core/daemon/filesystem.ts';
import { networkKind, requireLocal } from '../../../core/daemon/filesystem.ts';

const FUSE = 0x65735546;
const MOUNTS = [
  '/dev/sda1 / ext4 rw 0 0',
  'ann@nas:/x /r/my\\040nas fuse.sshfs rw 0 0',
  '/dev/sdb1 /r/usb fuseblk rw 0 0',
  'over /r/over fuse.fuse-overlayfs rw 0 0',
  'ann@nas:/y /r/over/nas fuse.sshfs rw 0 0',
  '',
].join('\n');

test.each([
  [0x6969, '/r', 'nfs'],
  [0xff534d42, '/r', 'cifs'],
  [0x01021997, '/r', '9p'],
  [0xef53, '/r', undefined],
  [0x01021994, '/r', undefined],
  [FUSE, '/r/my nas', 'fuse.sshfs'],
  [FUSE, '/r/my nas/deep/er', 'fuse.sshfs'],
  [FUSE, '/r/my nas2', undefined],
  [FUSE, '/r/usb/x', undefined],
  [FUSE, '/r/over/x', undefined],
  [FUSE, '/r/over/nas/x', 'fuse.sshfs'],
] as const)('type %i at %s is %s', (type, path, kind) => {
  expect(networkKind(type, MOUNTS, path)).toBe(kind);
});

test('the nearest folder that exists decides; the message names path and kind', async () => {
  const absent = Object.assign(new Error('no such file'), { code: 'ENOENT' });
  const system: Filesystems = {
    typeOf: (path) => (path === '/r' ? Promise.resolve(0x6969) : Promise.reject(absent)),
    mounts: () => MOUNTS,
  };
  await expect(requireLocal('/r/not/yet', system)).rejects.toMatchObject({
    code: 'STORE_UNSAFE_FILESYSTEM',
    message: '/r is on a network filesystem (nfs)',
    hint: 'put the state on a local disk: --state DIR',
  });
  await expect(requireLocal(join(tmpdir(), 'not', 'yet'))).resolves.toBeUndefined();
});
