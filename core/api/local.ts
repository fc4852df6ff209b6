// Opens a realm in this process: to look, or to act.
import type { Clock } from '../clock.ts';
import { systemWorld, type World } from '../kernel/world.ts';
import type { LeaseHolder } from '../daemon/lease.ts';
import type { Door } from './door.ts';

export interface LocalOptions {
  readonly file: string;
  readonly profile?: string | undefined;
  readonly stateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** false: LEASE_BUSY at once instead of waiting. */
  readonly wait: boolean;
  readonly need: 'look' | 'act';
  readonly log?: World['log'];
  /** Says what is waited for. */
  readonly tell?: (sentence: string) => void;
}

/** Each half is loaded only when it is needed: looking must start quickly. */
export async function openLocalDoor(options: LocalOptions): Promise<Door> {
  const world: World = { ...systemWorld, clock: options.clock, env: options.env, log: options.log ?? systemWorld.log };
  if (options.need === 'look') return (await import('./look.ts')).lookingDoor(options, world);
  return (await import('./act.ts')).actingDoor(options, world);
}

export const waitingFor = ({ pid, purpose, since }: LeaseHolder): string =>
  `waiting for process ${pid} (${purpose}), which holds the realm since ${since}`;
