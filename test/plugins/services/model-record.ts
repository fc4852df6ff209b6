// What the witness of services knows of each: what it is to be, the life that it saw begin, and what Realm remembers of it.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VirtualProcess } from '../../../core/simulate/process-table.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import type { Name } from './model-steps.ts';

/** What the realm is told to keep true of one service. */
export interface Wanted {
  isDeclared: boolean;
  /** The meaning that is in force. */
  version: string;
  isStopped: boolean;
  onLoss: 'ignore' | 'restart' | 'stop';
}

export interface Life {
  readonly token: string;
  readonly version: string;
  /** The wish for a restart that it carries out, as Realm remembers it: one that comes while it is on its way is another. */
  readonly asked: number | null;
  readonly program: Program;
  readonly beganAt: number;
  /** Somebody or something other than itself may have ended it. */
  isDisturbed: boolean;
  /** It was disturbed when it was about to have ended, or had: nobody can tell which came first. */
  mayHaveEnded: boolean;
  /** Realm had a reason to end it, and has begun to. */
  isEnding: boolean;
}

export interface Record {
  readonly wanted: Wanted;
  life: Life | undefined;
  /** When the world last asked for something else: an edit, a word, a wish, a reboot. */
  toldAt: number;
  askedAt: number;
  /** The last wish for a restart, by the clock of the realm. */
  asked: number | null;
  /** When it was last seen alive, or was known to be. */
  aliveAt: number;
  /** Begins since it was last told something. */
  begins: number[];
}

/** It ends by itself, with success, and is not to be started again then. */
export function endsWell(name: Name, { isDisturbed, program }: Life, inDoubt: boolean): boolean {
  if (!'em'.includes(name) || (isDisturbed && !inDoubt)) return false;
  return program.lastsMs !== undefined && (program.exit ?? 0) === 0;
}

export function serviceOf({ name }: VirtualProcess): Name | undefined {
  if (name === 'shim') return undefined;
  return (name.startsWith('left by ') ? name.slice('left by '.length) : name)[0] as Name;
}

/** Of the last start. `data`: the folder of the services. */
export function remembered(data: string, name: Name): Pick<Life, 'token' | 'asked'> | undefined {
  const path = join(data, name, 'life.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Pick<Life, 'token' | 'asked'>) : undefined;
}
