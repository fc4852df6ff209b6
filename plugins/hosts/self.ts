// Which of the declared hosts this machine is: told, or found by its addresses and names; never guessed.
import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { type Context, RealmError, type SelfView, type ThisMachine, writeAtomic } from 'realm-runner/plugin';
import { deadline } from './deadline.ts';
import type { Host } from './spec.ts';

const LOOKUP_MS = 2_000;

/** All addresses of a name; rejects for a name that nobody knows. */
export type NameServer = (name: string) => Promise<readonly { readonly address: string }[]>;
const systemNames: NameServer = (name) => lookup(name, { all: true });

/** What was found once, so that a machine that loses its network is still itself. */
interface Remembered {
  readonly id: string;
  readonly address: string;
  readonly name: string;
}

const isLoopback = (address: string): boolean =>
  address.startsWith('127.') || address === '::1' || address === 'localhost';
const plain = (address: string): string => address.toLowerCase().replace(/\.$/, '').replace(/%.*$/, '');

/**
 * In this order: what it was told (`--host`, REALM_HOST); addresses and names; what name servers say of the
 * addresses; what it was before its network went away. The key of a host is no evidence: another machine may be called so.
 * Throws HOST_UNKNOWN for a host that it was told to be and that is not declared.
 */
export async function selfAmong(hosts: readonly Host[], ctx: Context, names = systemNames): Promise<SelfView> {
  const machine = ctx.machine();
  if (machine.host !== undefined) return told(machine.host, hosts);
  const found = byAddress(hosts, machine);
  if (found !== undefined) return found;
  const looked = await byNameServer(hosts, names, ctx);
  if (looked !== undefined) return looked;
  return remembered(hosts, machine, ctx) ?? unregistered(hosts, machine);
}

function told(id: string, hosts: readonly Host[]): SelfView {
  if (hosts.some(({ name }) => name === id)) return one(id, 'it was told so, by --host or REALM_HOST');
  const known = hosts.map(({ name }) => name).join(', ');
  throw new RealmError('HOST_UNKNOWN', `this machine was told to be the host ${id}, which is not declared`, {
    hint: known === '' ? 'declare it under `hosts:`' : `declared hosts: ${known}`,
  });
}

const one = (id: string, why: string): SelfView => ({ id, why, among: [] });

function among(found: readonly (readonly [id: string, why: string])[]): SelfView | undefined {
  const [first, ...more] = found;
  if (first === undefined) return undefined;
  if (more.length === 0) return one(...first);
  const said = found.map(([id, why]) => `${id} (${why})`).join(' and ');
  return { id: null, why: `it could be ${said}: say which with REALM_HOST`, among: found.map(([id]) => id) };
}

function byAddress(hosts: readonly Host[], { addresses, names }: ThisMachine): SelfView | undefined {
  const own = new Set(addresses.map(plain));
  return among(
    hosts.flatMap(({ name, spec }): [string, string][] => {
      const address = plain(spec.address);
      if (isLoopback(address)) return [[name, `its address is ${spec.address}`]];
      if (own.has(address)) return [[name, `an interface here has ${spec.address}`]];
      return names.includes(address) ? [[name, `this machine is called ${spec.address}`]] : [];
    }),
  );
}

async function byNameServer(hosts: readonly Host[], names: NameServer, ctx: Context): Promise<SelfView | undefined> {
  const own = new Set(ctx.machine().addresses.map(plain));
  const named = hosts.filter(({ spec }) => isIP(plain(spec.address)) === 0);
  if (named.length === 0) return undefined;
  const late = deadline(ctx, LOOKUP_MS);
  const found = await Promise.all(
    named.map(async ({ name, spec }): Promise<[string, string][]> => {
      const asked = names(spec.address).catch(() => []); // a name that nobody knows is nobody's
      const answers = await Promise.race([asked, late.passed.then(() => [])]);
      // A name that a tunnel has put on loopback is the machine at its other end.
      const mine = answers.find(({ address }) => own.has(plain(address)) && !isLoopback(plain(address)));
      return mine === undefined ? [] : [[name, `${spec.address} is ${mine.address}, an address of this machine`]];
    }),
  );
  late.cancel();
  return among(found.flat());
}

/** Beside the plugin's other files, found from the context of any plugin. */
const fileOf = (ctx: Context): string => join(ctx.paths.data, '..', 'hosts', 'self.json');

function remembered(hosts: readonly Host[], machine: ThisMachine, ctx: Context): SelfView | undefined {
  const before = readRemembered(ctx);
  if (before === undefined || before.name !== machine.names[0]) return undefined;
  const same = hosts.find(({ name, spec }) => name === before.id && spec.address === before.address);
  return same && one(before.id, `it was ${before.id} while it had the address ${before.address}`);
}

function readRemembered(ctx: Context): Remembered | undefined {
  try {
    const { id, address, name } = JSON.parse(readFileSync(fileOf(ctx), 'utf8')) as Partial<Remembered>;
    return id === undefined || address === undefined || name === undefined ? undefined : { id, address, name };
  } catch {
    return undefined; // never found, or half-written by something else: then nothing is remembered
  }
}

/** Kept only for what was found, not for what was told. */
export function remember({ id }: SelfView, hosts: readonly Host[], ctx: Context): void {
  const machine = ctx.machine();
  const host = hosts.find(({ name }) => name === id);
  const name = machine.names[0];
  if (host === undefined || name === undefined || machine.host !== undefined) return;
  const now: Remembered = { id: host.name, address: host.spec.address, name };
  if (JSON.stringify(readRemembered(ctx)) !== JSON.stringify(now)) writeAtomic(fileOf(ctx), JSON.stringify(now));
}

function unregistered(hosts: readonly Host[], { names, addresses }: ThisMachine): SelfView {
  if (hosts.length === 0) return { id: null, why: 'no hosts are declared', among: [] };
  const shown = addresses.filter((address) => !isLoopback(address)).join(', ');
  const why = `no declared host has the name or an address of this machine (${names[0] ?? 'no name'}; ${shown || 'no network'})`;
  return { id: null, why, among: [] };
}
