// What a check of `realm doctor` is given, and what it answers.
import type { Loaded } from '../../kernel/load.ts';
import type { Place } from '../place.ts';
import type { Call } from '../shell.ts';

export interface Finding {
  /** ok: as it should be. warning: works, and may not for long. problem: something does not work. */
  readonly state: 'ok' | 'warning' | 'problem';
  /** One sentence with the values. */
  readonly message: string;
  /** What to type. */
  readonly hint?: string;
}

export interface Patient {
  readonly call: Call;
  readonly place: Place;
  /** Undefined when the config is invalid. */
  readonly loaded: Loaded | undefined;
}

export const ok = (message: string): Finding => ({ state: 'ok', message });
export const warning = (message: string, hint: string): Finding => ({ state: 'warning', message, hint });
export const problem = (message: string, hint: string): Finding => ({ state: 'problem', message, hint });
