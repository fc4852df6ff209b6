// What can be said of a host in YAML.
import { type Infer, type Resource, s } from 'realm-runner/plugin';

const port = (): ReturnType<typeof s.integer> => s.integer({ minimum: 1, maximum: 65_535 });

const offered = s.union(
  port(),
  s.object({
    port: port(),
    path: s
      .string({ pattern: '^/[^\\s?#]*$' })
      .optional()
      .about('Where its API begins; part of the URL that `realm resolve` gives.')
      .example('/api/ledger'),
    protocol: s.oneOf('http', 'https', 'tcp').default('http').about('tcp: healthy when the port accepts a connection.'),
    health: s
      .string({ pattern: '^/\\S*$' })
      .default('/health')
      .about('What is asked for its health: below the port, not below `path`.'),
  }),
);

export const ABILITIES = ['train', 'infer', 'store', 'compute'] as const;

export const hostSpec = s.object({
  name: s
    .string({ minLength: 1 })
    .optional()
    .about('What people call it. Default: its key.')
    .example('Training Server'),
  address: s
    .string({ minLength: 1, pattern: '^[A-Za-z0-9._:%-]+$' })
    .about('IPv4, IPv6 (without brackets) or a name; `localhost` is the machine that reads this.')
    .example('192.168.1.20', 'trainer.lan'),
  role: s
    .oneOf('trainer', 'inference', 'storage', 'controller', 'hybrid')
    .optional()
    .about('Decides which of several hosts is asked for a service.'),
  can: s
    .list(s.oneOf(...ABILITIES), { minItems: 1 })
    .optional()
    .about('What may be placed here. Left out: anything.'),
  paths: s
    .map(s.string({ minLength: 1 }))
    .default({})
    .about('Names of folders on that host; relative ones to the folder of the config there.')
    .example({ models: '/srv/models' }),
  gpus: s
    .union(
      s.oneOf('nvidia-smi', 'amd', 'amd-smi', 'none'),
      s.object({
        command: s
          .list(s.string({ minLength: 1 }), { minItems: 1 })
          .about('Prints a JSON list of {index, name, utilizationPercent, memoryUsedBytes, memoryTotalBytes}.'),
      }),
    )
    .default('none')
    .about('How its GPUs are looked at. amd: by sysfs, without a tool. What cannot be read counts as busy.'),
  services: s
    .map(offered)
    .default({})
    .about('What listens there: a port, or more about it. Describes, starts nothing.'),
});

export type HostSpec = Infer<typeof hostSpec>;
export type Host = Resource<HostSpec>;
export type GpuSource = HostSpec['gpus'];

export interface OfferedService {
  readonly name: string;
  readonly port: number;
  /** Empty, or begins with a slash. */
  readonly path: string;
  readonly protocol: 'http' | 'https' | 'tcp';
  readonly health: string;
}

/** What a host offers; a bare port is http. */
export function servicesOf({ services }: HostSpec): readonly OfferedService[] {
  return Object.entries(services).map(([name, said]) =>
    typeof said === 'number'
      ? { name, port: said, path: '', protocol: 'http', health: '/health' }
      : { name, port: said.port, path: said.path ?? '', protocol: said.protocol, health: said.health },
  );
}

/** An address as it stands in a URL. */
export const inUrl = (address: string): string => (address.includes(':') ? `[${address}]` : address);

const LOOPBACK = /^(localhost|127\.|::1$)/i;

/** What listens on the machine that asks may listen on loopback alone. */
export const addressFrom = ({ name, spec: { address } }: Host, self: string | null): string =>
  name === self && !LOOPBACK.test(address) ? 'localhost' : address;

export const urlOf = ({ protocol, port, path }: OfferedService, address: string): string =>
  `${protocol}://${inUrl(address)}:${port}${path}`;
