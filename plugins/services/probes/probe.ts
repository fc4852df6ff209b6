// What a probe is: one try to find out whether a service is well, with an answer in words.
import type { ProbeSpec, ServiceSpec } from '../spec.ts';

export interface Answer {
  readonly ok: boolean;
  /** One clause for people; the same as long as nothing changes, so without times and counters. */
  readonly why: string;
}

/** The life of a service that is asked about. */
export interface Target {
  readonly spec: ServiceSpec;
  /** Of the service, with what is secret revealed. Throws when it cannot be made. */
  environment(): Readonly<Record<string, string>>;
  /** The processes of the service that run now. */
  pids(): readonly number[];
  /** Whether a line of its output has matched since its start. */
  hears(pattern: string): boolean;
}

/** Ends early when the signal aborts, and leaves nothing behind. A throw is an answer, too: no, and its message. */
export type Probe = (spec: ProbeSpec, target: Target, signal: AbortSignal) => Promise<Answer>;

export const yes = (why: string): Answer => ({ ok: true, why });
export const no = (why: string): Answer => ({ ok: false, why });
