// Writes new files into somebody's folder without ever replacing one of theirs.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf, messageOf, RealmError } from '../errors.ts';
import { writeAtomic } from '../files.ts';

export interface NewFile {
  /** Relative to the folder that is written into. */
  readonly path: string;
  readonly text: string;
  /** When it is there already: refuse everything (default), leave it, or add the lines it lacks. */
  readonly existing?: 'refuse' | 'keep' | 'add-lines';
}

export interface Written {
  readonly written: readonly string[];
  /** Were there and hold everything already, or are the owner's affair. */
  readonly kept: readonly string[];
}

/** All or nothing. Throws SCAFFOLD_EXISTS naming every file in the way, SCAFFOLD_FAILED when one cannot be written. */
export function writeNew(folder: string, files: readonly NewFile[]): Written {
  const present = new Map(files.map((file) => [file, contentOf(join(folder, file.path))]));
  const inTheWay = files.filter((file) => present.get(file) !== undefined && (file.existing ?? 'refuse') === 'refuse');
  if (inTheWay.length > 0)
    throw new RealmError(
      'SCAFFOLD_EXISTS',
      `Already there: ${inTheWay.map(({ path }) => path).join(', ')} in ${folder}.`,
      {
        hint: 'Nothing was written. Move them away, or choose another name or folder.',
      },
    );
  const written: string[] = [];
  const created: string[] = [];
  try {
    for (const file of files) {
      const before = present.get(file);
      const text =
        before === undefined ? file.text : file.existing === 'add-lines' ? merged(before, file.text) : before;
      if (text === before) continue;
      if (before === undefined) created.push(...create(join(folder, file.path), text));
      else writeAtomic(join(folder, file.path), text);
      written.push(file.path);
    }
  } catch (error) {
    for (const path of created.reverse()) rmSync(path, { force: true, recursive: true });
    throw new RealmError('SCAFFOLD_FAILED', `Could not write into ${folder}: ${messageOf(error)}`, {
      hint: 'What this command had written is gone again. Check the rights of the folder and the space on the disk.',
      cause: error,
    });
  }
  return { written, kept: files.map(({ path }) => path).filter((path) => !written.includes(path)) };
}

/** What was made, the outermost first: the file, and the topmost folder that was not there. */
function create(path: string, text: string): string[] {
  const folder = mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { flag: 'wx' }); // a file that appeared meanwhile is not replaced either
  return folder === undefined ? [path] : [folder];
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = errnoOf(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR' || code === 'ENOTDIR') return '';
    throw new RealmError('SCAFFOLD_FAILED', `Could not read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function merged(before: string, wanted: string): string {
  const have = new Set(before.split(/\r?\n/).map((line) => line.trim()));
  const missing = wanted.split('\n').filter((line) => line.trim() !== '' && !have.has(line.trim()));
  if (missing.length === 0) return before;
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  return `${before}${gap}${missing.join('\n')}\n`;
}
