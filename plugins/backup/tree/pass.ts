// One pass over the sources: everything is met once, made by threads, and written down in its order.
import type { Tools } from '../engine.ts';
import { shown } from '../byte-text.ts';
import { CopyPool } from './copy-pool.ts';
import type { Emitter } from './emit.ts';
import type { Gatherer, Item } from './gather.ts';
import type { Lease } from './lease.ts';
import type { Job, Order, Outcome } from './order.ts';
import { makeFolder, makeLink } from './place.ts';
import type { Found } from './walk.ts';

export interface PassOptions {
  readonly sources: Iterable<Found>;
  readonly gatherer: Gatherer;
  readonly emitter: Emitter;
  readonly job: Job;
  readonly tools: Tools;
  readonly lease: Lease;
  readonly threads: number;
  /** Bytes that may be written; undefined: nobody can say. */
  readonly room: number | undefined;
  /** About so many files are to come; undefined: nobody knows. */
  readonly total: { readonly files: number; readonly bytes: number } | undefined;
}

interface Batch {
  readonly items: Item[];
  readonly orders: Order[];
  bytes: number;
}
interface Sent {
  readonly items: readonly Item[];
  readonly outcomes: Promise<readonly Outcome[]>;
}

const MOST_FILES = 256;
const MOST_BYTES = 16 << 20;
/** What is made sooner here than a thread starts. */
const FEW_FILES = 64;
const FEW_BYTES = 4 << 20;
const BLOCK = 4096;

const empty = (): Batch => ({ items: [], orders: [], bytes: 0 });

/** Answers with the folders, in their order. Throws what the target answers, and why the run was cancelled. */
export async function pass(options: PassOptions): Promise<readonly Found[]> {
  const pool = new CopyPool(options.job, options.threads);
  try {
    return await new Pass(options, pool).run();
  } finally {
    await pool.close(); // before anybody else may write there
  }
}

/** The room that is asked for does not exist. */
export class NoRoom extends Error {}

class Pass {
  readonly #options: PassOptions;
  readonly #pool: CopyPool;
  readonly #folders: Found[] = [];
  readonly #sent: Sent[] = [];
  #batch = empty();
  #needed = 0;
  #isFirst = true;

  constructor(options: PassOptions, pool: CopyPool) {
    this.#options = options;
    this.#pool = pool;
  }

  async run(): Promise<readonly Found[]> {
    for (const found of this.#options.sources) {
      this.#add(found);
      if (
        this.#batch.items.length < 4 * MOST_FILES &&
        this.#batch.orders.length < MOST_FILES &&
        this.#batch.bytes < MOST_BYTES
      )
        continue;
      this.#send();
      while (this.#sent.length > this.#pool.room) await this.#receive();
    }
    this.#send(true);
    while (this.#sent.length > 0) await this.#receive();
    return this.#folders;
  }

  #add(found: Found): void {
    const { gatherer, job, emitter } = this.#options;
    const item = gatherer.itemOf(found);
    if (found.type === 'folder') {
      makeFolder(found, job);
      this.#folders.push(found);
    } else if (found.type === 'link' && !tryLink(found, job)) {
      const why = 'the target cannot hold this symbolic link';
      return emitter.trouble({ path: shown(found.path), what: 'refused', why });
    }
    this.#batch.items.push(item);
    if (item.order === undefined) return;
    this.#batch.orders.push(item.order);
    if (item.order.known !== undefined || item.order.made !== undefined) return;
    this.#batch.bytes += found.size;
    this.#needed += Math.ceil(found.size / BLOCK) * BLOCK;
  }

  #send(isLast = false): void {
    const { items, orders, bytes } = this.#batch;
    const { room, tools, lease } = this.#options;
    this.#batch = empty();
    if (items.length === 0) return;
    tools.signal.throwIfAborted();
    if (room !== undefined && this.#needed > room) throw new NoRoom(`${this.#needed} bytes are needed`);
    lease.beat();
    const isHere = orders.length === 0 || (isLast && this.#isFirst && orders.length <= FEW_FILES && bytes <= FEW_BYTES);
    this.#isFirst = false;
    const outcomes = isHere ? Promise.resolve(this.#pool.makeHere(orders)) : this.#pool.make(orders);
    outcomes.catch(() => {}); // heard when its turn comes, unless another ended the run before
    this.#sent.push({ items, outcomes });
  }

  async #receive(): Promise<void> {
    const { emitter, tools, lease, total } = this.#options;
    const { items, outcomes } = this.#sent.shift()!;
    const settled = (await outcomes)[Symbol.iterator]();
    tools.signal.throwIfAborted();
    tools.step('backup.batch:before');
    for (const item of items) emitter.emit(item, item.order === undefined ? undefined : settled.next().value);
    emitter.flush();
    tools.step('backup.batch:after');
    lease.beat();
    const expected = total === undefined ? {} : { total: total.files, totalBytes: total.bytes };
    tools.progress({ phase: 'copy', done: emitter.tally.files, bytes: emitter.tally.bytes, ...expected });
  }
}

function tryLink(found: Found, job: Job): boolean {
  try {
    makeLink(found, job);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (!['EEXIST', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENAMETOOLONG'].includes(code)) throw error;
    return false;
  }
}
