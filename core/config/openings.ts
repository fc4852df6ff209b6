// Where a quote or bracket that causes trouble was opened: the parser notices such a mistake only lines later.
import { Lexer } from 'yaml';

export interface Opening {
  readonly offset: number;
  /** `[`, `{`, `"` or `'`. */
  readonly character: string;
}

const CLOSES: Readonly<Record<string, string>> = { '}': '{', ']': '[' };
/** Marks that the lexer puts between the pieces of the text. */
const MARKS: readonly string[] = ['\u0002', '\u0018', '\u001f', '\uFEFF'];

/** Brackets and quotes that nothing closes, in the order of the text. For a document that the parser found to be wrong. */
export function unclosedIn(text: string): readonly Opening[] {
  const open: Opening[] = [];
  const quotes: Opening[] = [];
  let offset = text.startsWith('\uFEFF') ? 1 : 0;
  for (const piece of new Lexer().lex(text)) {
    if (MARKS.includes(piece)) continue;
    const character = piece.charAt(0);
    const opened = CLOSES[piece];
    if (piece === '{' || piece === '[') open.push({ offset, character });
    else if (opened !== undefined && open.at(-1)?.character === opened) open.pop();
    else if ((character === '"' || character === "'") && (piece.length === 1 || !piece.endsWith(character)))
      quotes.push({ offset, character });
    offset += piece.length;
  }
  return [...open, ...quotes].sort((one, other) => one.offset - other.offset);
}
