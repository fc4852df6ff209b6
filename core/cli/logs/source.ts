// Which log is meant: of one run, of the daemon, or what the daemon's log says about one resource.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, parse } from 'node:path';
import { RealmError } from '../../errors.ts';
import { isRef } from '../../model/ref.ts';
import type { Ref } from '../../model/ref.ts';
import { readExit } from '../../os/exit.ts';
import type { Place } from '../place.ts';
import type { Call } from '../shell.ts';
import { didYouMean } from '../suggest.ts';

export interface LogSource {
  /** Oldest first; the last one is being written, and may not exist yet. */
  readonly paths: readonly string[];
  /** `entries`: one JSON object a line, as the daemon writes them. `text`: whatever a program printed. */
  readonly form: 'entries' | 'text';
  /** Only entries about it. */
  readonly ref?: Ref;
  /** Nothing will be added any more. */
  isOver(): boolean;
  /** Said when there is nothing. */
  readonly none: string;
}

interface Asked {
  /** As typed; without it the daemon's log is meant. */
  readonly word?: string | undefined;
  /** Names that could have been meant. */
  readonly services: readonly string[];
}

/** Throws RUN_UNKNOWN. */
export async function sourceOf({ word: typed, services }: Asked, place: Place, call: Call): Promise<LogSource> {
  if (typed === undefined) return daemonLog(place);
  if (isRef(typed)) return { ...daemonLog(place), ref: typed, none: `The log says nothing about ${typed}.` };
  const dir = join(place.stateDir, 'run', typed);
  if (!/^[\w-]+$/.test(typed) || !existsSync(dir)) throw await unknownRun(typed, services, call);
  return {
    paths: [join(dir, 'log')],
    form: 'text',
    isOver: () => readExit(dir) !== undefined,
    none: `Run ${typed} printed nothing${readExit(dir) === undefined ? ' so far' : ''}.`,
  };
}

function daemonLog({ stateDir }: Place): LogSource {
  const current = join(stateDir, 'logs', 'realm.log');
  return {
    paths: [...olderThan(current), current],
    form: 'entries',
    isOver: () => false,
    none: 'There is no log yet: nothing has watched this realm so far. `realm up` starts that.',
  };
}

/** Rotated files of the same log: `realm-<day>-<n>.log`. */
function olderThan(current: string): string[] {
  const { name, ext } = parse(current);
  if (!existsSync(dirname(current))) return [];
  return readdirSync(dirname(current))
    .filter((file) => file.startsWith(`${name}-`) && file.endsWith(ext))
    .toSorted()
    .map((file) => join(dirname(current), file));
}

/** A short action leaves no log of its own, and that of a long one goes after a while (core/runs/run-retention.ts). */
async function unknownRun(typed: string, services: readonly string[], call: Call): Promise<RealmError> {
  const runs = await (await call.door('look')).runs({ limit: 1_000 });
  const known = runs.find(({ id }) => id === typed);
  if (known !== undefined)
    return new RealmError(
      'RUN_UNKNOWN',
      `run ${typed} (${known.action}) has no log of its own: it ran inside Realm, or ended long ago`,
      {
        hint: 'realm logs',
      },
    );
  return new RealmError('RUN_UNKNOWN', `there is no ${services.length > 0 ? 'service and no ' : ''}run ${typed}`, {
    hint: didYouMean(typed, [...services, ...runs.map(({ id }) => id)]) ?? '`realm runs` lists them.',
  });
}

/** Those that can hold lines as young as `sinceMs`. */
export const writtenSince = (paths: readonly string[], sinceMs: number): string[] =>
  paths.filter((path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= sinceMs);
