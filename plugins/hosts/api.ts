// What other plugins may ask of hosts.
import { type HostsApi, type HostView, RealmError } from 'realm-runner/plugin';
import type { Gpus } from './gpu/gpus.ts';
import type { Health } from './health.ts';
import { pathOn } from './paths.ts';
import { resolveService } from './resolve.ts';
import { hostsOf, type Selves } from './selves.ts';
import { type Host, servicesOf } from './spec.ts';
import { standingOn } from './standing.ts';

export const hostsApi = (selves: Selves, gpus: Gpus, health: Health): HostsApi => ({
  self: (ctx) => selves.self(ctx),
  find: (id, ctx) => {
    const host = hostsOf(ctx).find(({ name }) => name === id);
    return host && viewOf(host);
  },
  resolve: async (service, ctx, at) =>
    resolveService(service, { hosts: hostsOf(ctx), self: await selves.self(ctx), at }),
  path: (id, path, ctx) => {
    const host = hostsOf(ctx).find(({ name }) => name === id);
    if (host !== undefined) return pathOn(host, path);
    throw new RealmError('HOST_UNKNOWN', `the host ${id} is not declared`, { hint: '`realm hosts` lists them' });
  },
  standing: async (ref, id, ctx) => {
    const host = hostsOf(ctx).find(({ name }) => name === id);
    return host && standingOn(host, ref, { health, self: (await selves.self(ctx)).id }, ctx);
  },
  gpus: (ctx) => gpus.view(ctx),
});

const viewOf = ({ name: id, spec }: Host): HostView => ({
  id,
  name: spec.name ?? id,
  address: spec.address,
  role: spec.role,
  can: spec.can,
  paths: spec.paths,
  services: Object.fromEntries(servicesOf(spec).map(({ name, port }) => [name, port])),
});
