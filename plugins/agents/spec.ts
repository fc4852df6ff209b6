// What can be said of an agent in YAML.
import { type Infer, s } from 'realm-runner/plugin';

const heartbeat = s.object({
  file: s
    .union(s.boolean(), s.string({ minLength: 1 }))
    .optional()
    .about(
      'A file that it writes anew: `true` is heartbeat.json in its home, a name alone lies in its home, a path in the folder of the config.',
    )
    .example('heartbeat.json'),
  http: s
    .string({ minLength: 1 })
    .optional()
    .about('A path on its port, or a whole URL, asked in this rhythm; any 2xx answer is a beat.')
    .example('/health'),
  token: s
    .boolean()
    .optional()
    .about(
      'It says so itself, with `realm beat` or on the socket; its token is in $REALM_STATE/data/agents/<id>/token.',
    ),
  every: s.duration().default('1m').about('How often it beats.'),
  suspectAfter: s
    .duration()
    .optional()
    .about('Silent for so long it is suspect. Default: three beats, deadAfter at most.'),
  deadAfter: s.duration().default('30m').about('Silent for so long it is dead, and is recovered.'),
});

export const agentSpec = s.object({
  home: s.path().about('Its folder: charter, skills, memory. It runs there.').example('agents/z'),
  command: s
    .union(s.list(s.string(), { minItems: 1 }), s.string({ minLength: 1 }))
    .about('Program and arguments. One text is taken only with `shell: true`.')
    .example(['node', 'agent.js']),
  shell: s.boolean().default(false).about('The command is one text for /bin/sh.'),
  env: s.map(s.textOrSecret()).default({}),
  port: s.integer({ minimum: 1, maximum: 65_535 }).optional().about('Given to it as PORT.'),
  service: s
    .map(s.any())
    .default({})
    .about('More of its service, as it is written under `services:`: `ready`, `restart`, `limits`, `log`.'),
  critical: s.boolean().default(false).about('A person is told at once when it could not be recovered.'),
  heartbeat: heartbeat.optional().about('How it shows that it lives. Default: it lives while its service is ready.'),
  recoverWithin: s.duration().default('5m').about('After a start in a recovery it has to be heard within this time.'),
  attempts: s
    .integer({ minimum: 1, maximum: 20 })
    .default(3)
    .about('So many snapshots are tried before a person is asked.'),
  coolDown: s
    .duration()
    .default('15m')
    .about('Dead again so soon after a recovery, that one goes on: with its count of attempts, and an older snapshot.'),
  from: s
    .list(s.string({ minLength: 1 }), { minItems: 1 })
    .optional()
    .about('Backups to recover from. Default: all that save its home, or parts of it.')
    .example(['weekly', 'daily']),
  keep: s
    .list(s.string({ minLength: 1 }))
    .default(['**/*.jsonl', 'inbox/**', 'outbox/**'])
    .about('Globs in its home of what is only added to: a recovery never puts an older one in its place.'),
});

export type AgentSpec = Infer<typeof agentSpec>;
export type Heartbeat = Infer<typeof heartbeat>;
