// Every command of Realm itself: its words, flags, one line of help, and the file that does it, loaded when it is used.
import type { Command } from './shell.ts';

export interface Flag {
  /** As commander reads it: `--out <file>`, `--follow`. */
  readonly flags: string;
  readonly about: string;
  /** May be given several times. */
  readonly isList?: boolean;
}
/** Whether the words of this verb say which host this machine is. */
export const saysHost = ({ flags = [] }: Verb): boolean => flags.includes(host);

export interface Verb {
  /** One or two words. */
  readonly name: string;
  readonly group: string;
  readonly summary: string;
  /** What its help says after the summary, where that does not say it all. */
  readonly detail?: string;
  /** As commander reads them: `<ref>`, `[run]`. The name says what completion offers. */
  readonly args?: readonly string[];
  readonly flags?: readonly Flag[];
  /** Shown under its help. */
  readonly examples?: readonly string[];
  /** What its exit codes mean, where they say more than done or failed; shown under its help. */
  readonly exits?: readonly string[];
  readonly isHidden?: boolean;
  /** The command ends by itself on Ctrl-C, in its own time. */
  readonly ownsSignals?: boolean;
  /** What it answers depends on the values in the config, so a holder that sees others is told. */
  readonly compares?: boolean;
  load(): Promise<{ readonly run: Command }>;
}

export const GROUPS = {
  converge: 'Declare and converge',
  look: 'Look',
  steer: 'Steer',
  daemon: 'Keep it true',
  write: 'Write configs and plugins',
  help: 'Help',
} as const;

const target: Flag = {
  flags: '--target <ref>',
  about: 'only these, and what they come after; `*` matches',
  isList: true,
};
const exclude: Flag = { flags: '--exclude <ref>', about: 'not these; `*` matches', isList: true };
const why: Flag = { flags: '--why <text>', about: 'the reason, shown wherever this counts' };
const until: Flag = { flags: '--until <when>', about: 'ends by itself: `2h`, or a time as in 2030-01-31T18:00:00Z' };
/** Kept by whoever watches, so it is a flag of what looks or watches by itself. */
const host: Flag = { flags: '--host <id>', about: 'this machine is that host of the config; also REALM_HOST' };
const follow: Flag = { flags: '-f, --follow', about: 'go on as it happens' };

const CONVERGE: readonly Verb[] = [
  {
    name: 'validate',
    group: GROUPS.converge,
    summary: 'Check the config; look at nothing else',
    detail:
      'Every error at once, with its place and what to do. What the config talks about is not looked at: a valid config may still fail to apply.',
    load: () => import('./commands/validate.ts'),
  },
  {
    name: 'plan',
    group: GROUPS.converge,
    summary: 'Show what would change; change nothing',
    detail: 'Looks at everything that is declared, and compares. The runtime itself forbids it to write.',
    flags: [{ flags: '--out <file>', about: 'keep the plan for `realm apply FILE`' }, target, exclude, host],
    exits: [
      '0 nothing to change',
      '2 changes',
      '1 something could not be looked at, whether or not there are changes: unknown is never "nothing to do"',
    ],
    examples: ['realm plan --target "service/*"', 'realm plan --out today.json && realm apply today.json'],
    compares: true,
    load: () => import('./commands/plan.ts'),
  },
  {
    name: 'apply',
    group: GROUPS.converge,
    summary: 'Change the world to what is declared',
    detail: 'Shows the plan, asks, and does exactly what was shown. While a daemon watches, the daemon does it.',
    args: ['[plan]'],
    flags: [
      { flags: '--allow-deletions', about: 'also when it removes much at once' },
      target,
      exclude,
      { flags: '--timeout <duration>', about: 'stop waiting after this; default 5m' },
      host,
    ],
    exits: [
      '0 all is as declared',
      '4 something is held, or nobody said yes',
      '1 something failed, is blocked or could not be looked at',
    ],
    examples: ['realm apply', 'realm apply --yes --target file/motd'],
    compares: true,
    load: () => import('./commands/apply.ts'),
  },
  {
    name: 'drift',
    group: GROUPS.converge,
    summary: 'Show what moved although the config did not',
    flags: [target, exclude, host],
    exits: ['0 no drift', '3 drift', '1 something could not be looked at, whether or not there is drift'],
    compares: true,
    load: () => import('./commands/drift.ts'),
  },
];

const LOOK: readonly Verb[] = [
  {
    name: 'status',
    group: GROUPS.look,
    summary: 'Show what is ready and what is not',
    args: ['[ref]'],
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'why',
    group: GROUPS.look,
    summary: 'Say why a resource is as it is',
    detail: 'The reasons, the most direct first, what it waits for, its runs, and the events that led there.',
    args: ['<ref>'],
    load: () => import('./commands/why.ts'),
  },
  {
    name: 'events',
    group: GROUPS.look,
    summary: 'List what happened',
    flags: [
      follow,
      { flags: '--since <seq>', about: 'after this sequence number; default: the last 50' },
      { flags: '--type <type>', about: 'only this type, as in resource.applied' },
      { flags: '--ref <ref>', about: 'only about this resource' },
    ],
    examples: ['realm events --follow --ref service/web', 'realm events --since 0 --json | jq .type'],
    load: () => import('./commands/events.ts'),
  },
  {
    name: 'runs',
    group: GROUPS.look,
    summary: 'List runs, newest first',
    args: ['[ref]'],
    flags: [
      { flags: '--only <state>', about: 'only runs in this state, as in failed' },
      { flags: '--limit <count>', about: 'at most this many; default 50, with --json all' },
    ],
    load: () => import('./commands/runs.ts'),
  },
  {
    name: 'logs',
    group: GROUPS.look,
    summary: 'Show what services or a run printed, or what Realm itself logged',
    args: ['[what...]'],
    flags: [
      follow,
      { flags: '--since <when>', about: 'from then on: `2h` ago, or a time as in 2030-01-31T18:00:00Z' },
      { flags: '-n, --lines <count>', about: 'the last ones; default 100' },
      { flags: '--realm', about: 'what Realm itself logged; the default without services' },
    ],
    examples: [
      'realm logs -f                     all services, as they speak',
      'realm logs web worker             two of them',
      'realm logs --realm --since 15m    what Realm itself logged',
      'realm logs file/motd              what it logged about one resource',
      'realm logs 3f9c2ab41d0e77c8 -f    what a run prints',
    ],
    load: () => import('./commands/logs.ts'),
  },
  {
    name: 'doctor',
    group: GROUPS.look,
    summary: 'Check everything Realm itself needs',
    exits: ['0 no problem, maybe warnings', '1 at least one problem'],
    load: () => import('./commands/doctor.ts'),
  },
];

const STAYS = 'The word is kept over restarts, and shown in status, plan and why.';
const override = (name: string, summary: string, detail: string, flags: readonly Flag[] = [why, until]): Verb => ({
  name,
  group: GROUPS.steer,
  summary,
  detail,
  args: ['<ref...>'],
  flags,
  load: () => import('./commands/override.ts'),
});

const STEER: readonly Verb[] = [
  override('stop', 'Stop resources until `start`', `Only what runs can be stopped. ${STAYS}`),
  override('start', 'Take `stop` back', 'What was stopped runs again.', [why]),
  override('pause', 'Pause resources until `resume`', `For what works through something, as a task does. ${STAYS}`),
  override(
    'hold',
    'Look at resources but change nothing until `resume`',
    `They are still looked at, and drift still shows. ${STAYS}`,
  ),
  override('resume', 'Take `pause`, `hold` and maintenance back', 'From then on it is kept as declared again.', [why]),
  {
    name: 'cancel',
    group: GROUPS.steer,
    summary: 'Cancel a run',
    args: ['<run>'],
    flags: [why],
    load: () => import('./commands/cancel.ts'),
  },
  {
    name: 'approvals',
    group: GROUPS.steer,
    summary: 'List what waits for a yes',
    load: () => import('./commands/approvals.ts'),
  },
  {
    name: 'approve',
    group: GROUPS.steer,
    summary: 'Say yes to exactly what was shown',
    args: ['<approval>'],
    flags: [{ ...why, about: 'the reason; kept with the answer, and needed' }],
    load: () => import('./commands/answer.ts'),
  },
  {
    name: 'deny',
    group: GROUPS.steer,
    summary: 'Say no to it',
    args: ['<approval>'],
    flags: [why],
    load: () => import('./commands/answer.ts'),
  },
];

const WRITE: readonly Verb[] = [
  {
    name: 'init',
    group: GROUPS.write,
    summary: 'Write a realm.config.yaml to start from',
    detail: 'Also a drop-in to see how those look, and what editors need. A file that is there already stays as it is.',
    flags: [{ flags: '--vscode', about: 'also settings with which VS Code completes and checks the YAML' }],
    load: () => import('./commands/init.ts'),
  },
  {
    name: 'config',
    group: GROUPS.write,
    summary: 'Show the config as it counts, or where each value was written',
    detail: 'After includes, drop-ins, profiles, references and defaults.',
    flags: [
      { flags: '--resolved', about: 'the whole config with defaults; secrets masked (this is the default)' },
      { flags: '--origin', about: 'each value and its file, line and column' },
    ],
    load: () => import('./commands/config.ts'),
  },
  {
    name: 'schema',
    group: GROUPS.write,
    summary: 'Print the JSON Schema of the config, for editors',
    args: ['[section]'],
    flags: [{ flags: '--write', about: 'write it, and one per section, to .realm/schema' }],
    load: () => import('./commands/schema.ts'),
  },
  {
    name: 'migrate',
    group: GROUPS.write,
    summary: 'Lift an older config to the format of this Realm',
    flags: [{ flags: '--write', about: 'change the file; without it, only say what would change' }],
    load: () => import('./commands/migrate.ts'),
  },
  {
    name: 'plugin list',
    group: GROUPS.write,
    summary: 'List the plugins in use',
    load: () => import('./commands/plugin-list.ts'),
  },
  {
    name: 'plugin new',
    group: GROUPS.write,
    summary: 'Write a plugin that works, with its test',
    args: ['<name>'],
    load: () => import('./commands/plugin-new.ts'),
  },
  {
    name: 'plugin test',
    group: GROUPS.write,
    summary: "Run a plugin's tests, or the suite that every kind must pass",
    args: ['<path>'],
    load: () => import('./commands/plugin-test.ts'),
  },
];

const DAEMON: readonly Verb[] = [
  {
    name: 'watch',
    group: GROUPS.daemon,
    summary: 'Keep the realm true, in front, until Ctrl-C',
    flags: [
      { flags: '--stop-on-exit', about: 'at the end also stop what would keep running' },
      { flags: '--daemon', about: 'as `realm up` starts it: says nothing, never asks' },
      host,
    ],
    exits: [
      '130, 143 ended by Ctrl-C, by SIGTERM, or because the terminal was closed; SIGHUP otherwise means reload',
      '1 it did not stop in time',
    ],
    ownsSignals: true,
    load: () => import('./commands/watch.ts'),
  },
  {
    name: 'up',
    group: GROUPS.daemon,
    summary: 'Keep the realm true, in the background',
    detail:
      'Starts a daemon that goes on when this terminal closes. After a reboot only `realm service install` starts it.',
    flags: [
      { flags: '--restart', about: 'replace the daemon that is there; what it started lives on' },
      { flags: '--until-ready', about: 'return when everything is ready, or when something will not be' },
      { flags: '--timeout <duration>', about: 'with --until-ready: fail after this; default 5m' },
      host,
    ],
    examples: ['realm up --until-ready && npm test'],
    load: () => import('./commands/up.ts'),
  },
  {
    name: 'down',
    group: GROUPS.daemon,
    summary: 'Stop the daemon; what it started lives on',
    flags: [
      {
        flags: '--services',
        about: 'also stop what it started, services and runs, within half a minute; also without a daemon',
      },
    ],
    load: () => import('./commands/down.ts'),
  },
  {
    name: 'reload',
    group: GROUPS.daemon,
    summary: 'Have the daemon read the config again now',
    load: () => import('./commands/reload.ts'),
  },
];

const unitFlags: readonly Flag[] = [
  { flags: '--user', about: 'a unit of this user; the default, except for root' },
  { flags: '--system', about: 'a unit of the whole machine; needs root' },
];
const REPAIR: readonly Verb[] = [
  {
    name: 'service install',
    group: GROUPS.daemon,
    summary: 'Start this realm at boot: write and enable a systemd unit',
    flags: [...unitFlags, { flags: '--print', about: 'show the unit; write nothing' }],
    exits: ['0 it starts at boot from now on', '1 the unit is written, and systemd did not take it'],
    load: () => import('./commands/service.ts'),
  },
  {
    name: 'service uninstall',
    group: GROUPS.daemon,
    summary: 'Take that unit away; what runs goes on',
    flags: unitFlags,
    load: () => import('./commands/service.ts'),
  },
  {
    name: 'state recover',
    group: GROUPS.daemon,
    summary: 'After damage, put a copy of the state in place',
    args: ['[copy]'],
    flags: [{ flags: '--empty', about: 'begin with an empty state' }],
    examples: ['realm state recover', 'realm state recover newest'],
    load: () => import('./commands/state-recover.ts'),
  },
];

const HELP: readonly Verb[] = [
  {
    name: 'explain',
    group: GROUPS.help,
    summary: 'Say what an error code means',
    args: ['[code]'],
    load: () => import('./commands/explain.ts'),
  },
  {
    name: 'completion',
    group: GROUPS.help,
    summary: 'Print completion for bash, zsh or fish',
    args: ['<shell>'],
    examples: [
      'eval "$(realm completion bash)"       # in ~/.bashrc',
      'eval "$(realm completion zsh)"        # in ~/.zshrc',
      'realm completion fish | source        # in ~/.config/fish/config.fish',
    ],
    load: () => import('./commands/completion.ts'),
  },
  {
    name: '__complete',
    group: GROUPS.help,
    summary: 'Words that completion offers',
    args: ['<what>', '[words...]'],
    isHidden: true,
    load: () => import('./commands/complete.ts'),
  },
  {
    name: 'run-action',
    group: GROUPS.daemon,
    summary: 'Carry out the long action whose request lies in this folder',
    args: ['<dir>'],
    isHidden: true,
    ownsSignals: true,
    load: () => import('./commands/run-action.ts'),
  },
];

export const VERBS: readonly Verb[] = [...CONVERGE, ...LOOK, ...STEER, ...DAEMON, ...REPAIR, ...WRITE, ...HELP];
