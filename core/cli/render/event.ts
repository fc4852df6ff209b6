// What happened, as a sentence for people.
import type { EventView } from '../../api/door.ts';
import type { EventName, RealmEvents } from '../../contract/events.ts';
import type { Style } from './colour.ts';
import type { Output } from './terminal.ts';
import { hang, padEnd, printable, widthOf } from './text.ts';
import { timeline } from './timeline.ts';

type Data = Readonly<Record<string, unknown>>;

const SENTENCES: { readonly [K in EventName]?: (data: RealmEvents[K]) => string } = {
  'realm.started': ({ version, pid, purpose }) => `process ${pid} began, Realm ${version} (${purpose})`,
  'realm.stopped': ({ reason }) => `ended: ${reason}`,
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
    `${type} is ${to} (${reason})${message === '' ? '' : `: ${message}`}`,
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
  'store.full': ({ message }) => message,
  'store.recovered': ({ message }) => message,
  'journal.gap': ({ from, to, reason }) => `events ${from} to ${to} are missing: ${reason}`,
};

const fieldsText = (fields: readonly string[]): string => fields.map((field) => field || 'all of it').join(', ');

/** Of events that are not Realm's own, the keys and values. */
export function sentence({ type, data }: Pick<EventView, 'type' | 'data'>): string {
  const known = Object.hasOwn(SENTENCES, type) ? SENTENCES[type as EventName] : undefined;
  const said = known?.((data ?? {}) as never);
  if (said !== undefined && !said.includes('undefined')) return said; // else it was written by another version
  return Object.entries((data ?? {}) as Data)
    .filter(([key]) => key !== 'ref')
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
}

/** Bad news is red, trouble that may pass is yellow. */
export function eventStyle({ type, data }: Pick<EventView, 'type' | 'data'>): Style | undefined {
  if (/failed|degraded|full|gap/i.test(type)) return 'red';
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
