// All that is known of the messages, made from the records of the log alone. Pure memory: the same records, the same book.
import {
  type LogRecord,
  type MessageRecord,
  type MovedRecord,
  PENDING,
  type Place,
  type ReplayRecord,
  type State,
  UNFINISHED,
} from './records.ts';
import type { Decision } from './rules.ts';
import type { Priority } from './settings.ts';

/** One message without what it says, which stays in the log. */
export interface Entry {
  readonly seq: number;
  readonly at: number;
  readonly from: string;
  readonly id: string;
  readonly key: string;
  readonly to: string;
  readonly type: string;
  readonly priority: Priority;
  readonly reference: string | null;
  expiresAt: number;
  place: Place;
  state: State;
  decision: Decision | null;
  reason: string;
  by: string;
  movedAt: number;
  isTold: boolean;
  inbox: string;
}

export const isFinished = ({ state }: Pick<Entry, 'state'>): boolean => !UNFINISHED.includes(state);
export const isPending = ({ state }: Pick<Entry, 'state'>): boolean => PENDING.includes(state);

const NEW = { state: 'accepted', decision: null, reason: '', by: '' } as const;

type Shelf = Map<number, Entry>;

export class Book {
  readonly entries: Shelf = new Map();
  /** The last sequence number that was given out. */
  lastSeq = 0;
  readonly serials = new Map<string, number>();
  readonly #byId = new Map<string, Entry>();
  readonly #newest = new Map<string, number>();
  /** Sequence number of the last message for an agent. */
  readonly #last = new Map<string, number>();
  /** By the agent they are for. */
  readonly #routed = new Map<string, Shelf>();
  readonly #unfinished = new Map<string, Shelf>();
  #pending: Shelf = new Map();
  #isSorted = true;

  apply(record: LogRecord, place: Place): void {
    if (record.is === 'message') this.#add(record, place);
    else if (record.is === 'moved') for (const seq of record.seqs) this.#move(seq, record);
    else if (record.is === 'position') this.serials.set(record.agent, record.serial);
    else this.#replay(record);
  }

  withId(id: string): Entry | undefined {
    return this.#byId.get(id);
  }

  /** Accepted and held ones as they are now, in order. */
  pending(): readonly Entry[] {
    if (!this.#isSorted) this.#pending = new Map([...this.#pending].sort(([a], [b]) => a - b));
    this.#isSorted = true;
    return [...this.#pending.values()];
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** In the inbox of this agent, not acknowledged. */
  routed(agent: string): ReadonlyMap<number, Entry> {
    return this.#routed.get(agent) ?? new Map<number, Entry>();
  }

  /** Names for which something is routed, declared or not. */
  get readers(): readonly string[] {
    return [...this.#routed.keys()];
  }

  /** For this agent: accepted, held or routed. */
  unfinished(agent: string): number {
    return this.#unfinished.get(agent)?.size ?? 0;
  }

  newestFrom(agent: string): number | undefined {
    return this.#newest.get(agent);
  }

  /** It has every message up to here behind it; 0: it never got one. */
  position(agent: string): number {
    let lowest = (this.#last.get(agent) ?? 0) + 1;
    for (const seq of this.#unfinished.get(agent)?.keys() ?? []) lowest = Math.min(lowest, seq);
    return lowest - 1;
  }

  /** The oldest finished ones beyond `most` are not remembered; nor those of which `isOld` is true. */
  forget(most: number, isOld: (entry: Entry) => boolean): void {
    let tooMany = this.entries.size - most;
    for (const [seq, entry] of this.entries) {
      if (tooMany <= 0 && !isOld(entry)) return;
      if (!isFinished(entry)) continue;
      tooMany -= 1;
      this.entries.delete(seq);
      if (this.#byId.get(entry.id) === entry) this.#byId.delete(entry.id);
    }
  }

  #add(record: MessageRecord, place: Place): void {
    const { is: _, payload: _payload, context: _context, rest: _rest, timestamp: _at, sameAs, ...said } = record;
    this.lastSeq = Math.max(this.lastSeq, said.seq);
    this.#newest.set(said.from, Math.max(said.at, this.#newest.get(said.from) ?? 0));
    const known = this.entries.get(said.seq);
    if (known !== undefined) return void (known.place = place); // written again, so that an old segment can go
    const entry: Entry = {
      ...said,
      place,
      ...(sameAs === undefined
        ? NEW
        : { state: 'dropped', decision: 'drop', reason: `it is message ${sameAs} once more`, by: 'duplicate' }),
      movedAt: said.at,
      isTold: false,
      inbox: '',
    };
    this.entries.set(entry.seq, entry);
    if (sameAs === undefined) this.#byId.set(entry.id, entry);
    this.#shelve(entry);
  }

  #move(seq: number, how: Omit<MovedRecord, 'is' | 'seqs'>): void {
    const { state, decision, reason, by, at, isTold, inbox, expiresAt } = how;
    const entry = this.entries.get(seq);
    if (entry === undefined) return; // forgotten
    const stays = isPending(entry) && isPending({ state });
    if (!stays) this.#unshelve(entry);
    Object.assign(entry, { state, decision, reason, by, movedAt: at, inbox: inbox ?? '' });
    entry.isTold = isTold ?? entry.isTold;
    entry.expiresAt = expiresAt ?? entry.expiresAt;
    if (!stays) this.#shelve(entry);
  }

  #replay({ agent, after, at, expiresAt: until }: ReplayRecord): void {
    for (const { seq, to, state, expiresAt } of this.entries.values())
      if (to === agent && seq > after && (state === 'acknowledged' || state === 'routed'))
        this.#move(seq, { ...NEW, at, expiresAt: Math.max(expiresAt, until) });
  }

  #shelve(entry: Entry): void {
    if (isFinished(entry)) return;
    putOn(this.#unfinished, entry);
    if (entry.state === 'routed') this.#last.set(entry.to, Math.max(entry.seq, this.#last.get(entry.to) ?? 0));
    if (isPending(entry)) {
      this.#isSorted &&= this.#pending.size === 0 || entry.seq >= this.lastSeq;
      this.#pending.set(entry.seq, entry);
      return;
    }
    putOn(this.#routed, entry);
  }

  #unshelve(entry: Entry): void {
    if (isFinished(entry)) return;
    takeOff(this.#unfinished, entry);
    takeOff(this.#routed, entry);
    this.#pending.delete(entry.seq);
  }
}

function putOn(shelves: Map<string, Shelf>, entry: Entry): void {
  const shelf = shelves.get(entry.to) ?? new Map<number, Entry>();
  shelves.set(entry.to, shelf.set(entry.seq, entry));
}

/** There may be any number of names: of one that nothing is for nothing stays. */
function takeOff(shelves: Map<string, Shelf>, { to, seq }: Entry): void {
  const shelf = shelves.get(to);
  shelf?.delete(seq);
  if (shelf?.size === 0) shelves.delete(to);
}
