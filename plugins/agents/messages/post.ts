// The post office of one realm: the log and the book made from it, open in one place at a time, and the only way to change them.
import { join } from 'node:path';
import { Book, type Entry, isFinished } from './book.ts';
import { type Draft, messageOf, onceMore } from './draft.ts';
import { Log, type LogParts } from './log.ts';
import { readOffsets, writeOffset } from './offsets.ts';
import type { LogRecord, MessageRecord, MovedRecord, Place, State } from './records.ts';
import { readAt, readSegment, segmentsIn } from './segment.ts';

/** As many messages are remembered: they are listed, known again as duplicates, and can be replayed. */
const REMEMBERED = 20_000;
/** Of a record that says nothing itself. */
const NOWHERE: Place = { segment: 0, offset: 0, length: 0 };
const FRESH_BYTES = 4 * 1024 * 1024;

export interface PostParts {
  readonly folder: string;
  readonly now: () => number;
  readonly pause?: () => Promise<void> | undefined;
  readonly crash?: (name: string) => void;
  readonly segmentBytes?: number;
  readonly remembered?: number;
}

/** Only those move that are in one of the states `from` when it is their turn: what became of the others meanwhile counts. */
export type Move = Omit<MovedRecord, 'is' | 'at' | 'seqs'> & {
  readonly entries: readonly Entry[];
  readonly from: readonly State[];
};

/** Whoever opens a folder waits until nobody in this process has it open: two plugin sets overlap at a reload. */
const open = new Map<string, Promise<void>>();

export const logFolder = (folder: string): string => join(folder, 'log');
export const offsetFolder = (folder: string): string => join(folder, 'offsets');

export class Post {
  readonly book: Book;
  readonly log: Log;
  readonly #parts: PostParts;
  readonly #leave: () => void;
  /** What came lately is mostly delivered at once, and need not be read again for that. */
  readonly #fresh = new Map<number, MessageRecord>();
  #freshBytes = 0;
  #taking: Promise<unknown> = Promise.resolve();
  #writing: Promise<unknown> = Promise.resolve();
  /** What the disk refused and memory goes by: it is written first of all once it can be; after a death it is found out anew. */
  #late: readonly LogRecord[] = [];
  #trouble: string | null = null;

  private constructor(parts: PostParts, book: Book, log: Log, leave: () => void) {
    this.#parts = parts;
    this.book = book;
    this.log = log;
    this.#leave = leave;
  }

  static async open(parts: PostParts): Promise<Post> {
    const { folder } = parts;
    const left = Promise.withResolvers<void>();
    const before = open.get(folder);
    const mine = (before ?? Promise.resolve()).then(() => left.promise);
    open.set(folder, mine);
    const leave = (): void => {
      if (open.get(folder) === mine) open.delete(folder);
      left.resolve();
    };
    try {
      await before;
      const book = new Book();
      const hear: LogParts['hear'] = (record, place) => book.apply(record, place);
      const log = await Log.open({ ...parts, folder: logFolder(folder), hear });
      const post = new Post(parts, book, log, leave);
      await post.#takeOffsets();
      return post;
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** What came before is taken as known already: a sequence number that somebody has read is never given out again. */
  async #takeOffsets(): Promise<void> {
    for (const { position } of await readOffsets(offsetFolder(this.#parts.folder)))
      this.book.lastSeq = Math.max(this.book.lastSeq, position);
  }

  /** Why not all that became of messages is on record; null: all is. */
  get trouble(): string | null {
    return this.#trouble;
  }

  get folder(): string {
    return this.#parts.folder;
  }

  async close(): Promise<void> {
    try {
      await this.#taking;
      await this.#write(() => [], false);
      await this.log.close();
    } finally {
      this.#leave();
    }
  }

  /** On the disk when it resolves. Duplicates are on record, as dropped. Answers one entry for each draft, in order. */
  take(drafts: readonly Draft[]): Promise<readonly Entry[]> {
    const taken = this.#taking.then(() => this.#take(drafts));
    this.#taking = taken.catch(() => {}); // whoever asked for it hears of it
    return taken;
  }

  /** Not on the disk for certain: after a power cut it is decided again. */
  async move(moves: readonly Move[]): Promise<void> {
    await this.#write(() => moves.flatMap((move) => this.#movedBy(move)), false);
  }

  #movedBy({ entries, from, ...how }: Move): readonly MovedRecord[] {
    const seqs = entries.filter(({ state }) => from.includes(state)).map(({ seq }) => seq);
    return seqs.length === 0 ? [] : [{ is: 'moved', at: this.#parts.now(), seqs, ...how }];
  }

  /** What this message says. undefined: what is there is not as it was written. Throws where nothing can be read now. */
  async read({ seq, place }: Entry): Promise<MessageRecord | undefined> {
    const fresh = this.#fresh.get(seq);
    if (fresh !== undefined) return fresh;
    const record = await readAt(logFolder(this.#parts.folder), place);
    return record?.is === 'message' ? record : undefined;
  }

  /** What this agent got after that number is given to it again, and counts until `expiresAt` at least. Answers how many. */
  async replay(agent: string, after: number, expiresAt: number): Promise<number> {
    const before = this.book.unfinished(agent);
    const routed = [...this.book.routed(agent).keys()].filter((seq) => seq > after).length;
    await this.#write(() => [{ is: 'replay', at: this.#parts.now(), agent, after, expiresAt }], true);
    return this.book.unfinished(agent) - before + routed;
  }

  /**
   * First the file, then the log: of a file that is behind the log's word somebody has put an older one in place. `mayReplace`
   * is asked at the last moment, since that may happen meanwhile. false: it said no, and nothing was written.
   */
  async keepOffset(agent: string, mayReplace: () => boolean = () => true): Promise<boolean> {
    const { folder, now, crash = () => {} } = this.#parts;
    const serial = (this.book.serials.get(agent) ?? 0) + 1;
    const position = this.book.position(agent);
    const at = new Date(now()).toISOString();
    const offset = { version: 1, agent, position, serial, at } as const;
    if (!(await writeOffset(offsetFolder(folder), offset, mayReplace, crash))) return false;
    await this.#write(() => [{ is: 'position', agent, serial }], false);
    return true;
  }

  /** Lets go of old messages; what is unfinished in a segment that has to go is written again at the end. */
  async tidy(keepBytes: number): Promise<void> {
    const { book, log } = this;
    const [oldest] = log.fullSegments;
    const isTooBig = log.bytes > keepBytes && oldest !== undefined;
    const remembered = this.#parts.remembered ?? REMEMBERED;
    if (!isTooBig && book.entries.size <= remembered) return;
    book.forget(remembered, ({ place }) => isTooBig && place.segment <= oldest);
    for (const segment of log.fullSegments) {
      const left = [...book.entries.values()].filter(({ place }) => place.segment === segment);
      const leftBytes = left.reduce((sum, { place }) => sum + place.length, 0);
      if (left.some(isFinished)) return;
      if (left.length > 0 && (!isTooBig || leftBytes > log.sizeOf(segment) / 2)) return;
      await this.#writeAgain(left);
      await log.remove(segment);
    }
  }

  async #writeAgain(entries: readonly Entry[]): Promise<void> {
    const records: LogRecord[] = [];
    for (const entry of entries) {
      const message = await this.read(entry);
      if (message === undefined) continue;
      const { state, decision, reason, by, movedAt: at, isTold, inbox, expiresAt, seq } = entry;
      records.push(message, { is: 'moved', at, seqs: [seq], state, decision, reason, by, isTold, inbox, expiresAt });
    }
    for (const [agent, serial] of this.book.serials) records.push({ is: 'position', agent, serial });
    await this.#write(() => records, true);
  }

  async #take(drafts: readonly Draft[]): Promise<readonly Entry[]> {
    const { book } = this;
    const at = this.#parts.now();
    const fresh = new Map<string, MessageRecord>();
    const known = (id: string): Pick<MessageRecord, 'key' | 'seq'> | undefined => fresh.get(id) ?? book.withId(id);
    const messages = drafts.map((draft) => {
      book.lastSeq += 1; // also when the disk refuses it: what may be half there must not be mistaken for another
      const message = messageOf(draft, (id) => known(id)?.key, book.lastSeq, at);
      const first = known(message.id);
      if (first !== undefined) return onceMore(message, first.seq);
      fresh.set(message.id, message);
      return message;
    });
    await this.#write(() => messages, true);
    for (const message of messages) this.#keepFresh(message, book.entries.get(message.seq)!.place.length);
    return messages.map(({ seq }) => book.entries.get(seq)!);
  }

  #keepFresh(message: MessageRecord, bytes: number): void {
    this.#fresh.set(message.seq, message);
    this.#freshBytes += bytes;
    for (const seq of this.#fresh.keys()) {
      if (this.#freshBytes <= FRESH_BYTES) return;
      this.#fresh.delete(seq);
      this.#freshBytes -= this.book.entries.get(seq)?.place.length ?? 0;
    }
    this.#freshBytes = 0;
  }

  /** `make` is asked when it is its turn. */
  #write(make: () => readonly LogRecord[], isDurable: boolean): Promise<void> {
    const written = this.#writing.then(() => this.#writeNow(make(), isDurable));
    this.#writing = written.catch(() => {}); // whoever asked for it hears of it
    return written;
  }

  async #writeNow(records: readonly LogRecord[], isDurable: boolean): Promise<void> {
    const all = [...this.#late, ...records];
    if (all.length === 0) return;
    let places: readonly Place[] = [];
    try {
      places = (await this.log.append(all, isDurable)).slice(this.#late.length);
      this.#late = [];
      this.#trouble = null;
    } catch (error) {
      if (isDurable || !('code' in (error as Error))) throw error;
      this.#late = all;
      this.#trouble = (error as Error).message;
    }
    for (const [index, record] of records.entries()) this.book.apply(record, places[index] ?? NOWHERE);
  }
}

/** Looks, and changes nothing: for whoever asks while nobody has it open. A torn end is no news. */
export async function readBook(folder: string): Promise<Book> {
  const book = new Book();
  const inside = logFolder(folder);
  for (const segment of await segmentsIn(inside))
    await readSegment(
      inside,
      segment,
      (record, place) => book.apply(record, place),
      () => undefined,
    );
  return book;
}
