// realm migrate: lifts the root config of an older Realm to the format of this one; comments stay.
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { RealmError } from '../../errors.ts';
import { writeAtomic } from '../../files.ts';
import { migrateText } from '../../config/migrate.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { shortPath } from '../render/frame.ts';
import { writeJson } from '../render/json.ts';
import { printable } from '../render/text.ts';
import type { Call } from '../shell.ts';

export async function run({ flags, globals, cwd, shell, out }: Call<{ readonly write?: boolean }>): Promise<number> {
  const { file } = await placeOf(cwd, globals);
  const path = realpathSync(file); // a link stays one
  const before = textOf(path);
  const { text, changes } = migrateText(before);
  const isWritten = flags.write === true && text !== before;
  if (isWritten) replace(path, before, text);
  if (globals.json) writeJson(out, { file, changes, written: isWritten });
  else out.write(report(shortPath(file, shell.cwd), changes, isWritten));
  return EXIT.done;
}

function report(file: string, changes: readonly string[], isWritten: boolean): string {
  if (changes.length === 0) return `${file} has the format of this Realm already.\n`;
  const lines = changes.map((change) => `  ${printable(change)}\n`).join('');
  return `${file}\n${lines}${isWritten ? 'Written.\n' : '`realm migrate --write` does it.\n'}`;
}

/** Throws CONFIG_ENCODING for bytes that are no UTF-8: writing them back would lose them. */
function textOf(path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (cause) {
    throw new RealmError('CONFIG_ENCODING', `${path} is not UTF-8 text`, { cause });
  }
}

function replace(path: string, before: string, text: string): void {
  if (textOf(path) !== before)
    throw new RealmError('CONFIG_UNREADABLE', `${path} was edited in the meantime; nothing was written`, {
      hint: 'realm migrate --write',
    });
  writeAtomic(path, text, { mode: statSync(path).mode & 0o777 });
}
