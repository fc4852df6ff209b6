// The shapes that belong to the kernel: the reserved sections, and the keys that every resource may carry.
import { s } from './schema.ts';

export const NEWEST_VERSION = 1;

/** Reserved top-level keys; no plugin may take one. */
export const RESERVED = ['version', 'realm', 'plugins', 'include', 'profiles', 'secrets', 'backplane'] as const;

/** Lower case to be the same on every filesystem; digits, `_`, `.` and `-` may follow. */
export const NAME_PATTERN = '^[a-z0-9][a-z0-9._-]*$';
export const LONGEST_NAME = 100;

const standing = s
  .oneOf('ready', 'started', 'completed')
  .about('ready: it can be relied on. started: it runs. completed: it ran to its end, with success.');
const until = s.union(
  standing,
  s.object({
    log: s.regexp().about('A line of its output matches this regular expression.').example('listening on'),
  }),
);

export const commonKeys = s.object({
  after: s
    .union(
      s.list(s.ref()),
      s.map(
        s.union(
          standing,
          s.object({
            until: until.default('ready').about('What is waited for: ready, started, completed, or a line of its log.'),
            onLoss: s
              .oneOf('ignore', 'restart', 'stop')
              .default('ignore')
              .about('When that is lost again: nothing; restarted once it is back; or stopped until it is back.'),
          }),
        ),
        s.ref(),
      ),
    )
    .default([])
    .about(
      'What this one waits for before it is changed: a list of resources to be ready, or a map to what is awaited.',
    )
    .example(['service/db'], { 'service/db': 'ready', 'service/migrate': 'completed' }),
  host: s
    .union(s.string({ minLength: 1 }), s.integer({ minimum: 0 }))
    .optional()
    .about('Name of the host on which it lives. Default: this machine.'),
  protect: s.boolean().default(false).about('Changing or removing it needs an approval.'),
  enabled: s.boolean().default(true).about('false: it stays declared, and is left alone.'),
  labels: s.map(s.string()).default({}).about('Words of your own, for selecting and grouping.'),
  was: s.string({ minLength: 1 }).optional().about('Its name before a rename; state, logs and history move along.'),
});

const level = (): ReturnType<typeof s.oneOf<['debug', 'info', 'warn', 'error']>> =>
  s.oneOf('debug', 'info', 'warn', 'error');

export const realmSection = s.object({
  name: s.string({ minLength: 1 }).optional().about('How this realm is called. Default: the name of its folder.'),
  timezone: s
    .timezone()
    .optional()
    .about("IANA zone for schedules and display. Default: the system's.")
    .example('Europe/Berlin'),
  flavour: s.oneOf('rpg', 'plain').default('rpg').about('rpg: technical words are paired with those of the game.'),
  locked: s
    .list(s.string({ minLength: 1 }))
    .default([])
    .about('Globs over dotted config paths; a change there needs an approval.')
    .example(['heroes.*.model']),
  log: s
    .object({
      level: level().default('info').about('How much is written to .realm/logs/realm.log.'),
      plugins: s.map(level()).default({}).about('Another level for single plugins.'),
    })
    .default({})
    .about('Logging.'),
});

export const secretsSection = s.map(
  s.union(
    s.object({ env: s.string({ minLength: 1 }).about('Environment variable that holds it.') }),
    s.object({ file: s.path().about('File that holds it, readable by its owner alone (0600).') }),
    s.object({ command: s.list(s.string(), { minItems: 1 }).about('Command that prints it.') }),
  ),
);

export const backplaneSection = s.object({
  nats: s.string().optional().about('URL of a NATS server; empty or left out: this machine alone.'),
});

export const includeSection = s.list(s.string({ minLength: 1 }));
