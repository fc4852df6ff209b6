// The version of this Realm, from its package.
import { createRequire } from 'node:module';

export const realmVersion = (): string =>
  (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
