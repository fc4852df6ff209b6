// `realm hosts`: every machine, how it was when it was last asked, and which of them this one is.
import { type Action, type Context, type GpusView, s, table } from 'realm-runner/plugin';
import { type Gpus, NOT_LOOKED } from './gpu/gpus.ts';
import type { Health, HostHealth } from './health.ts';
import { hostsOf, type Selves } from './selves.ts';
import { type Host, servicesOf, urlOf } from './spec.ts';

/** The shape that `realm hosts --json` prints. */
export interface HostsAnswer {
  readonly version: 1;
  /** null: unregistered. */
  readonly self: string | null;
  readonly why: string;
  readonly hosts: readonly {
    readonly id: string;
    readonly name: string;
    readonly address: string;
    readonly role: string | null;
    readonly can: readonly string[] | null;
    /** null: it has nothing that could be asked. */
    readonly reachable: boolean | null;
    /** UTC. */
    readonly lastSeen: string | null;
    readonly services: readonly {
      readonly name: string;
      readonly url: string;
      readonly healthy: boolean | null;
      readonly latencyMs: number | null;
      readonly why: string;
    }[];
  }[];
  /** Of this machine. */
  readonly gpus: GpusView;
  /** The same for people. */
  readonly text: string;
}

export const hostsVerb = (health: Health, selves: Selves, gpus: Gpus): Action<object, HostsAnswer> => ({
  name: 'hosts.list',
  summary: 'List the hosts, which one this is, and how their services are.',
  input: s.object({}),
  effect: 'read',
  cli: { verb: 'hosts' },
  run: async (_input, ctx) => {
    const hosts = hostsOf(ctx);
    const self = await selves.self(ctx);
    const stale = hosts.filter((host) => health.isStale(health.of(host, ctx), ctx.now()));
    await health.ask(stale, self.id, ctx); // nobody watches, or not for long enough
    const rows = hosts.map((host) => rowOf(host, health.of(host, ctx), self.id === host.name, ctx));
    const said = { version: 1 as const, self: self.id, why: self.why, hosts: rows, gpus: gpus.view(ctx) };
    return { ...said, text: textOf(said, ctx) };
  },
});

type Row = HostsAnswer['hosts'][number];

function rowOf({ name: id, spec }: Host, known: HostHealth | undefined, isSelf: boolean, ctx: Context): Row {
  const { name = id, address, role = null, can = null } = spec;
  const services = servicesOf(spec).map((service) => {
    const { healthy = null, latencyMs = null, why = 'not asked yet' } = known?.services[service.name] ?? {};
    return { name: service.name, url: urlOf(service, address), healthy, latencyMs, why };
  });
  const lastSeen = isSelf ? ctx.now() : (known?.lastSeen ?? null);
  return {
    id,
    name,
    address,
    role,
    can,
    reachable: isSelf ? true : (known?.reachable ?? null),
    lastSeen: lastSeen === null ? null : new Date(lastSeen).toISOString(),
    services,
  };
}

function textOf({ self, why, hosts, gpus }: Omit<HostsAnswer, 'text'>, ctx: Context): string {
  const who = self === null ? `This machine is not registered: ${why}.` : `This machine is ${self}: ${why}.`;
  if (hosts.length === 0) return who;
  const lines = hosts.flatMap((host) => [hostLine(host, self, ctx), ...host.services.map(serviceLine)]);
  return [table([], lines), who, ...gpuLines(gpus)].join('\n');
}

/** Those of this machine; nothing where none are looked at. */
function gpuLines({ is, why, gpus }: GpusView): string[] {
  if (is === 'none' || why === NOT_LOOKED) return [];
  if (is === 'unknown') return [`Its GPUs cannot be read, and count as busy: ${why}.`];
  return gpus.map(({ index, name, utilizationPercent: busy, memoryUsedBytes: used, memoryTotalBytes: total }) => {
    const memory = used === null || total === null ? 'memory unknown' : `${gib(used)} of ${gib(total)} GiB`;
    return `GPU ${index} ${name ?? '(no name)'}: ${busy === null ? 'busy, as far as anybody knows' : `${busy} % busy`}, ${memory}`;
  });
}

const gib = (bytes: number): string => (bytes / 1024 ** 3).toFixed(1);

const MARKS = { yes: '✓', no: '✗', unknown: '?' };
const markOf = (is: boolean | null): string => (is === null ? MARKS.unknown : is ? MARKS.yes : MARKS.no);

function hostLine({ id, name, address, role, reachable, lastSeen }: Row, self: string | null, ctx: Context): string[] {
  const called = name === id ? id : `${id} (${name})`;
  const age = lastSeen === null ? '' : agoText(ctx.now() - Date.parse(lastSeen));
  const state =
    id === self ? 'this machine' : reachable === null ? 'nothing to ask' : reachable ? 'answers' : 'no answer';
  const seen = id === self || reachable === null ? state : `${state}, ${age === '' ? 'never seen' : `seen ${age}`}`;
  return [`${markOf(reachable)} ${called}`, address, role ?? '-', seen];
}

const serviceLine = ({ name, url, healthy, latencyMs, why }: Row['services'][number]): string[] => [
  `    ${markOf(healthy)} ${name}`,
  url,
  latencyMs === null ? '-' : `${latencyMs} ms`,
  healthy === true ? '' : why,
];

function agoText(ms: number): string {
  if (ms < 60_000) return 'just now';
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  return ms < 172_800_000 ? `${Math.floor(ms / 3_600_000)} h ago` : `${Math.floor(ms / 86_400_000)} days ago`;
}
