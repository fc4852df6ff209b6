// Whether two processes see the same environment, found out without telling a value.
import { createHash } from 'node:crypto';

type Env = Readonly<Record<string, string | undefined>>;
export type Hashes = Readonly<Record<string, string | null>>;

const valueIn = (env: Env, name: string): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined);

/** SHA-256 of the salt and each value; null for what is not set. */
export function hashesOf(names: readonly string[], env: Env, salt: string): Hashes {
  const hash = (value: string): string => createHash('sha256').update(`${salt}\0${value}`).digest('hex');
  return Object.fromEntries(
    names.map((name) => {
      const value = valueIn(env, name);
      return [name, value === undefined ? null : hash(value)];
    }),
  );
}

export interface Difference {
  readonly name: string;
  /** Who has a value: both (another one each), only this process, or only the one that gave the hashes. */
  readonly has: 'both' | 'we' | 'they';
}

export function differences(theirs: Hashes, env: Env, salt: string): Difference[] {
  const ours = hashesOf(Object.keys(theirs), env, salt);
  return Object.entries(theirs).flatMap(([name, their]): Difference[] => {
    const our = ours[name] ?? null;
    if (our === their) return [];
    return [{ name, has: our === null ? 'they' : their === null ? 'we' : 'both' }];
  });
}
