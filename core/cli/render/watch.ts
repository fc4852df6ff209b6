// What `realm watch` says: the table at the start, one line for each thing that happens, and what goes on at the end.
import type { EventView, RunRow, StatusView } from '../../api/door.ts';
import { eventStyle, sentence } from './event.ts';
import { readyCell, tellingCondition } from './status.ts';
import { table } from './table.ts';
import type { Output } from './terminal.ts';
import { hang, plural, printable, widthOf } from './text.ts';
import { timeline } from './timeline.ts';

export function startText({ resources, plugins }: StatusView, output: Output, pid: number): string {
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
  return `${said}${bad.join('')}
Process ${pid} keeps ${plural(resources.length, 'resource')} true until Ctrl-C. In another terminal, try:
  realm status              what is ready and what is not
  realm why ${(resources[0]?.ref ?? 'KIND/NAME').padEnd(16)}why it is as it is
  realm plan                what an edit of realm.config.yaml would do

`;
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
  'store.full',
  'store.recovered',
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
export function runningText(runs: readonly RunRow[]): string {
  if (runs.length === 0) return 'Nothing keeps running. `realm up` keeps the realm true in the background.\n';
  const list = runs
    .map(({ id, action, ref }) => `  ${id}  ${action}${ref === undefined ? '' : ` for ${ref}`}\n`)
    .join('');
  return `${plural(runs.length, 'run')} keep running and are found again by the next start; \`realm cancel ID\` ends one:\n${list}`;
}
