// The token with which an agent says that it lives: made once, in a file that nobody else can read.
import { readFileSync } from 'node:fs';
import { timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { type Context, writeAtomic } from 'realm-runner/plugin';
import type { Agent } from './pulse.ts';

type Place = Pick<Context, 'paths'>;
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 40;

/** `.realm/data/agents/<id>/token`. */
export const tokenFile = (name: string, { paths }: Place): string => join(paths.data, name, 'token');

export function readToken(name: string, ctx: Place): string | null {
  try {
    return readFileSync(tokenFile(name, ctx), 'utf8').trim() || null;
  } catch {
    return null; // there is none yet
  }
}

/** Makes it when it is wanted and missing. */
export function withToken({ name, spec }: Agent, ctx: Context): void {
  if (spec.heartbeat?.token !== true || readToken(name, ctx) !== null) return;
  const token = Array.from({ length: LENGTH }, () => LETTERS[Math.floor(ctx.random() * LETTERS.length)]).join('');
  writeAtomic(tokenFile(name, ctx), `${token}\n`, { mode: 0o600 });
}

export function isToken(said: string, name: string, ctx: Place): boolean {
  const known = readToken(name, ctx);
  if (known === null) return false;
  const [one, other] = [Buffer.from(said), Buffer.from(known)];
  return one.length === other.length && timingSafeEqual(one, other);
}
