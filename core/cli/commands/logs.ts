// realm logs [SERVICE...|RUN]: what services or a run printed, or what the daemon logged; with --follow, as it is written.
import { existsSync } from 'node:fs';
import { sleep } from '../../clock.ts';
import { count, past } from '../arguments.ts';
import { EXIT } from '../exit-codes.ts';
import { meaningOf, showServices } from '../logs/services.ts';
import { lastLines, LineReader } from '../logs/lines.ts';
import { sourceOf, writtenSince } from '../logs/source.ts';
import type { LogSource } from '../logs/source.ts';
import { placeOf } from '../place.ts';
import { writeJsonLine } from '../render/json.ts';
import { entryOf, logPrinter, startOf } from '../render/log.ts';
import type { Call } from '../shell.ts';

const LINES = 100;
const LOOK_MS = 200;

interface LogsFlags {
  readonly follow?: boolean;
  readonly since?: string;
  readonly lines?: string;
  readonly realm?: boolean;
}

export async function run(call: Call<LogsFlags>): Promise<number> {
  const { args, flags, globals, cwd, shell, out } = call;
  const sinceMs = flags.since === undefined ? undefined : past('--since', flags.since, shell.clock.now());
  const lines = flags.lines === undefined ? LINES : count('--lines', flags.lines);
  const { services, word, known } =
    flags.realm === true ? { services: undefined, word: args[0], known: [] } : await meaningOf(call);
  if (services !== undefined) {
    const last = flags.lines === undefined ? undefined : lines;
    return showServices(services, { follow: flags.follow === true, sinceMs, last }, call);
  }
  const source = await sourceOf({ word, services: known }, await placeOf(cwd, globals), call);
  const print = globals.json ? (line: string) => printJson(line, source, call) : logPrinter(source.form, out);
  let printed = 0;
  const show = (line: string): void => {
    printed += 1;
    print(line);
  };
  const choose = chooser(source, sinceMs);
  const reader = showOld(source, { choose, sinceMs, most: sinceMs === undefined ? lines : Infinity }, show);
  try {
    if (flags.follow === true) await follow(reader, source, show, call);
    else reader.rest().filter(choose).forEach(show);
    if (printed === 0 && !globals.json) out.write(`${source.none}\n`);
  } finally {
    reader.close();
  }
  return EXIT.done;
}

type Choose = (line: string) => boolean;

/** Whether a line is wanted. A line without a time of its own belongs to the one before. */
function chooser({ form, ref }: LogSource, sinceMs: number | undefined): Choose {
  let isRecent = sinceMs === undefined;
  return (line) => {
    const at = startOf(line, form);
    if (sinceMs !== undefined && at !== undefined) isRecent = at >= sinceMs;
    return isRecent && (ref === undefined || entryOf(line)?.['ref'] === ref);
  };
}

interface Wish {
  readonly choose: Choose;
  readonly sinceMs: number | undefined;
  /** Only the last ones. */
  readonly most: number;
}

/** Shows what is there and answers with a reader that stands at the end. */
function showOld(source: LogSource, { choose, sinceMs, most }: Wish, show: (line: string) => void): LineReader {
  const places = placesOf(source, sinceMs, most);
  const kept: string[] = [];
  let reader = new LineReader(source.paths.at(-1)!);
  for (const { path, from } of places) {
    reader.close();
    reader = new LineReader(path, from);
    for (let lines = reader.read(); lines !== undefined; lines = reader.read()) {
      for (const line of lines) if (choose(line)) kept.push(line);
      if (most === Infinity) kept.splice(0).forEach(show);
      else kept.splice(0, kept.length - most);
    }
  }
  kept.forEach(show);
  return reader;
}

/** Where to begin reading; the file that is being written comes last, even when it is not there yet. */
function placesOf(
  { paths, ref }: LogSource,
  sinceMs: number | undefined,
  most: number,
): { path: string; from: number }[] {
  const current = paths.at(-1)!;
  const older = paths.slice(0, -1);
  const from0 = (path: string): { path: string; from: number } => ({ path, from: 0 });
  if (sinceMs !== undefined) return [...writtenSince(older, sinceMs), current].map(from0);
  if (ref !== undefined) return paths.map(from0);
  const places: { path: string; from: number }[] = [];
  let left = most;
  for (const path of paths.toReversed()) {
    const { from, found } = existsSync(path) ? lastLines(path, left) : { from: 0, found: 0 };
    if (path === current || found > 0) places.unshift({ path, from });
    left -= found;
  }
  return places;
}

async function follow(
  reader: LineReader,
  source: LogSource,
  show: (line: string) => void,
  { shell }: Call,
): Promise<void> {
  const choose = chooser(source, undefined); // what is written from now on is recent
  const left = AbortSignal.any([shell.signal, shell.terminal.readerLeft]);
  while (!left.aborted) {
    const isOver = source.isOver(); // before the last look, so that nothing written until then is missed
    const lines = reader.read();
    for (const line of lines ?? []) if (choose(line)) show(line);
    if (lines !== undefined) continue;
    if (isOver) return reader.rest().filter(choose).forEach(show);
    await sleep(shell.clock, LOOK_MS, left).catch(() => {}); // the reader left: the loop ends
  }
}

function printJson(line: string, { form }: LogSource, { out }: Call): void {
  writeJsonLine(out, form === 'text' ? { line } : (entryOf(line) ?? { msg: line }));
}
