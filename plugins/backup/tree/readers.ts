// Threads that read much: they inspect lines of entries, copy files out of a snapshot, and read back what was written.
import { closeSync, openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parentPort, type Worker, workerData } from 'node:worker_threads';
import { type Copy, copyOut, type Copied } from './copy-out.ts';
import { inspect, type Question, type Seen } from './inspect.ts';
import { thread } from './thread.ts';
import { type Whole, whyNotWhole } from './read-back.ts';

/** Bytes `from` up to `to` of a file of entries: whole lines. */
export interface Inspect {
  readonly do: 'inspect';
  readonly entries: string;
  readonly from: number;
  readonly to: number;
  readonly question: Question;
}
export interface CopyOut {
  readonly do: 'copy';
  readonly files: readonly Copy[];
}
export interface ReadBack {
  readonly do: 'read back';
  readonly files: readonly Whole[];
}
/** Of each file, in order: why it is not whole; null: it is. */
type Faults = readonly (string | null)[];
type Task = Inspect | CopyOut | ReadBack;
type Answer<T extends Task> = T extends Inspect ? Seen : T extends CopyOut ? Copied : Faults;

/** What a thread of this file is started with: in any other thread it only lends `readers`. */
const READERS = 'realm: readers of snapshots';

export interface Readers {
  readonly count: number;
  /** In the next free thread; waits for one. */
  run<T extends Task>(task: T): Promise<Answer<T>>;
  close(): Promise<void>;
}

function perform(task: Task): Seen | Copied | Faults {
  if (task.do === 'copy') return copyOut(task.files);
  if (task.do === 'read back') return task.files.map(whyNotWhole);
  const lines = Buffer.allocUnsafe(task.to - task.from);
  const handle = openSync(task.entries, 'r');
  try {
    for (let at = 0; at < lines.length;) {
      const got = readSync(handle, lines, at, lines.length - at, task.from + at);
      if (got === 0) throw new Error(`${task.entries} became shorter while it was read`);
      at += got;
    }
  } finally {
    closeSync(handle);
  }
  return inspect(lines, task.question);
}

/** In this thread: for what is done sooner than a thread starts. */
const here: Readers = {
  count: 1,
  run: async <T extends Task>(task: T) => perform(task) as Answer<T>,
  close: async () => {},
};

const MOST = 8;

/** `isLarge`: worth the start of threads. */
export function readers(isLarge: boolean): Readers {
  const count = Math.min(availableParallelism(), MOST);
  if (!isLarge || count < 2) return here;
  const free: Worker[] = [];
  const all: Worker[] = [];
  const waiting: ((worker: Worker) => void)[] = [];
  const take = async (): Promise<Worker> => {
    const idle = free.pop();
    if (idle !== undefined) return idle;
    if (all.length < count) {
      const worker = thread(import.meta.url, READERS);
      all.push(worker);
      return worker;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const giveBack = (worker: Worker): void => {
    const next = waiting.shift();
    if (next === undefined) free.push(worker);
    else next(worker);
  };
  return {
    count,
    async run(task) {
      const worker = await take();
      try {
        return await ask(worker, task);
      } finally {
        giveBack(worker);
      }
    },
    close: async () => void (await Promise.all(all.map((worker) => worker.terminate()))),
  };
}

/** An error loses its code on the way, so both come apart. */
type Reply =
  | { readonly answer: Seen | Copied | Faults }
  | { readonly error: { readonly message: string; readonly code: string | undefined } };

function ask<T extends Task>(worker: Worker, task: T): Promise<Answer<T>> {
  return new Promise((resolve, reject) => {
    const settle = (): void => void worker.off('message', onMessage).off('error', onError).off('exit', onExit);
    const onMessage = (reply: Reply): void => {
      settle();
      if ('error' in reply) reject(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
      else resolve(reply.answer as Answer<T>);
    };
    const onError = (error: unknown): void => {
      settle();
      reject(error);
    };
    const onExit = (): void => {
      settle();
      reject(new Error('a thread that reads snapshots ended'));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit).postMessage(task);
  });
}

if (workerData === READERS) {
  parentPort?.on('message', (task: Task) => {
    try {
      parentPort?.postMessage({ answer: perform(task) });
    } catch (error) {
      const { message, code } = error as NodeJS.ErrnoException;
      parentPort?.postMessage({ error: { message, code } });
    }
  });
}
