// What `realm watch` says: the table at the start, one line for each thing that happens, and what goes on at the end.
import type { EventView, StatusView } from '../../api/door.ts';
import type { GoingOn } from '../going-on.ts';
import { eventStyle, sentence } from './event.ts';
import { readyCell, tellingCondition } from './status.ts';
import { table } from './table.ts';
import type { Output } from './terminal.ts';
import { hang, padEnd, plural, printable, widthOf } from './text.ts';
import { timeline } from './timeline.ts';

/** `name` is what starts Realm here. */
export function startText({ resources, plugins }: StatusView, output: Output, pid: number, name = 'realm'): string {
  const titles = ['REF', 'READY', 'STATE', 'WHAT IT IS'].map((title) => ({ title }));
  const rows = resources.map(({ ref, ready, conditions, what }) => [
    ref,
    readyCell(ready),
    tellingCondition(conditions)?.reason ?? '-',
    { text: what ?? '', style: 'dim' as const },
  ]);
  const bad = plugins
    .filter(({ degraded }) => degraded !== null)
    .map(({ plugin, degraded }) =>
      output.paint('red', `plugin ${plugin}: ${hang(printable(degraded!), output.columns, plugin.length + 9, 2)}\n`),
    );
  const said = rows.length === 0 ? 'Nothing is declared yet.\n' : table(titles, rows, output.columns, output.paint);
  const tries = [
    ['status', 'what is ready and what is not'],
    [`why ${resources[0]?.ref ?? 'KIND/NAME'}`, 'why it is as it is'],
    ['plan', 'what an edit of realm.config.yaml would do'],
  ].map(([words, about]) => [`  ${name} ${words}`, about!] as const);
  const cells = Math.max(...tries.map(([typed]) => widthOf(typed)));
  const lead = `Process ${pid} keeps ${plural(resources.length, 'resource')} true until Ctrl-C. In another terminal, try:`;
  return `${said}${bad.join('')}\n${hang(lead, output.columns, 0, 0)}\n${tries
    .map(([typed, about]) => `${padEnd(typed, cells)}   ${about}\n`)
    .join('')}\n`;
}

/** Told to whoever watches; the journal has the rest. */
const NEWS: readonly string[] = [
  'resource.applied',
  'resource.failed',
  'resource.removed',
  'resource.forgotten',
  'realm.reloaded',
  'realm.reloadFailed',
  'plugin.degraded',
  'plugin.recovered',
  'run.started',
  'run.ended',
  'approval.requested',
  'service.exited',
  'service.restarted',
  'service.crashlooping',
  'service.stopBlocked',
  'service.logTruncated',
  'host.unreachable',
  'host.reachable',
  'alert.failed',
  'store.full',
  'store.recovered',
  'store.damaged',
];

/** Answers, for each event in turn, a line for a person, or nothing when it says nothing new. */
export function newsLines(out: Output): (event: EventView) => string {
  const when = timeline(out);
  return (event) => {
    const isUnready =
      event.type === 'condition.changed' && turnedUnready(event.data as Readonly<Record<string, unknown>>);
    if (!NEWS.includes(event.type) && !isUnready) return '';
    const moment = when(Date.parse(event.time));
    const about = event.ref === undefined ? '' : `${event.ref}  `;
    const margin = widthOf(moment.slice(moment.lastIndexOf('\n') + 1)) + 1;
    const said = hang(printable(sentence(event)), out.columns, margin + widthOf(about), margin + 2);
    return `${moment} ${out.paint('bold', about)}${out.paint(eventStyle(event), said)}\n`;
  };
}

/** What never was ready is still on its way. */
const turnedUnready = ({ type, from, to }: Readonly<Record<string, unknown>>): boolean =>
  type === 'Ready' && from !== null && to !== 'True';

/** What goes on without a watching process. */
export function runningText({ runs, started }: GoingOn, { columns }: Output, before = ''): string {
  const said = (text: string): string => `${hang(`${before} ${text}`.trimStart(), columns, 0, 0)}\n`;
  if (runs.length + started.length === 0)
    return said('Nothing keeps running. `realm up` keeps the realm true in the background.');
  const list = runs
    .map(({ id, action, ref }) => `  ${id}  ${action}${ref === undefined ? '' : ` for ${ref}`}\n`)
    .join('');
  const many = runs.length + started.length > 1;
  const what = [started.join(', '), runs.length === 0 ? '' : plural(runs.length, 'run')].filter(Boolean).join(' and ');
  const found = many ? 'keep running and are found again' : 'keeps running and is found again';
  const ends = [
    started.length === 0 ? '' : '`realm down --services` ends all',
    runs.length === 0 ? '' : '`realm cancel ID` ends one run',
  ];
  return `${said(`${what} ${found} by the next start; ${ends.filter(Boolean).join(', ')}${runs.length === 0 ? '.' : ':'}`)}${list}`;
}
