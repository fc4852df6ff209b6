// Opens a realm in this process: to look, or to act.
import type { Clock } from '../clock.ts';
import type { Mask } from '../mask.ts';
import { systemWorld, type World } from '../kernel/world.ts';
import type { LeaseHolder } from '../daemon/lease.ts';
import type { Door } from './door.ts';

export interface LocalOptions {
  readonly file: string;
  readonly profile?: string | undefined;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Of this process. Default: one of its own. */
  readonly mask?: Mask;
  readonly signal: AbortSignal;
  /** false: LEASE_BUSY at once instead of waiting. */
  readonly wait: boolean;
  /** LEASE_BUSY for such a holder all the same: it can be asked instead. */
  readonly unless?: (holder: LeaseHolder) => boolean;
  readonly need: 'look' | 'act';
  /** The command, as those see it who wait for it: `realm apply`. */
  readonly purpose: string;
  readonly log?: World['log'];
  /** Says what is waited for. */
  readonly tell?: (sentence: string) => void;
}

/** Each half is loaded only when it is needed: looking must start quickly. */
export async function openLocalDoor(options: LocalOptions): Promise<Door> {
  const world = worldOf(options);
  if (options.need === 'look') return (await import('./look.ts')).lookingDoor(options, world);
  return (await import('./act.ts')).actingDoor(options, world);
}

/** Takes the realm, ends everything in it that would live on without Realm, and gives it back. */
export const endEverything = async (options: LocalOptions): Promise<void> =>
  (await import('./act.ts')).endEverything(options, worldOf(options));

const worldOf = ({ clock, env, log = systemWorld.log }: LocalOptions): World => ({ ...systemWorld, clock, env, log });

export const waitingFor = ({ pid, purpose, since }: LeaseHolder): string =>
  `waiting for process ${pid} (${purpose}), which holds the realm since ${since}`;
