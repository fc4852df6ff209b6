// What can be said of an alert in YAML.
import { type Infer, s } from 'realm-runner/plugin';

export const SEVERITIES = ['critical', 'needs-you', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

const webhook = s.object({
  webhook: s
    .textOrSecret()
    .about('An http or https URL that gets a POST; better a secret, for whoever has it can write.'),
  as: s
    .oneOf('json', 'slack', 'discord', 'text')
    .default('json')
    .about('The body: all fields as JSON, or the text in the form that Slack, Discord or ntfy (`text`) take.'),
  headers: s.map(s.textOrSecret()).default({}),
});
const command = s.object({
  command: s
    .list(s.textOrSecret(), { minItems: 1 })
    .about('Program and arguments; no shell. The message comes as JSON on its input, and as REALM_ALERT_* variables.'),
});
const file = s.object({ file: s.path().about('Gets one line of JSON for each message.') });
const target = s.union(s.oneOf('desktop'), webhook, command, file);

export const alertSpec = s.object({
  on: s
    .list(s.string({ minLength: 1 }), { minItems: 1 })
    .default(['critical', 'needs-you', 'warning'])
    .about('Severities (critical, needs-you, warning, info), and types of events such as `service.*`.'),
  to: s
    .list(target, { minItems: 1 })
    .about('Where it is told; each by itself, so that one that is down delays no other.'),
  digest: s.duration().default('30s').about('What comes within this time of the first goes out as one message.'),
  quiet: s
    .union(
      s.timeOfDay(),
      s.object({ hours: s.timeOfDay(), critical: s.boolean().default(false).about('Hold back what is critical too.') }),
    )
    .optional()
    .about('On the clock of the realm: what is not critical waits for the end.')
    .example('22:00..07:00'),
  retry: s
    .object({
      backoff: s.durations().default('5s..10m').about('Wait before the second try, and at most; doubled each time.'),
      for: s.duration().default('7d').about('What could not be told in this time is given up.'),
    })
    .default({}),
  timeout: s.duration().default('10s').about('A try that takes longer has failed; a command is killed.'),
  deadMan: s
    .object({
      url: s
        .textOrSecret()
        .about('Asked with GET while the daemon lives, so that a stranger can notice when it does not.'),
      every: s.duration().default('1m'),
    })
    .optional(),
});

export type AlertSpec = Infer<typeof alertSpec>;
export type Target = AlertSpec['to'][number];

const waitingTarget = s.object({
  to: s.string(),
  why: s.string(),
  tries: s.integer(),
  /** ms */
  retryAt: s.number(),
});

export const alertState = s.object({
  waiting: s.integer().about('Messages that some target has not got yet.'),
  failing: s.list(waitingTarget),
  deadMan: s.string().optional().about('Why the last ping failed.'),
});
export type AlertState = Infer<typeof alertState>;
