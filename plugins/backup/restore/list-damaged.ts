// A snapshot whose list of files cannot be read: another one takes its place.
import { RealmError } from 'realm-runner/plugin';
import type { Entry } from '../entry.ts';
import type { Candidate } from './choose.ts';

/** As what it came from, which says what is wrong. */
export class ListDamaged extends RealmError {
  readonly candidate: Candidate;

  constructor(candidate: Candidate, cause: RealmError) {
    super(cause.code, cause.message, { cause, ...(cause.hint === undefined ? {} : { hint: cause.hint }) });
    this.candidate = candidate;
  }
}

export const isDamage = (error: unknown): error is RealmError =>
  error instanceof RealmError && error.code === 'BACKUP_DAMAGED';

/** The same entries; when the list turns out to be damaged, the error says of which snapshot, in which target. */
export async function* listOf(candidate: Candidate, entries: AsyncIterable<Entry>): AsyncGenerator<Entry> {
  try {
    yield* entries;
  } catch (error) {
    throw isDamage(error) ? new ListDamaged(candidate, error) : error;
  }
}

/** One snapshot in one target, each time it is listed. */
export const keyOf = ({ engine, snapshot }: Candidate): string => `${engine.name} ${snapshot.uid}`;
