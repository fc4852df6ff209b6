// What can be said of a service in YAML.
import { type Infer, s } from 'realm-runner/plugin';

const probe = s.object({
  http: s
    .string({ minLength: 1 })
    .optional()
    .about('A path on the own port, or a whole URL; any 2xx or 3xx answer counts.')
    .example('/health'),
  tcp: s
    .union(s.boolean(), s.integer({ minimum: 1, maximum: 65_535 }))
    .optional()
    .about('A port that accepts a connection; `true` is the own port.'),
  port: s.boolean().optional().about('The own port is listened on by the service itself, not by a stranger.'),
  exec: s
    .list(s.string(), { minItems: 1 })
    .optional()
    .about('A command that ends with 0; run in the folder and the environment of the service.'),
  log: s.regexp().optional().about('A regular expression that a line of its output matches.').example('listening on'),
  file: s.path().optional().about('A file that exists.'),
  every: s.duration().default('5s').about('Time between two tries; ten times as often or more while it starts.'),
  timeout: s.duration().default('5s').about('A try that takes longer has failed.'),
  within: s.duration().default('1m').about('Failures in this time after the start count for nothing.'),
  failures: s.integer({ minimum: 1 }).default(3).about('So many failures in a row mean no.'),
  successes: s.integer({ minimum: 1 }).default(1).about('So many successes in a row mean yes.'),
});

const restartPolicy = s.oneOf('always', 'on-failure', 'never');

const restart = s.union(
  restartPolicy,
  s.object({
    policy: restartPolicy.default('always'),
    backoff: s
      .durations()
      .default('100ms..5m')
      .about('Wait before the second restart in a row, and at most; doubled each time. The first is at once.'),
    stableAfter: s.duration().default('10s').about('Having run so long, the next restart is a first one again.'),
    success: s
      .list(s.integer({ minimum: 0, maximum: 255 }))
      .default([0])
      .about('Exit codes that mean success.'),
  }),
);

const stop = s.object({
  signal: s.oneOf('TERM', 'INT', 'QUIT', 'HUP', 'USR1', 'USR2', 'KILL').default('TERM'),
  grace: s
    .duration()
    .default('10s')
    .about('Then everything that it started is killed; by `realm down --services` within half a minute in any case.'),
});

export const serviceSpec = s.object({
  command: s
    .union(s.list(s.string(), { minItems: 1 }), s.string({ minLength: 1 }))
    .about('Program and arguments. One text is taken only with `shell: true`.')
    .example(['node', 'web.js']),
  shell: s.boolean().default(false).about('The command is one text for /bin/sh.'),
  type: s
    .oneOf('service', 'once')
    .default('service')
    .about('`once`: runs to its end, and never again unless it is changed.'),
  cwd: s.path().default('.'),
  env: s.map(s.textOrSecret()).default({}),
  envFile: s.list(s.path()).default([]).about('Files of NAME=value lines; later ones and `env` win.'),
  inherit: s
    .list(s.string({ pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }))
    .default([])
    .about('Variables to take over from the environment of Realm.'),
  user: s.string({ minLength: 1 }).optional().about('Only when Realm runs as root.'),
  group: s.string({ minLength: 1 }).optional(),
  port: s
    .integer({ minimum: 1, maximum: 65_535 })
    .optional()
    .about('Given to it as PORT. Two services of one host cannot have the same.'),
  ports: s
    .list(s.integer({ minimum: 1, maximum: 65_535 }))
    .default([])
    .about('Further ports it listens on.'),
  ready: probe.optional().about('When others may rely on it. Default: as soon as it runs.'),
  live: probe.optional().about('Whether it still works; restarted when not.'),
  watchdog: s
    .object({ silence: s.duration().optional(), memory: s.bytes().optional() })
    .optional()
    .about('Restarted after so long without output, or above so much memory with all it started.'),
  restart: restart.default('always'),
  stop: stop.default({}),
  watch: s.list(s.path()).default([]).about('Files and folders whose change restarts it.'),
  restartOn: s.list(s.oneOf('secrets')).default([]).about('`secrets`: a changed secret restarts it too.'),
  nice: s.integer({ minimum: -20, maximum: 19 }).optional(),
  limits: s
    .object({
      memory: s
        .bytes()
        .optional()
        .about('Of address space. Node and Go reserve far more than they use: for those, `watchdog.memory`.'),
      files: s.integer({ minimum: 3 }).optional(),
      processes: s.integer({ minimum: 1 }).optional(),
      cpuTime: s.duration().optional(),
    })
    .default({})
    .about('Enforced by the system (setrlimit) for each of its processes.'),
  hostCan: s
    .list(s.oneOf('train', 'infer', 'store', 'compute'), { minItems: 1 })
    .optional()
    .about('It runs only on a host that says it can (`hosts.<id>.can`).'),
  replicas: s.integer({ minimum: 1, maximum: 100 }).default(1),
  log: s
    .object({
      size: s.bytes().default('10MiB'),
      keep: s.integer({ minimum: 0, maximum: 1000 }).default(5),
      pipe: s.boolean().default(false),
    })
    .default({})
    .about('Rotated at this size and each day.'),
});

export type ServiceSpec = Infer<typeof serviceSpec>;
export type ProbeSpec = Infer<typeof probe>;

export interface Restart {
  readonly policy: 'always' | 'on-failure' | 'never';
  readonly backoff: { readonly fromMs: number; readonly toMs: number };
  readonly stableAfter: number;
  readonly success: readonly number[];
}

/** As it stands when only the policy is written. */
export const restartOf = ({ restart: written }: ServiceSpec): Restart =>
  typeof written === 'string'
    ? { policy: written, backoff: { fromMs: 100, toMs: 300_000 }, stableAfter: 10_000, success: [0] }
    : written;
