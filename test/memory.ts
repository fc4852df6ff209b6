// Where tests work that no cut of power concerns: in memory where there is room for it, so that nobody waits for a disk.
import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

const SHARED = '/dev/shm';
/** What any of them may fill. */
const ROOM_BYTES = 1024 ** 3;

function hasRoom(): boolean {
  try {
    const { bavail, bsize } = statfsSync(SHARED);
    return bavail * bsize >= ROOM_BYTES;
  } catch {
    return false; // there is no such folder
  }
}

export const MEMORY: string = hasRoom() ? SHARED : tmpdir();
