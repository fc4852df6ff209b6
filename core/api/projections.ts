// status/realm.json beside the config: the state of the realm as a file, for whoever cannot ask the daemon.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../clock.ts';
import { isoTime } from '../clock.ts';
import type { Log } from '../contract/context.ts';
import { errnoOf, messageOf } from '../errors.ts';
import { type Projection, projection } from '../files.ts';
import type { StatusView } from './door.ts';

export interface StatusFileOptions {
  /** Folder of the root config. Nothing is written while it has no folder `status`: making one asks for the file. */
  readonly root: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly status: () => Promise<StatusView>;
}

export interface StatusFile {
  /** Something happened: written once it is quiet for a moment. */
  touch(): void;
  /** The last word: nobody watches any more. */
  close(): Promise<void>;
}

/** Many events come at once; one file says what came of them. */
const GATHER_MS = 500;
/** The file is this old at the most while somebody watches. */
const FRESH_MS = 60_000;

export function statusFile({ root, clock, log, status }: StatusFileOptions): StatusFile {
  const folder = join(root, 'status');
  let file: Projection | undefined;
  let soon: Timer | undefined;
  let later: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();
  let trouble = '';
  let isClosed = false;

  /** A full disk or a folder without rights stops nothing else, and is told once. */
  const onError = (error: unknown): void => {
    const what = errnoOf(error) ?? messageOf(error);
    if (what !== trouble) log.warn(`status/realm.json is not written: ${messageOf(error)}`);
    trouble = what;
  };
  const put = async (): Promise<void> => {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return void (file = undefined);
    const view = await status();
    file ??= projection(join(folder, 'realm.json'), clock, { onError });
    file.write(asFile(isClosed ? { ...view, daemon: null } : view, clock.now()));
    trouble = '';
  };
  const write = (): Promise<void> => (writing = writing.then(put).catch(onError)); // one after the other
  const writeIn = (ms: number): Timer =>
    clock.after(ms, () => {
      soon = undefined;
      later?.cancel();
      later = writeIn(FRESH_MS);
      void write();
    });
  later = writeIn(FRESH_MS);
  return {
    touch() {
      if (!isClosed) soon ??= writeIn(GATHER_MS);
    },
    async close() {
      isClosed = true;
      soon?.cancel();
      later?.cancel();
      await write();
      file?.close();
    },
  };
}

/** When it is looked at next moves with every look, and is no news. */
function asFile(view: StatusView, now: number): Readonly<Record<string, unknown>> {
  const resources = view.resources.map(({ nextLookAt: _, ...resource }) => resource);
  return { ...view, resources, updated_at: isoTime(now) };
}
