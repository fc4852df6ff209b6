// What is known of one agent at one moment: everything that is said and done about it is decided from this.
import type { Recovery } from './recovery/row.ts';

export type State =
  | 'unknown'
  | 'starting'
  | 'alive'
  | 'idle'
  | 'busy'
  | 'suspect'
  | 'dead'
  | 'recovering'
  | 'escalated'
  | 'paused';

/** The last sign of life. */
export interface Beat {
  /** ms; never later than when it was noticed. */
  readonly at: number;
  /** Since when beats came without a gap that makes suspect, ms. */
  readonly steadySince: number;
  /** What it says of itself. */
  readonly says: 'busy' | 'idle' | null;
  /** When it says that it was made, ms. */
  readonly madeAt: number;
  /** How far its clock is ahead, ms; negative: behind; 0: it is right. */
  readonly skewMs: number;
  /** Whatever tells this beat from the next: a time of change, a count. */
  readonly stamp: string;
}

/** Its service, as the services plugin last found it. */
export interface ServiceFacts {
  readonly isRunning: boolean;
  /** Nothing of it runs, and it waits for its agent: its home can be touched. */
  readonly isDown: boolean;
  /** ms; null unless it runs. */
  readonly startedAt: number | null;
  /** Since when it does not run, ms; null: it runs, or never did. */
  readonly downSince: number | null;
  readonly isReady: boolean;
  /** ms; null unless it is ready. */
  readonly readySince: number | null;
  /** Why it does not run to any purpose: a crash loop, or it ended for good. */
  readonly failed: string | null;
  /** ms; null unless it failed. */
  readonly failedSince: number | null;
  /** What it waits for before it is started. */
  readonly waitsFor: string | null;
}

/** A run of the present step of a recovery. */
export interface RunFacts {
  readonly id: string;
  readonly isOver: boolean;
  readonly isGood: boolean;
  /** It did not end by itself: its process was lost, or it was ended together with the daemon of before. */
  readonly isCutOff: boolean;
  readonly reason: string;
  readonly output: unknown;
}

/** An operator's word about the agent or its service. */
export interface Word {
  readonly effect: string;
  readonly why: string;
  readonly actor: string;
}

export interface Facts {
  readonly service: ServiceFacts;
  readonly beat: Beat | null;
  /** Why its heartbeat cannot be read. */
  readonly mute: string | null;
  readonly home: 'there' | 'missing' | 'no folder';
  /** Its home is a symbolic link: a backup keeps the link, and nothing of what lies behind it. */
  readonly isLink: boolean;
  /** The run of an agent that is no longer declared still puts this home back: as after a rename in the middle of it. */
  readonly isTaken: boolean;
  /** It was heard at some time, in whatever life. */
  readonly everHeard: boolean;
  /** When it was first started after the last beat, ms: however often it was started since. null: it was heard, or not started. */
  readonly unheardSince: number | null;
  /** Since when somebody has been listening without a break, ms; null: nobody does. */
  readonly listeningSince: number | null;
  /** An operator had it left alone until this instant, ms; null: not that anybody knows. */
  readonly leftAloneUntil: number | null;
  /** All it comes after is there, since this instant (ms); null: something is not. */
  readonly freeSince: number | null;
  readonly was: State | null;
  readonly recovery: Recovery | null;
  readonly run: RunFacts | null;
  /** A person asked for a recovery. */
  readonly asked: Asked | null;
  readonly word: Word | null;
  /** The token with which it can say that it lives is there. */
  readonly hasToken: boolean;
}

export interface Asked {
  /** Of the recovery that is wished for: once that has begun the wish is fulfilled, whatever the clock does. */
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly why: string;
  readonly from: readonly string[] | null;
}
