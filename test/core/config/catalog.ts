// Kinds to check configurations against: the real `file`, and small ones with every sort of value.
import type { Plugin, Setup } from '../../../core/contract/plugin.ts';
import type { Kind, Problem } from '../../../core/contract/kind.ts';
import type { Catalog } from '../../../core/model/declaration.ts';
import { s } from '../../../core/schema/schema.ts';
import file from '../../../plugins/file/index.ts';

const any = <Spec>(kind: Kind<Spec, never>): Kind => kind as unknown as Kind; // as the registry erases it

const host = any({ name: 'host', section: 'hosts', spec: s.object({ address: s.string({ minLength: 1 }) }) });

const restart = s.object({
  policy: s.oneOf('always', 'on-failure'),
  backoff: s.duration().optional(),
  waits: s.durations().optional(),
});
const serviceSpec = s.object({
  command: s.union(s.list(s.string(), { minItems: 1 }), s.string({ minLength: 1 })),
  port: s.integer({ minimum: 1, maximum: 65535 }).optional(),
  env: s.map(s.textOrSecret()).default({}),
  ready: s.object({ http: s.string(), within: s.duration().default('20s') }).optional(),
  restart: s.union(s.oneOf('always', 'never'), restart).default('always'),
  within: s.duration().default('30s'),
  memory: s.bytes().optional(),
});
const service = any<{ readonly port?: number }>({
  name: 'service',
  section: 'services',
  spec: serviceSpec,
  overrides: ['stop'],
  check(all) {
    const problems: Problem[] = [];
    const byPort = new Map<number, string>();
    for (const { ref, spec } of all) {
      if (spec.port === undefined) continue;
      if (spec.port === 13) throw new Error('unlucky');
      const first = byPort.get(spec.port);
      if (first === undefined) byPort.set(spec.port, ref);
      else
        problems.push({
          ref,
          path: 'port',
          message: `${first} listens on ${spec.port} too`,
          hint: 'take another port',
        });
    }
    return problems;
  },
});

const agentSpec = s.object({ home: s.path(), command: s.list(s.string()), token: s.secret().optional() });
const agent = any<{ readonly command: readonly string[]; readonly token?: unknown }>({
  name: 'agent',
  section: 'agents',
  spec: agentSpec,
  derive: ({ name, spec: { command, token } }) => [
    { ref: `service/agent-${name}`, spec: { command, ...(token === undefined ? {} : { env: { TOKEN: token } }) } },
  ],
});

const backup = any({
  name: 'backup',
  section: 'backups',
  spec: s.object({
    schedule: s.schedule().example('0 7 * * *'),
    timezone: s.timezone().optional(),
    to: s.list(s.union(s.ref('host'), s.object({ engine: s.string(), repository: s.secret() }))),
  }),
});

const PLUGINS: Readonly<Record<string, readonly Kind[]>> = {
  file: kindsOf(file),
  hosts: [host],
  services: [service],
  agents: [agent],
  backup: [backup],
};

function kindsOf(plugin: Plugin): Kind[] {
  const kinds: Kind[] = [];
  plugin.setup({ kind: (kind: unknown) => kinds.push(kind as Kind) } as unknown as Setup, undefined);
  return kinds;
}

const SETTINGS = {
  'tavern-ws': [
    'tavern',
    s.object({ port: s.integer({ minimum: 1 }).default(8888), auth: s.oneOf('token', 'none').default('token') }),
  ],
  needy: ['needy', s.object({ url: s.string({ minLength: 1 }).about('Where it is.') })],
} as const;

/** The catalog of a realm that uses these plugins. */
export function catalogOf(plugins: readonly string[]): Catalog {
  const kinds = plugins.flatMap((plugin) =>
    (PLUGINS[plugin] ?? []).map((kind) => [kind.section, { plugin, kind }] as const),
  );
  const settings = Object.entries(SETTINGS)
    .filter(([plugin]) => plugins.includes(plugin))
    .map(([plugin, [section, schema]]) => [section, { plugin, schema }] as const);
  return { kinds: new Map(kinds), settings: new Map(settings) };
}
