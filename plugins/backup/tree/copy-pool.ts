// Makes the files of a snapshot in threads of their own, batch by batch; a batch that is small and alone needs none.
import { parentPort, type Worker, workerData } from 'node:worker_threads';
import { makeFile } from './copy-file.ts';
import type { Job, Order, Outcome } from './order.ts';
import { thread } from './thread.ts';

interface Asked {
  readonly id: number;
  readonly orders: readonly Order[];
}
type Answer =
  | { readonly id: number; readonly outcomes: readonly Outcome[] }
  | { readonly id: number; readonly failure: { readonly message: string; readonly code: string | undefined } };

const MARK = 'realm-backup-copy';

function answer(job: Job, { id, orders }: Asked): Answer {
  try {
    return { id, outcomes: orders.map((order) => makeFile(order, job)) };
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { id, failure: { message, code } };
  }
}

const start = workerData as { readonly mark?: unknown; readonly job: Job } | null;
if (start?.mark === MARK)
  parentPort!.on('message', (asked: Asked) => parentPort!.postMessage(answer(start.job, asked)));

interface Waiting {
  readonly resolve: (outcomes: readonly Outcome[]) => void;
  readonly reject: (error: Error) => void;
}

interface Lane {
  readonly worker: Worker;
  load: number;
  readonly ids: Set<number>;
}

export class CopyPool {
  readonly #job: Job;
  readonly #size: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #workers: Lane[] = [];
  #next = 0;

  constructor(job: Job, size: number) {
    this.#job = job;
    this.#size = size;
  }

  /** Here and now. */
  makeHere(orders: readonly Order[]): readonly Outcome[] {
    return outcomesOf(answer(this.#job, { id: 0, orders }));
  }

  /** How many batches are worth having under way: one at work and one at hand for each thread. */
  get room(): number {
    return 2 * this.#size;
  }

  /** Rejects with what the target answered; nothing that was written after that counts. */
  make(orders: readonly Order[]): Promise<readonly Outcome[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Outcome[]>();
    const id = (this.#next += 1);
    const idle = this.#workers.find(({ load }) => load === 0);
    const lane = idle ?? (this.#workers.length < this.#size ? this.#hire() : this.#least());
    this.#waiting.set(id, { resolve, reject });
    lane.load += 1;
    lane.ids.add(id);
    lane.worker.postMessage({ id, orders } satisfies Asked);
    return promise;
  }

  #least(): Lane {
    return this.#workers.reduce((least, one) => (one.load < least.load ? one : least));
  }

  #hire(): Lane {
    const worker = thread(import.meta.url, { mark: MARK, job: this.#job });
    const lane: Lane = { worker, load: 0, ids: new Set<number>() };
    const settle = (id: number, act: (waiting: Waiting) => void): void => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      lane.ids.delete(id);
      lane.load -= 1;
      if (waiting !== undefined) act(waiting);
    };
    worker.on('message', (answered: Answer) => {
      settle(answered.id, ({ resolve, reject }) => {
        try {
          resolve(outcomesOf(answered));
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    worker.on('error', (error: Error) => {
      for (const id of new Set(lane.ids)) settle(id, ({ reject }) => reject(error));
    });
    this.#workers.push(lane);
    return lane;
  }

  /** The threads end; what they were at is given up. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map(({ worker }) => worker.terminate()));
  }
}

function outcomesOf(answered: Answer): readonly Outcome[] {
  if ('outcomes' in answered) return answered.outcomes;
  const { message, code } = answered.failure;
  throw Object.assign(new Error(message), { code });
}
