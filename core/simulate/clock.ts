// Time for tests and simulation: it stands still until told to move, and moves only when nothing is in flight.
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../clock.ts';
import { Heap } from '../reconcile/heap.ts';
import { countFileRequests } from './in-flight.ts';

/** Turns of the event loop without anything in flight after which work counts as settled. */
const QUIET_TURNS = 3;
export interface VirtualClock extends Clock {
  /** Moves on by `ms`, firing every timer on the way in order of time, then of creation; after each it waits for `settled`. */
  advance(ms: number): Promise<void>;
  /** The same, to an instant: ms since the epoch, or ISO text. An earlier one is refused: see `jump`. */
  advanceTo(when: number | string): Promise<void>;
  /** Waits until no registered work and no file request is in flight. Time stands still. */
  settled(): Promise<void>;
  /** Registers work that time must wait for, such as a socket's or a process's; returns the same promise. Files need none. */
  busy<T>(work: Promise<T>): Promise<T>;
  /** The same for work without a promise: time waits until the returned function is called. */
  hold(): () => void;
  /** What an NTP step or a suspended machine does: `now` leaps by `ms` (also backwards), timers notice nothing. */
  jump(ms: number): void;
  /** Timers that wait to fire. */
  readonly timers: number;
  /** The instant of the next timer, or undefined. */
  readonly nextTimer: number | undefined;
}

interface Entry {
  place: number;
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** `mostAtOneInstant`: more timers than this without time passing are an endless loop, and end the advance. */
export function virtualClock(
  start: number | string = '2026-01-01T00:00:00Z',
  { mostAtOneInstant = 10_000 }: { readonly mostAtOneInstant?: number } = {},
): VirtualClock {
  let time = instant(start);
  let leap = 0;
  let created = 0;
  let held = 0;
  let moving = false;
  const files = countFileRequests();
  const waiting = new Heap<Entry>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));

  function after(ms: number, fn: () => void): Timer {
    const entry: Entry = { place: -1, at: time + (ms > 0 ? ms : 0), order: created++, fn };
    waiting.push(entry);
    return {
      cancel: () => {
        if (entry.place >= 0) waiting.remove(entry);
      },
    };
  }

  function hold(): () => void {
    held++;
    let released = false;
    return () => {
      if (!released) held--;
      released = true;
    };
  }

  async function settled(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS;) {
      await turn();
      quiet = held === 0 && files.size === 0 ? quiet + 1 : 0;
    }
  }

  async function moveTo(end: number): Promise<void> {
    if (moving) throw new Error('The virtual clock is already moving: await the first advance before the next.');
    if (!(end >= time)) throw new Error(`The virtual clock cannot go back from ${time} to ${end}; use jump for that.`);
    moving = true;
    try {
      await settled();
      let fired = 0;
      for (let next = waiting.peek(); next !== undefined && next.at <= end; next = waiting.peek()) {
        fired = next.at > time ? 0 : fired + 1;
        if (fired > mostAtOneInstant) throw new Error(`Timers without a pause keep time at ${time} for ever.`);
        time = next.at;
        waiting.remove(next);
        next.fn();
        await settled();
      }
      time = end;
    } finally {
      moving = false;
    }
  }

  return {
    now: () => time + leap,
    after,
    hold,
    settled,
    advance: (ms) => moveTo(time + ms),
    advanceTo: (when) => moveTo(instant(when) - leap),
    busy: <T>(work: Promise<T>) => {
      const release = hold();
      work.then(release, release);
      return work;
    },
    jump: (ms) => {
      leap += ms;
    },
    get timers() {
      return waiting.size;
    },
    get nextTimer() {
      const next = waiting.peek();
      return next === undefined ? undefined : next.at + leap;
    },
  };
}

function instant(when: number | string): number {
  const ms = typeof when === 'number' ? when : Date.parse(when);
  if (!Number.isFinite(ms)) throw new Error(`"${when}" is not an instant: give ms since the epoch, or ISO 8601 text.`);
  return ms;
}
