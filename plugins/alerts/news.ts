// What an event means to a person: the one table from events to news about a subject.
import type { EventName, RealmEvent } from 'realm-runner/plugin';
import type { Severity } from './spec.ts';

/** Several troubles of one subject are told apart by their topic. */
export interface News {
  /** A ref where there is one, else `plugin/x`, `disk/path`, `realm/config`. */
  readonly subject: string;
  readonly topic: string;
  /** One word for machines: `crashlooping`, `recovered`. */
  readonly state: string;
  readonly severity: Severity;
  readonly message: string;
  /** The next thing to type, or empty. */
  readonly hint: string;
  /** opens: stands until it clears, or is `gone` with its subject; once: has no end. */
  readonly how: 'opens' | 'clears' | 'gone' | 'once';
}

type Told = readonly [subject: string, topic: string, state: string];

const opens = (severity: Severity, [subject, topic, state]: Told, message: string, hint = ''): News[] => [
  { subject, topic, state, severity, message, hint, how: 'opens' },
];
const once = (severity: Severity, [subject, topic, state]: Told, message: string, hint = ''): News[] => [
  { subject, topic, state, severity, message, hint, how: 'once' },
];
const clears = (subject: string, topic: string, message: string, state = 'recovered'): News[] => [
  { subject, topic, state, severity: 'info', message, hint: '', how: 'clears' },
];
const gone = (subject: string): News[] => [
  { subject, topic: '', state: 'gone', severity: 'info', message: 'no longer declared', hint: '', how: 'gone' },
];

/** From this many failed tries on, that a target cannot be reached is news for the other targets. */
const FAILING_TRIES = 5;
const FULL_PERCENT = 98;
/** Reasons of Stalled that a person gave, or is asked about in another message. */
const KNOWN_WAITS = /^(Override|ApprovalNeeded|Removal)$/;

/** States of agents that have events of their own, which say more. */
const TOLD_OF_AGENTS = /^(Dead|Recovering|Escalated)$/;

type Table = { readonly [K in EventName]?: (event: RealmEvent<K>) => News[] };

const TABLE: Table = {
  'service.crashlooping': ({ data: { ref, times, why, lines } }) =>
    opens(
      'critical',
      [ref, 'crash loop', 'crashlooping'],
      withLines(`ended ${times} times in a row, last: ${why}`, lines),
      `realm why ${ref}`,
    ),
  'service.stopBlocked': ({ data: { ref, pids, forMs } }) =>
    opens(
      'warning',
      [ref, 'stop', 'stop-blocked'],
      `has not stopped for ${Math.round(forMs / 1000)} s: ${pids.join(', ')} still there`,
      'realm blockers',
    ),
  'service.stopped': ({ data: { ref } }) => clears(ref, 'stop', 'it has stopped', 'stopped'),
  'service.started': ({ data: { ref } }) => clears(ref, 'stop', 'it was started'),
  'service.restarted': ({ data: { ref } }) => clears(ref, 'stop', 'it was restarted'),
  'service.exited': ({ data: { ref, why, lines } }) =>
    once('info', [ref, 'exit', 'exited'], withLines(`ended: ${why}`, lines), `realm why ${ref}`),
  'condition.changed': conditionNews,
  'resource.removed': ({ data: { ref } }) => gone(ref),
  'resource.forgotten': ({ data: { ref } }) => gone(ref),
  'host.unreachable': ({ data: { ref, address, why } }) =>
    opens('warning', [ref, 'reach', 'unreachable'], `${address} cannot be reached: ${why}`, 'realm hosts'),
  'host.reachable': ({ data: { ref, address } }) => clears(ref, 'reach', `${address} can be reached again`),
  'plugin.degraded': ({ data: { plugin, where, message } }) =>
    opens('warning', [`plugin/${plugin}`, 'health', 'degraded'], `${where}: ${message}`, 'realm plugin list'),
  'plugin.recovered': ({ data: { plugin } }) => clears(`plugin/${plugin}`, 'health', 'works again'),
  'run.ended': runNews,
  // The run that failed is the news, and Degraded says what it means.
  'backup.failed': () => [],
  'agent.recoveryBegan': ({ data: { ref, why, by } }) =>
    by === 'death'
      ? opens('warning', [ref, 'recovery', 'recovering'], `dead, and brought back from backup: ${why}`, 'realm agents')
      : once('info', [ref, 'recovery by hand', 'recovering'], `brought back from backup, asked for by ${by}: ${why}`),
  'agent.recovered': ({ data: { ref, attempts, snapshots } }) => [
    ...clears(
      ref,
      'recovery',
      `it is back${snapshots.length === 0 ? '' : ` from ${snapshots.join(' and ')}`}, try ${attempts}`,
    ),
    ...clears(ref, 'slow recovery', 'it is back'),
  ],
  // At once, with all there is to know; a person is needed, at night too when it is critical.
  'agent.escalated': ({ data: { ref, why, bundle, critical } }) => [
    ...opens(
      critical ? 'critical' : 'needs-you',
      [ref, 'recovery', 'escalated'],
      `not brought back: ${why}; what was tried is in ${bundle}`,
      `cat ${bundle}/README.txt`,
    ),
    ...clears(ref, 'slow recovery', 'it was given up'),
  ],
  'agent.recoverySlow': ({ data: { ref, forMs } }) =>
    opens('warning', [ref, 'slow recovery', 'slow'], `its recovery has taken ${minutes(forMs)} so far`, 'realm agents'),
  'agents.allDown': ({ data: { count, forMs } }) =>
    opens(
      'critical',
      ['realm/agents', 'all down', 'down'],
      `all ${count} agents are down for ${minutes(forMs)}`,
      'realm agents',
    ),
  'agents.someUp': ({ data: { count } }) => clears('realm/agents', 'all down', `${count} up again`),
  'messages.escalated': ({ data: { ref, count, id, reason } }) =>
    once('needs-you', [ref, 'messages', 'escalated'], `${messagesText(count, id)}: ${reason}`, 'realm messages'),
  'messages.dead': ({ data: { ref, count, id, reason } }) =>
    once('warning', [ref, 'messages', 'dead'], `${messagesText(count, id)}: ${reason}`, 'realm messages --only dead'),
  'messages.refused': ({ data: { ref, count, id, reason } }) =>
    once('warning', [ref, 'outbox', 'refused'], `${messagesText(count, id)}: ${reason}`, 'ls outbox/refused'),
  'messages.stuck': ({ data: { ref, why } }) => once('warning', [ref, 'outbox', 'stuck'], why, 'realm messages'),
  'messages.damaged': ({ data: { segment, kept } }) =>
    once(
      'warning',
      ['realm/messages', 'log', 'damaged'],
      `segment ${segment} of the message log was not as it had been written${kept === null ? '' : `; see ${kept}`}`,
    ),
  'approval.requested': ({ data: { id, ref, what } }) =>
    opens('needs-you', [ref, `approval ${id}`, 'approval-needed'], `waits for a yes: ${what}`, `realm approve ${id}`),
  'approval.answered': ({ data: { id, ref, state, why } }) =>
    clears(ref, `approval ${id}`, `${state}${why === '' ? '' : `: ${why}`}`, state),
  'realm.reloadFailed': ({ data: { message } }) =>
    opens(
      'warning',
      ['realm/config', 'reload', 'invalid'],
      `the edited config is invalid, the last good one stays: ${message}`,
      'realm validate',
    ),
  'realm.reloaded': () => clears('realm/config', 'reload', 'the config is valid and in force'),
  'store.full': ({ data: { message } }) =>
    opens('critical', ['realm/state', 'disk', 'full'], `state cannot be written: ${message}`, 'df -h .realm'),
  'store.recovered': ({ data: { message } }) => clears('realm/state', 'disk', message),
  'store.damaged': ({ data: { message } }) =>
    once('critical', ['realm/state', 'damage', 'damaged'], message, 'realm state recover'),
  'journal.gap': ({ data: { from, to, reason } }) =>
    once('warning', ['realm/journal', 'gap', 'gap'], `events ${from} to ${to} are missing: ${reason}`),
  'disk.filling': ({ data: { path, usedPercent, limitPercent } }) =>
    limitPercent >= FULL_PERCENT
      ? opens('critical', [`disk${path}`, 'space', 'full'], `${usedPercent} % full`, `df -h ${path}`)
      : opens('warning', [`disk${path}`, 'space', 'filling'], `${usedPercent} % full`, `df -h ${path}`),
  'disk.freed': ({ data: { path, usedPercent } }) =>
    clears(`disk${path}`, 'space', `has room again: ${usedPercent} % full`),
  'alert.failed': ({ data: { alert, to, why, tries } }) =>
    tries < FAILING_TRIES
      ? []
      : opens(
          'warning',
          [`alert/${alert}`, to, 'failing'],
          `${to} was not told, ${tries} tries: ${why}`,
          'realm alerts',
        ),
  'alert.sent': ({ data: { alert, to } }) => clears(`alert/${alert}`, to, `${to} can be told again`),
};

/** Empty for what says nothing to a person. Events without a line of their own are news once, as information. */
export function newsOf(event: RealmEvent): readonly News[] {
  const line = TABLE[event.type] as ((event: RealmEvent) => News[]) | undefined;
  try {
    if (line !== undefined) return line(event);
  } catch {
    // A plugin stated something else under this name: it is told as it is, or it would stand in the way for ever.
  }
  const state = event.type.slice(event.type.indexOf('.') + 1);
  const rest = Object.entries(event.data ?? {}).filter(([key]) => key !== 'ref');
  const values = rest.map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return once('info', [event.ref ?? 'realm/realm', event.type, state], values.join(', '));
}

const messagesText = (count: number, id: string): string =>
  count === 1 ? `message ${id}` : `${count} messages, first ${id}`;

/** Conditions that are bad news while True, and the topics under which they stand open. */
export const CONDITION_TOPICS: Readonly<Record<string, string>> = {
  CrashLoop: 'crash loop',
  Stalled: 'stalled',
  Degraded: 'degraded',
};
export const isOver = (topic: string): string => `no longer: ${topic}`;

function conditionNews({ data: { ref, type, to, reason, message } }: RealmEvent<'condition.changed'>): News[] {
  if (ref.startsWith('alert/')) return []; // its targets are told of one by one
  const topic = CONDITION_TOPICS[type];
  if (topic === undefined || to === 'Unknown') return []; // what nobody can see is not over
  const why = message === '' ? reason : message;
  if (to === 'False') return clears(ref, topic, isOver(topic));
  if (type === 'CrashLoop') return []; // its own event says more
  // A service that ends and is restarted is degraded each time; what matters of it is the crash loop.
  const isSmall =
    KNOWN_WAITS.test(reason) ||
    (type === 'Degraded' && ref.startsWith('service/')) ||
    (ref.startsWith('agent/') && TOLD_OF_AGENTS.test(reason));
  return opens(isSmall ? 'info' : 'warning', [ref, topic, topic], `${topic}: ${why}`, `realm why ${ref}`);
}

function runNews({ ref, data: { id, action, state, reason } }: RealmEvent<'run.ended'>): News[] {
  const subject = ref ?? `run/${action}`;
  if (state === 'succeeded') return clears(subject, `run ${action}`, `${action} succeeded`);
  if (state !== 'failed' && state !== 'lost') return [];
  return opens(
    'warning',
    [subject, `run ${action}`, 'run-failed'],
    `${action} ${state}${reason ? `: ${reason}` : ''}`,
    `realm logs ${id}`,
  );
}

const minutes = (ms: number): string => `${Math.round(ms / 60_000)} min`;

const withLines = (text: string, lines: readonly string[]): string =>
  lines.length === 0 ? text : `${text}\n${lines.join('\n')}`;

/** Events that are listened to: all of Realm's own. Those of other plugins cannot be known when this one is set up. */
export const HEARD = [
  'realm.started',
  'realm.stopped',
  'realm.reloaded',
  'realm.reloadFailed',
  'resource.applied',
  'resource.failed',
  'resource.drifted',
  'resource.removed',
  'resource.forgotten',
  'condition.changed',
  'plugin.degraded',
  'plugin.recovered',
  'run.queued',
  'run.started',
  'run.ended',
  'override.set',
  'override.cleared',
  'approval.requested',
  'approval.answered',
  'service.started',
  'service.ready',
  'service.exited',
  'service.restarted',
  'service.crashlooping',
  'service.stopped',
  'service.stopBlocked',
  'service.logTruncated',
  'host.unreachable',
  'host.reachable',
  'disk.filling',
  'disk.freed',
  'backup.completed',
  'backup.failed',
  'backup.pruned',
  'backup.verified',
  'backup.drilled',
  'backup.restored',
  'agent.recoveryBegan',
  'agent.restored',
  'agent.tryFailed',
  'agent.recovered',
  'agent.escalated',
  'agent.recoverySlow',
  'messages.held',
  'messages.escalated',
  'messages.dead',
  'messages.refused',
  'messages.stuck',
  'messages.damaged',
  'messages.replayed',
  'agents.allDown',
  'agents.someUp',
  'alert.sent',
  'alert.failed',
  'store.full',
  'store.recovered',
  'store.damaged',
  'journal.gap',
] as const satisfies readonly EventName[];
