// What each file of a config parsed to: a reload parses only what was edited, or nothing that was parsed ahead.
import { type Parsed, parseText } from './parse.ts';
import { readText } from './read.ts';
import type { SourceFile } from './tree.ts';

/** Characters. Longer ones take more than the wait for silence, and are parsed once it is over: some 4,000 resources. */
const LONGEST_AHEAD = 256 * 1024;

export interface ParsedFile extends Parsed {
  readonly file: SourceFile;
}

export class ParsedFiles {
  readonly #known = new Map<string, ParsedFile>();

  /** The very same answer as before where the text is the same: nobody changes a tree. */
  parse(file: SourceFile): ParsedFile {
    const known = this.#known.get(file.path);
    if (known !== undefined && known.file.text === file.text && known.file.by === file.by) return known;
    const parsed = { file, ...parseText(file) };
    this.#known.set(file.path, parsed);
    return parsed;
  }

  /** Parses a file as it is now, if it is one of those and not too long: it may be asked for soon. */
  ahead(path: string): void {
    const known = this.#known.get(path);
    const read = known && readText(path);
    if (known === undefined || read === undefined || 'code' in read) return;
    if (read.text.length <= LONGEST_AHEAD) this.parse({ path, text: read.text, by: known.file.by });
  }

  /** Forgets all others. */
  keep(paths: { has(path: string): boolean }): void {
    for (const path of this.#known.keys()) if (!paths.has(path)) this.#known.delete(path);
  }
}
