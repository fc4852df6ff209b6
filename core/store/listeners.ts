// Live delivery: each listener has a queue of its own, so that a slow or throwing one hurts nobody else.
import type { RealmEvent } from '../contract/events.ts';
import type { Trouble } from './journal.ts';
import { gapEvent } from './event.ts';

const LONGEST_QUEUE = 10_000;

export type Hear = (event: RealmEvent) => void | Promise<void>;

export interface Subscription {
  /** Events that were dropped because this listener was too slow. */
  readonly dropped: number;
  readonly waiting: number;
  stop(): void;
  /** Hears no more. What waits and what comes is kept for the next listener of this name, until `forgetRested`. */
  rest(): void;
}

interface Listener {
  readonly name: string;
  readonly types: ReadonlySet<string> | undefined;
  readonly hear: Hear;
  queue: RealmEvent[];
  /** Where in `queue` the next one is; the part before it is done. */
  at: number;
  busy: boolean;
  dropped: number;
  gap: { from: number; to: number; at: number } | undefined;
  stopped: boolean;
  resting: boolean;
}

export class Listeners {
  readonly #trouble: Trouble;
  readonly #longest: number;
  readonly #all = new Set<Listener>();

  /** `trouble` hears of throws and drops, with the listener's name. */
  constructor(trouble: Trouble, longest: number = LONGEST_QUEUE) {
    this.#trouble = trouble;
    this.#longest = longest;
  }

  /**
   * Hears the given types (all when left out), one at a time, in order: first what waits since a resting one of this name.
   * Drops are told as `journal.gap`.
   */
  add(name: string, types: readonly string[] | undefined, hear: Hear): Subscription {
    const before = [...this.#all].find((one) => one.resting && one.name === name);
    const listener: Listener = {
      name,
      types: types && new Set(types),
      hear,
      queue: before?.queue.slice(before.at) ?? [],
      at: 0,
      busy: false,
      dropped: before?.dropped ?? 0,
      gap: before?.gap,
      stopped: false,
      resting: false,
    };
    if (before !== undefined) this.#all.delete(before);
    this.#all.add(listener);
    if (listener.queue.length > 0 || listener.gap !== undefined) void this.#drain(listener);
    return {
      get dropped() {
        return listener.dropped;
      },
      get waiting() {
        return listener.queue.length - listener.at;
      },
      stop: () => {
        listener.stopped = true;
        this.#all.delete(listener);
      },
      rest: () => {
        listener.stopped = true;
        listener.resting = true;
      },
    };
  }

  /** Nobody took over from those that rest. */
  forgetRested(): void {
    for (const listener of this.#all) if (listener.resting) this.#all.delete(listener);
  }

  /** Puts events into the queues and returns at once; for `journal.listen`. */
  deliver(events: readonly RealmEvent[]): void {
    for (const listener of this.#all) {
      for (const event of events) {
        if (listener.types === undefined || listener.types.has(event.type)) listener.queue.push(event);
      }
      this.#bound(listener);
      if (!listener.busy && !listener.stopped && listener.queue.length > listener.at) void this.#drain(listener);
    }
  }

  #bound(listener: Listener): void {
    const excess = listener.queue.length - listener.at - this.#longest;
    if (excess <= 0) return;
    const first = listener.queue[listener.at]!;
    const last = listener.queue[listener.at + excess - 1]!;
    if (listener.gap === undefined) this.#trouble(listener.name, new Error(`too slow: ${excess} events dropped`));
    listener.gap = { from: listener.gap?.from ?? first.seq, to: last.seq, at: last.at };
    listener.dropped += excess;
    listener.at += excess;
  }

  async #drain(listener: Listener): Promise<void> {
    listener.busy = true;
    await Promise.resolve(); // the emitter goes on first
    while (!listener.stopped) {
      const event = this.#next(listener);
      if (event === undefined) break;
      try {
        const answer = listener.hear(event);
        if (answer !== undefined) await answer;
      } catch (error) {
        this.#trouble(listener.name, error);
      }
    }
    listener.busy = false;
  }

  #next(listener: Listener): RealmEvent | undefined {
    const gap = listener.gap;
    if (gap !== undefined) {
      listener.gap = undefined;
      if (listener.types === undefined || listener.types.has('journal.gap')) {
        return gapEvent(gap.from, gap.to, `${listener.name} was too slow`, gap.to, gap.at);
      }
    }
    const event = listener.queue[listener.at];
    listener.at += 1;
    if (event === undefined || listener.at > this.#longest) {
      listener.queue = listener.queue.slice(listener.at);
      listener.at = 0;
    }
    return event;
  }
}
