// What the machine says of itself: its names, and the addresses of its interfaces.
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import type { ThisMachine } from '../contract/context.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Asks no name server: what can only be known from the network is for others to find out. */
export function thisMachine(env: Env, resolvConf = '/etc/resolv.conf'): ThisMachine {
  const own = hostname().toLowerCase();
  const short = own.split('.')[0]!;
  const made = searchDomains(resolvConf).map((domain) => `${short}.${domain}`);
  const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  return {
    host: env['REALM_HOST'] || undefined,
    names: [...new Set([own, short, ...made, `${short}.local`])],
    addresses: [...new Set(addresses)],
  };
}

/** resolv.conf(5): `search a.example b.example`, or the older `domain a.example`. */
function searchDomains(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return []; // macOS may have none; then the name alone has to do
  }
  return [...text.matchAll(/^(?:search|domain)[ \t]+(.+)$/gm)].flatMap(([, names]) =>
    names!
      .toLowerCase()
      .split(/\s+/)
      .map((name) => name.replace(/\.$/, ''))
      .filter((name) => name !== ''),
  );
}
