// Everything that was written below some folders is on the disk when this returns: once for all of it, not file by file.
import { execFile } from 'node:child_process';
import { closeSync, constants, fsyncSync, lstatSync, openSync, readdirSync, statSync } from 'node:fs';
import { asUtf8, type ByteText, fromBytes, joined, toPath } from './byte-text.ts';
import { syncFolder } from './tree/notes.ts';

/** Never through a link, and never waiting for the other end of a pipe. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * By one `sync -f` for each filesystem; where there is none that knows this, file by file. Throws what the disk answers:
 * it says so only once, so whoever would ask again might hear that all is well.
 */
export async function barrier(folders: readonly ByteText[]): Promise<void> {
  const byDevice = new Map(folders.map((folder) => [statSync(toPath(folder)).dev, folder]));
  for (const folder of byDevice.values()) {
    if (await syncs(folder)) continue;
    for (const one of folders) syncEach(one);
    return;
  }
}

/** False: there is no such program, or it does not know what is asked for, or no argument can name the folder. */
function syncs(folder: ByteText): Promise<boolean> {
  const text = asUtf8(folder);
  if (text === undefined) return Promise.resolve(false);
  return new Promise((resolve, reject) => {
    execFile('sync', ['-f', '--', text], { env: { ...process.env, LC_ALL: 'C' } }, (error, _out, said) => {
      if (error === null) resolve(true);
      else if (error.code === 'ENOENT' || /invalid option|unrecognized option|usage:/i.test(said)) resolve(false);
      else reject(new Error(said.trim() || error.message));
    });
  });
}

function syncEach(path: ByteText): void {
  const stat = lstatSync(toPath(path));
  if (stat.isFile()) return syncOne(path);
  if (!stat.isDirectory()) return;
  for (const name of readdirSync(toPath(path), { encoding: 'buffer' })) syncEach(joined(path, fromBytes(name)));
  syncFolder(toPath(path));
}

function syncOne(path: ByteText): void {
  const handle = openSync(toPath(path), READ);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
