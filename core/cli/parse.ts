// Which command the words mean. Commander is loaded only for lines that are not written just as declared: it costs 15 ms.
import type { Door } from '../api/door.ts';
import { exactly } from './exact.ts';
import type { GlobalFlags } from './global-flags.ts';
import type { Terminal } from './render/terminal.ts';
import type { Verb } from './verbs.ts';

export interface Parsed {
  readonly verb: Verb;
  readonly args: readonly string[];
  readonly flags: Record<string, unknown>;
  readonly globals: GlobalFlags;
}

/** The help or the version was printed; there is nothing more to do. */
export class HelpShown extends Error {
  /** false: it was printed because the line lacks something. */
  readonly wasAskedFor: boolean;
  constructor(wasAskedFor: boolean) {
    super('help was shown');
    this.wasAskedFor = wasAskedFor;
  }
}

/** `bare`: where there is no realm, one with this plugin alone. */
export type OpenDoor = (globals: GlobalFlags, bare?: string) => Promise<Door>;

/** Throws USAGE, and HelpShown. `openDoor` is called only when plugins matter. */
export async function parse(argv: readonly string[], terminal: Terminal, openDoor: OpenDoor): Promise<Parsed> {
  return exactly(argv) ?? (await import('./understand.ts')).understand(argv, terminal, openDoor);
}
