// What happened, as a sentence for people.
import type { EventView } from '../../api/door.ts';
import type { EventName, RealmEvents } from '../../contract/events.ts';
import type { Style } from './colour.ts';
import type { Output } from './terminal.ts';
import { aboutBytes, hang, padEnd, printable, widthOf } from './text.ts';
import { exactSpan } from './time.ts';
import { timeline } from './timeline.ts';

type Data = Readonly<Record<string, unknown>>;

const SENTENCES: { readonly [K in EventName]?: (data: RealmEvents[K]) => string } = {
  'realm.started': ({ version, pid, purpose }) => `process ${pid} began, Realm ${version} (${purpose})`,
  'realm.stopped': ({ reason, left = [] }) =>
    `ended: ${reason}${left.length === 0 ? '' : `; could not be ended: ${left.join(', ')}`}`,
  'realm.reloaded': ({ added, changed, removed }) =>
    `config reloaded: ${added} added, ${changed} changed, ${removed} no longer declared`,
  'realm.reloadFailed': ({ message }) =>
    `config is invalid, the last good one stays: ${message}; \`realm validate\` says where`,
  'resource.applied': ({ reason, fields }) => `applied (${reason}): ${fieldsText(fields)}`,
  'resource.failed': ({ message }) => `failed: ${message}`,
  'resource.drifted': ({ fields }) => `drifted: ${fieldsText(fields)}`,
  'resource.removed': () => 'removed',
  'resource.forgotten': ({ kept }) => `let go: ${kept}`,
  'condition.changed': ({ type, to, reason, message }) =>
    `${type} is ${to} (${reason})${message === '' ? '' : `: ${message.split('\n')[0]}`}`,
  'plugin.degraded': ({ plugin, where, message }) => `plugin ${plugin}: ${where}: ${message}`,
  'plugin.recovered': ({ plugin }) => `plugin ${plugin} works again`,
  'run.queued': ({ id, action, trigger }) => `run ${id} (${action}) waits, asked for by: ${trigger}`,
  'run.started': ({ id, action }) => `run ${id} (${action}) started`,
  'run.ended': ({ id, action, state, reason }) =>
    `run ${id} (${action}) ${state}${reason === '' || reason === null ? '' : `: ${reason}`}`,
  'override.set': ({ effect, why, until }) => `${effect}${until === null ? '' : ` until ${until}`}: ${why}`,
  'override.cleared': ({ effect, why }) => `${effect} taken back: ${why}`,
  'approval.requested': ({ id, what }) => `waits for a yes: ${what} (\`realm approve ${id} --why TEXT\`)`,
  'approval.answered': ({ id, state, why }) => `approval ${id} ${state}: ${why}`,
  'service.started': ({ pid, because }) => `started as process ${pid}: ${because}`,
  'service.ready': ({ afterMs }) => `ready after ${exactSpan(afterMs)}`,
  'service.exited': ({ why, lines }) => `ended: ${why}${lastOf(lines)}`,
  'service.restarted': ({ pid, because, restarts }) => `restarted as process ${pid} (restart ${restarts}): ${because}`,
  'service.crashlooping': ({ times, why, lines }) => `ended ${times} times in a row, last: ${why}${lastOf(lines)}`,
  'service.stopped': ({ why }) => `stopped: ${why}`,
  'service.stopBlocked': ({ pids, forMs }) => `has not stopped for ${exactSpan(forMs)}: ${pids.join(', ')} still there`,
  'service.logTruncated': ({ file }) => `somebody shortened ${file}`,
  'host.unreachable': ({ address, why }) => `${address} cannot be reached: ${why}`,
  'host.reachable': ({ address }) => `${address} can be reached again`,
  'disk.filling': ({ path, usedPercent, limitPercent }) =>
    `the filesystem of ${path} is ${usedPercent} % full (limit ${limitPercent} %)`,
  'disk.freed': ({ path, usedPercent }) => `the filesystem of ${path} has room again: ${usedPercent} % full`,
  'backup.completed': ({ id, target, files, bytes }) => `${id} is in ${target}: ${files} files, ${aboutBytes(bytes)}`,
  'backup.failed': ({ why }) => `no good snapshot: ${why}`,
  'backup.pruned': ({ target, ids }) => `nothing keeps them, into the trash of ${target}: ${ids.join(', ')}`,
  'backup.verified': ({ id, target }) => `${id} in ${target} is as it was saved`,
  'backup.drilled': ({ id, seconds, bytes }) => `${id} restores: ${aboutBytes(bytes)} in ${seconds.toFixed(1)} s`,
  'backup.restored': ({ ids, to }) => `${ids.join(' and ')} restored to ${to}`,
  'agent.recoveryBegan': ({ id, why, by }) =>
    by === 'death' ? `dead: ${why}; recovery ${id} begins` : `recovery ${id} begins, asked for by ${by}: ${why}`,
  'agent.restored': ({ id, snapshots, remarks }) =>
    `recovery ${id}: its home is back from ${snapshots.join(' and ')}${remarks.length === 0 ? '' : `; ${remarks.join('; ')}`}`,
  'agent.tryFailed': ({ id, attempt, snapshot, why }) =>
    `recovery ${id}, try ${attempt} (${snapshot ?? 'started anew'}) failed: ${why}`,
  'agent.recovered': ({ id, attempts, snapshots, tookMs }) =>
    `recovery ${id}: it is heard after ${exactSpan(tookMs)}, try ${attempts}${snapshots.length === 0 ? '' : ` (${snapshots.join(' and ')})`}`,
  'agent.escalated': ({ id, why, attempts, bundle }) =>
    `recovery ${id}: not brought back after ${attempts === 1 ? '1 try' : `${attempts} tries`}: ${why}; all there is to know is in ${bundle}`,
  'agent.recoverySlow': ({ id, forMs }) => `recovery ${id} has taken ${exactSpan(forMs)} so far`,
  'agents.allDown': ({ count, forMs }) => `all ${count} agents are down for ${exactSpan(forMs)}`,
  'agents.someUp': ({ count }) => `${count === 1 ? '1 agent is' : `${count} agents are`} up again`,
  'messages.held': ({ count, id, reason }) => `${messagesText(count, id)} held: ${reason}`,
  'messages.escalated': ({ count, id, reason }) => `${messagesText(count, id)} a person's to look at: ${reason}`,
  'messages.dead': ({ count, id, reason }) => `${messagesText(count, id)} dead: ${reason}`,
  'messages.refused': ({ count, id, reason }) =>
    `refused${count === 1 ? '' : ` ${count} files`}, first ${id}: ${reason}`,
  'messages.stuck': ({ why }) => why,
  'messages.damaged': ({ segment, bytes, kept, lines }) =>
    [
      ...(kept === null
        ? []
        : [`${bytes} bytes were cut off the end of segment ${segment} of the message log, see ${kept}`]),
      ...(lines === 0 ? [] : [`${lines} lines of segment ${segment} of the message log cannot be read`]),
    ].join('; '),
  'messages.replayed': ({ after, count }) => `gets ${count} messages again, those after number ${after}`,
  'alert.sent': ({ alert, to, message }) => `${alert} told ${to}: ${message}`,
  'alert.failed': ({ alert, to, why, tries, isGivenUp }) =>
    `${alert} could not tell ${to} (try ${tries}${isGivenUp ? ', the last' : ''}): ${why}`,
  'store.full': ({ message }) => message,
  'store.recovered': ({ message }) => message,
  'store.damaged': ({ message }) => message,
  'journal.gap': ({ from, to, reason }) => `events ${from} to ${to} are missing: ${reason}`,
};

const messagesText = (count: number, id: string): string =>
  count === 1 ? `message ${id} is` : `${count} messages, first ${id}, are`;
const lastOf = (lines: readonly string[]): string => (lines.length === 0 ? '' : `; last line: ${lines.at(-1)}`);
const fieldsText = (fields: readonly string[]): string => fields.map((field) => field || 'all of it').join(', ');

/** Of events that are not Realm's own, the keys and values. */
export function sentence({ type, data }: Pick<EventView, 'type' | 'data'>): string {
  const known = Object.hasOwn(SENTENCES, type) ? SENTENCES[type as EventName] : undefined;
  const said = known === undefined ? undefined : asKnown(known, data);
  if (said !== undefined && !said.includes('undefined')) return said; // else it was written by another version
  return Object.entries((data ?? {}) as Data)
    .filter(([key]) => key !== 'ref')
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

function asKnown(say: (data: never) => string, data: unknown): string | undefined {
  try {
    return say((data ?? {}) as never);
  } catch {
    return undefined; // something it speaks of is not in an event of another version
  }
}

/** Bad news is red, trouble that may pass is yellow. */
export function eventStyle({ type, data }: Pick<EventView, 'type' | 'data'>): Style | undefined {
  if (/failed|degraded|full|gap|crashlooping|blocked|unreachable|damaged/i.test(type)) return 'red';
  const { to, state, type: condition } = (data ?? {}) as Data;
  if (type === 'run.ended' && ['failed', 'lost'].includes(String(state))) return 'red';
  if (type === 'condition.changed' && condition === 'Ready' && to !== 'True') return 'yellow';
  return ['approval.requested', 'override.set', 'resource.drifted'].includes(type) ? 'yellow' : undefined;
}

const TYPE_CELLS = 18;

/** Answers, for each event in turn, its lines: time, number, type, resource, and what happened. */
export function eventLines(out: Output): (event: EventView) => string {
  const when = timeline(out);
  return (event) => {
    const { seq, time, type, ref } = event;
    const moment = when(Date.parse(time));
    const head = `${padEnd(String(seq), 5)} `;
    const kind = `${padEnd(printable(type), TYPE_CELLS)} `;
    const about = ref === undefined ? '' : `${ref}  `;
    const margin = widthOf(moment.slice(moment.lastIndexOf('\n') + 1)) + 1 + head.length;
    const used = margin + widthOf(kind + about);
    const said = hang(printable(sentence(event)), out.columns, used, margin + 2);
    return `${moment} ${out.paint('dim', head)}${out.paint(eventStyle(event), kind)}${out.paint('bold', about)}${said}\n`;
  };
}
