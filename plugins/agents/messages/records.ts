// What the log is made of: messages that came, how they moved on, how far agents have read, and replays.
import type { Envelope } from './envelope.ts';
import type { Decision } from './rules.ts';
import type { Priority } from './settings.ts';

/** accepted: not decided yet. routed: in the inbox. The last three are finished. */
export type State = 'accepted' | 'held' | 'routed' | 'acknowledged' | 'dead' | 'dropped';
export const STATES: readonly State[] = ['accepted', 'held', 'routed', 'acknowledged', 'dead', 'dropped'];
/** Where it goes is not decided, or not for good. */
export const PENDING: readonly State[] = ['accepted', 'held'];
export const UNFINISHED: readonly State[] = [...PENDING, 'routed'];

/** Times are ms since the epoch. */
export interface MessageRecord {
  readonly is: 'message';
  readonly seq: number;
  readonly at: number;
  readonly from: string;
  readonly id: string;
  /** Of the sender and all it said: two messages with one are the same message. */
  readonly key: string;
  readonly to: string;
  readonly type: string;
  readonly priority: Priority;
  readonly timestamp: string;
  readonly reference: string | null;
  readonly expiresAt: number;
  readonly payload: unknown;
  readonly context: unknown;
  readonly rest?: Envelope['rest'];
  /** It is this earlier message once more, so it is dropped. */
  readonly sameAs?: number;
}

export interface MovedRecord {
  readonly is: 'moved';
  readonly at: number;
  readonly seqs: readonly number[];
  readonly state: State;
  readonly decision: Decision | null;
  readonly reason: string;
  readonly by: string;
  /** A person was told that it is held. */
  readonly isTold?: boolean;
  /** Of routed ones, which inbox it was: another folder, or another start of the machine, is another one. */
  readonly inbox?: string;
  /** It counts until then, and no longer as it had been said. */
  readonly expiresAt?: number;
}

/** An offset file was written; one with a lower serial is an older one that somebody put back. */
export interface PositionRecord {
  readonly is: 'position';
  readonly agent: string;
  readonly serial: number;
}

/** What this agent was given after that sequence number is given to it once more. */
export interface ReplayRecord {
  readonly is: 'replay';
  readonly at: number;
  readonly agent: string;
  readonly after: number;
  /** They count until then at least. */
  readonly expiresAt: number;
}

export type LogRecord = MessageRecord | MovedRecord | PositionRecord | ReplayRecord;

export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}
