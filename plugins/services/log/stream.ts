// `realm logs SERVICE...`: what services have said and go on to say, merged as it arrives.
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type Context, RealmError, type Resource, s, type Stream } from 'realm-runner/plugin';
import { logOf } from '../places.ts';
import type { ServiceSpec } from '../spec.ts';
import { logNow } from './pieces.ts';
import { LogReader } from './read.ts';
import { offsetSince } from './times.ts';

interface Wish {
  readonly services: readonly string[];
  readonly follow: boolean;
  readonly since?: string | undefined;
  readonly last?: number | undefined;
}
export interface SaidLine {
  readonly service: string;
  readonly line: string;
}

const LAST = 100;
const LOOK_MS = 100;
/** At once: the flood of one must not keep the others from being heard. */
const MOST_READS = 64;
/** Room for some hundred lines: most of the time that is all anybody wants, whatever the log's length. */
const TAIL_BYTES = 256 * 1024;

export const logStream: Stream<Wish, SaidLine> = {
  name: 'services.logs',
  summary: 'Show what services say.',
  input: s.object({
    services: s.list(s.string()).default([]).about('Names; all of them when there is none.'),
    follow: s.boolean().default(false).about('Goes on until Ctrl-C.'),
    since: s.string().optional().about('UTC, as in 2030-01-31T18:00:00Z.'),
    last: s.integer({ minimum: 0 }).optional().about(`The last lines of each; default ${LAST}, or all with \`since\`.`),
  }),
  item: s.object({ service: s.string(), line: s.string() }),
  cli: { positionals: ['services'] },
  open: (wish, ctx) => {
    const wanted = chosen(wish.services, ctx); // refused before anything is shown
    checkSince(wish);
    return linesOf(wanted, wish, ctx);
  },
};

function chosen(names: readonly string[], ctx: Context): readonly Resource<ServiceSpec>[] {
  const all = ctx.resources<ServiceSpec>('service');
  if (names.length === 0) return all;
  return names.map((typed) => {
    const found = all.find(({ name, ref }) => name === typed || ref === typed);
    if (found !== undefined) return found;
    throw new RealmError('ACTION_INPUT_INVALID', `there is no service ${typed}`, { hint: '`realm ps` lists them' });
  });
}

function checkSince({ since }: Wish): void {
  if (since === undefined || !Number.isNaN(Date.parse(since))) return;
  throw new RealmError('ACTION_INPUT_INVALID', `since "${since}" is no instant`, {
    hint: 'write it as in 2030-01-31T18:00:00Z',
  });
}

/** Those that spoke last come last, where people look first. */
async function* linesOf(wanted: readonly Resource[], wish: Wish, ctx: Context): AsyncGenerator<SaidLine> {
  const followed: { readonly name: string; readonly reader: LogReader }[] = [];
  const spokeAt = ({ name }: Resource): number => statSync(logOf(name, ctx), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  for (const { name } of wanted.toSorted((one, other) => spokeAt(one) - spokeAt(other))) {
    const { lines, reader } = await history(logOf(name, ctx), wish);
    for (const line of lines) yield { service: name, line };
    followed.push({ name, reader });
  }
  if (!wish.follow) {
    for (const { name, reader } of followed) for (const line of reader.rest()) yield { service: name, line };
    return;
  }
  for await (const _ of ctx.every(LOOK_MS)) {
    for (const { name, reader } of followed)
      for (let reads = 0; reads < MOST_READS; reads++) {
        const lines = reader.read();
        if (lines === undefined) break;
        for (const line of lines) yield { service: name, line };
      }
  }
}

interface History {
  readonly lines: readonly string[];
  /** Stands at the end. */
  readonly reader: LogReader;
}

async function history(log: string, { since, last = since === undefined ? LAST : Infinity }: Wish): Promise<History> {
  if (since !== undefined) return historySince(log, Date.parse(since), last);
  const now = logNow(log);
  if (now === undefined) return { lines: [], reader: new LogReader(log) };
  const tailFrom = Math.max(now.known.start, now.size - TAIL_BYTES);
  const isWhole = tailFrom === now.known.start;
  const tail = await readAll(new LogReader(log, tailFrom), last + 1);
  if (tail.lines.length > last || (isWhole && now.known.pieces.length === 0)) return cut(tail, last);
  return cut(await readAll(new LogReader(log), last), last);
}

/** What arrived since then, as far as that was noted; lines that begin with a time are taken by that, with those below. */
async function historySince(log: string, since: number, last: number): Promise<History> {
  const from = offsetSince(log, logNow(log)?.inode ?? 0, since);
  const { lines, reader } = await readAll(new LogReader(log, from, since), Infinity);
  let isRecent = true;
  const recent = lines.filter((line) => {
    const at = Date.parse(/^\[?(\d{4}-\d\d-\d\d[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)/.exec(line)?.[1] ?? '');
    if (!Number.isNaN(at)) isRecent = at >= since;
    return isRecent;
  });
  return cut({ lines: recent, reader }, last);
}

const cut = ({ lines, reader }: History, last: number): History => ({
  lines: last === 0 ? [] : lines.slice(-last),
  reader,
});

/** At most so many, the last ones. */
async function readAll(reader: LogReader, most: number): Promise<History> {
  let lines: string[] = [];
  let reads = 0;
  for (let more = reader.read(); more !== undefined; more = reader.read()) {
    if (++reads % MOST_READS === 0) await stat('/'); // a turn for everything else that goes on
    for (const line of more) lines.push(line);
    if (lines.length > 2 * most + 10_000) lines = lines.slice(-most);
  }
  return { lines, reader };
}
