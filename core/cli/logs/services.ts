// What services say, for `realm logs [SERVICE...]`: which ones are meant, and their lines with the name before each.
import { stripVTControlCharacters } from 'node:util';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Door } from '../../api/door.ts';
import { isoTime } from '../../clock.ts';
import { RealmError } from '../../errors.ts';
import { isRef } from '../../model/ref.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import type { Style } from '../render/colour.ts';
import { writeJsonLine } from '../render/json.ts';
import type { Output } from '../render/terminal.ts';
import { padEnd, printable } from '../render/text.ts';
import type { Call } from '../shell.ts';

const STREAM = 'services.logs';
const PREFIX = 'service/';
const STYLES: readonly Style[] = ['cyan', 'magenta', 'green', 'yellow', 'blue'];

/** What the words of the command mean. */
export interface Meant {
  /** Names; undefined when something else is meant: a run, what Realm itself logged, or nothing that is known. */
  readonly services?: readonly string[];
  /** Then this word is it. */
  readonly word?: string;
  /** All that could have been meant. */
  readonly known: readonly string[];
}

/** Throws USAGE for several words that are not all services. */
export async function meaningOf({ args, cwd, globals, ...call }: Call): Promise<Meant> {
  const { stateDir } = await placeOf(cwd, globals);
  const isOther = (word: string): boolean =>
    (isRef(word) && !word.startsWith(PREFIX)) || (/^[\w-]+$/.test(word) && existsSync(join(stateDir, 'run', word)));
  const known = args.some(isOther) ? [] : await call.door('look').then(declared).catch(noServices);
  const names = args.map((word) => (word.startsWith(PREFIX) ? word.slice(PREFIX.length) : word));
  if (names.length === 0) return known.length === 0 ? { known } : { services: known, known };
  const at = names.findIndex((name) => !known.includes(name));
  if (at < 0) return { services: [...new Set(names)], known };
  if (args.length === 1 || known.length > 0) return { word: args[at]!, known };
  throw new RealmError('USAGE', `Several logs at once are for services, and ${args[at]} is none.`, {
    hint: `realm logs ${args[at]}`,
  });
}

/** Whoever cannot load the config still wants to see what Realm logged, now more than ever. */
const noServices = (): readonly string[] => [];

async function declared(door: Door): Promise<readonly string[]> {
  if (!(await door.actions()).some(({ name }) => name === STREAM)) return [];
  const { resources } = await door.status();
  return resources.flatMap(({ ref }) => (ref.startsWith(PREFIX) ? [ref.slice(PREFIX.length)] : []));
}

export interface Wish {
  readonly follow: boolean;
  readonly sinceMs: number | undefined;
  readonly last: number | undefined;
}

export async function showServices(
  services: readonly string[],
  { follow, sinceMs, last }: Wish,
  { door, globals, out, shell }: Call,
): Promise<number> {
  const left = AbortSignal.any([shell.signal, shell.terminal.readerLeft]);
  const since = sinceMs === undefined ? {} : { since: isoTime(sinceMs) };
  const input = { services, follow, ...since, ...(last === undefined ? {} : { last }) };
  const print = globals.json ? (item: Said) => writeJsonLine(out, item) : printer(services, out);
  let printed = 0;
  for await (const item of (await door('look')).stream(STREAM, input, left)) {
    print(item as Said);
    printed += 1;
    if (left.aborted) break;
  }
  if (printed === 0 && !globals.json && !left.aborted) out.write(`${nothingSaid(services, sinceMs)}\n`);
  return EXIT.done;
}

interface Said {
  readonly service: string;
  readonly line: string;
}

/** Who alone speaks needs no name before each line. */
function printer(services: readonly string[], out: Output): (said: Said) => void {
  const width = Math.max(...services.map((name) => name.length));
  const heads = new Map(
    services.map((name, at) => [name, `${out.paint(STYLES[at % STYLES.length], padEnd(name, width))} | `]),
  );
  return ({ service, line }) => {
    const head = services.length === 1 ? '' : (heads.get(service) ?? '');
    out.write(`${head}${printable(stripVTControlCharacters(line))}\n`);
  };
}

const nothingSaid = (services: readonly string[], sinceMs: number | undefined): string =>
  `${services.join(', ')}: nothing has been said${sinceMs === undefined ? ' so far' : ' since then'}. \`realm logs --realm\` shows what Realm itself logged.`;
