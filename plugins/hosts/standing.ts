// How a service of another host is, for those here that come after it.
import type { Context, Ref, ThereView } from 'realm-runner/plugin';
import type { Health } from './health.ts';
import { probe } from './probe.ts';
import { addressFrom, type Host, servicesOf } from './spec.ts';

interface Asker {
  readonly health: Health;
  readonly self: string | null;
}

/** As it was in the last round, or asked now when no round was lately. undefined: the host does not say that it offers it. */
export async function standingOn(
  host: Host,
  ref: Ref,
  { health, self }: Asker,
  ctx: Context,
): Promise<ThereView | undefined> {
  const service = servicesOf(host.spec).find(({ name }) => ref === `service/${name}`);
  if (service === undefined) return undefined;
  const known = health.of(host, ctx);
  const lately = health.isStale(known, ctx.now()) ? undefined : known?.services[service.name];
  if (lately !== undefined) return { isReady: known!.missed === 0 ? lately.healthy : null, why: lately.why };
  const { healthy, answered, why } = await probe(service, addressFrom(host, self), ctx);
  return { isReady: answered ? healthy : null, why };
}
