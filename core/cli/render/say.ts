// A sentence of the program itself, broken between words where the terminal ends.
import type { Output } from './terminal.ts';
import { hang, printable } from './text.ts';

export const say = (output: Output, sentence: string): void =>
  output.write(`${hang(printable(sentence), output.columns, 0, 0)}\n`);
