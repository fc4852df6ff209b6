// Which URL a service has, and why that one: pure.
import { RealmError, type ResolvedService, type SelfView } from 'realm-runner/plugin';
import { addressFrom, type Host, type OfferedService, servicesOf, urlOf } from './spec.ts';

/** Services that belong to the machine that trains. */
const TRAINERS = ['ledger', 'vault', 'training'];
const INFERENCE = 'inference';

interface Offer {
  readonly host: Host;
  readonly service: OfferedService;
}

/**
 * The host that is asked for; else this machine if it offers it; else the trainer for ledger, vault and training, the
 * inference host for inference; else the first that is declared. Throws SERVICE_UNRESOLVED.
 */
export function resolveService(
  wanted: string,
  { hosts, self, at }: { readonly hosts: readonly Host[]; readonly self: SelfView; readonly at?: string | undefined },
): ResolvedService {
  const offers = hosts.flatMap((host): Offer[] =>
    servicesOf(host.spec)
      .filter(({ name }) => name === wanted)
      .map((service) => ({ host, service })),
  );
  const [chosen, why] = choose(wanted, offers, { hosts, self, at });
  const ofOffer = ({ host, service }: Offer): { host: string; url: string } => ({
    host: host.name,
    url: urlOf(service, addressFrom(host, self.id)),
  });
  const others = offers.filter((offer) => offer !== chosen).map(ofOffer);
  return { service: wanted, ...ofOffer(chosen), why, others };
}

function choose(
  wanted: string,
  offers: readonly Offer[],
  { hosts, self, at }: { readonly hosts: readonly Host[]; readonly self: SelfView; readonly at?: string | undefined },
): readonly [Offer, string] {
  const first = offers[0];
  if (first === undefined) throw unresolved(`no host offers ${wanted}`, offeredText(hosts));
  if (at !== undefined) {
    if (!hosts.some(({ name }) => name === at))
      throw unresolved(`the host ${at} is not declared`, `declared hosts: ${hosts.map(({ name }) => name).join(', ')}`);
    const there = offers.find(({ host }) => host.name === at);
    if (there !== undefined) return [there, `${at} was asked for`];
    throw unresolved(
      `${at} does not offer ${wanted}`,
      `hosts that do: ${offers.map(({ host }) => host.name).join(', ')}`,
    );
  }
  const here = offers.find(({ host }) => host.name === self.id);
  if (here !== undefined) return [here, `${self.id} offers it and is this machine: ${self.why}`];
  const who = self.id === null ? `this machine is not registered: ${self.why}` : `${self.id} (this machine) does not`;
  if (offers.length === 1) return [first, `only ${first.host.name} offers it; ${who}`];
  const role = TRAINERS.includes(wanted) ? 'trainer' : wanted === INFERENCE ? 'inference' : undefined;
  const byRole = role && offers.find(({ host }) => host.spec.role === role);
  if (byRole) return [byRole, `${byRole.host.name} has the role ${role}, which ${wanted} belongs to; ${who}`];
  return [first, `${first.host.name} is the first of ${offers.length} hosts that offer it; ${who}`];
}

const unresolved = (message: string, hint: string): RealmError =>
  new RealmError('SERVICE_UNRESOLVED', message, { hint });

function offeredText(hosts: readonly Host[]): string {
  const names = [...new Set(hosts.flatMap(({ spec }) => servicesOf(spec).map(({ name }) => name)))];
  return names.length === 0 ? 'declare it under `hosts.<id>.services`' : `offered: ${names.join(', ')}`;
}
