// The version of this Realm, for the daemon and for whoever talks to it.
import { VERSION } from '../kernel/version.ts';

export const realmVersion: string = VERSION;
