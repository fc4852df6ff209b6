// Lets restic write files out of a snapshot into a folder of ours, and tells which of them it could not.
import { rmSync } from 'node:fs';
import { asUtf8, type ByteText, fromText, toBytes } from '../byte-text.ts';
import type { ResticError } from './command.ts';
import { scratchFor } from './scratch.ts';
import type { Place } from './place.ts';
import { mangled } from './sources.ts';

export interface Restored {
  /** Below it lie the files under the paths they had in the world. Deleted by `using`. */
  readonly folder: string;
  /** Whether restic could not write this one, and why. */
  damage(at: ByteText): string | undefined;
}

/** So many are asked for by name; beyond that the whole snapshot is written, and the rest thrown away. */
const MOST_NAMED = 300;
const MOST_CHARACTERS = 60_000;

/** A name for restic's globs. Arguments are UTF-8, so a byte that is none becomes `?`, which is any one. */
export function pattern(at: ByteText): string {
  const quoted = at.replaceAll(/[*?[\]\\]/g, '\\$&') as ByteText;
  return asUtf8(quoted) ?? quoted.replaceAll(/[\x80-\xff]/g, '?');
}

/** `wanted`: where they lay in the world; undefined: everything. */
export async function restored<T>(
  { restic, scratch }: Place,
  resticId: string,
  wanted: readonly ByteText[] | undefined,
  signal: AbortSignal,
  use: (restored: Restored) => T | Promise<T>,
): Promise<T> {
  const folder = scratchFor(scratch, 'out');
  try {
    const patterns = wanted?.length !== undefined && wanted.length <= MOST_NAMED ? wanted.map(pattern) : [];
    const isNamed = patterns.length > 0 && patterns.join('').length <= MOST_CHARACTERS;
    const includes = isNamed ? patterns.flatMap((one) => ['--include', one]) : [];
    const ended = await restic.attempt(['restore', resticId, '--no-cache', '--target', folder, ...includes], {
      signal,
    });
    if (ended.exit !== 'done' && !ended.errors.some(isOfFile)) throw restic.failure('restic restore', ended);
    const errors = ended.errors.filter(isOfFile);
    return await use({ folder, damage: (at) => damageIn(errors, at) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const IGNORING = 'ignoring error for ';
const isOfFile = ({ message, item }: ResticError): boolean => item !== undefined || message.startsWith(IGNORING);

function damageIn(errors: readonly ResticError[], at: ByteText): string | undefined {
  const shown = mangled(at);
  // A name with a line break is cut there in what restic says: then its beginning has to do.
  const [first = shown] = shown.split('\n');
  for (const { message, item } of errors) {
    const said = (item ?? message.slice(IGNORING.length)).replaceAll(/\uFFFD+/g, '\uFFFD');
    if (item !== undefined && said === shown) return message;
    if (item === undefined && (said.startsWith(`${shown}: `) || (first !== shown && said.startsWith(first)))) {
      return said.slice(shown.length + 2) || message;
    }
  }
  return undefined;
}

/** The path of a restored file, as bytes. */
export const pathIn = (folder: string, at: ByteText): Buffer => toBytes(`${fromText(folder)}${at}` as ByteText);
