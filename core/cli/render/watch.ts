// What `realm watch` says: the table at the start, one line for each thing that happens, and what goes on at the end.
import type { EventView, RunRow, StatusView } from '../../api/door.ts';
import { readyCell, tellingCondition } from './status.ts';
import { table } from './table.ts';
import type { Output } from './terminal.ts';
import { plural, printable } from './text.ts';

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
    .map(({ plugin, degraded }) => `plugin ${plugin}: ${degraded}\n`);
  const said = rows.length === 0 ? 'Nothing is declared yet.\n' : table(titles, rows, output.columns, output.paint);
  return `${said}${bad.join('')}
Process ${pid} keeps ${plural(resources.length, 'resource')} true until Ctrl-C. To try next, in another terminal:
  realm status              what is ready and what is not
  realm why ${(resources[0]?.ref ?? 'KIND/NAME').padEnd(16)}why it is as it is
  realm plan                what an edit of realm.config.yaml would do

`;
}

/** Conditions that moved are told when they matter to a person; the journal has the rest. */
export function newsText({ time, type, ref, data }: EventView, { paint }: Output): string {
  const said = sentence(type, data as Readonly<Record<string, unknown>>);
  if (said === undefined) return '';
  const clock = paint('dim', time.slice(11, 19));
  const style = /failed|degraded|full|gap/i.test(type) ? 'red' : undefined;
  return `${clock} ${ref === undefined ? '' : `${ref} `}${paint(style, printable(said))}\n`;
}

function sentence(type: string, data: Readonly<Record<string, unknown>>): string | undefined {
  const of = (key: string): string => String(data[key]);
  switch (type) {
    case 'resource.drifted':
      return undefined; // told by what is done about it
    case 'resource.applied':
      return `applied (${of('reason')}): ${(data['fields'] as readonly string[]).map((field) => field || 'all of it').join(', ')}`;
    case 'resource.failed':
      return `failed: ${of('message')}`;
    case 'resource.removed':
      return 'removed';
    case 'resource.forgotten':
      return `let go: ${of('kept')}`;
    case 'condition.changed':
      if (data['type'] !== 'Ready' || data['from'] === null || data['to'] === 'True') return undefined;
      return `not ready: ${of('message')}`;
    case 'realm.reloaded':
      return `config reloaded: ${of('added')} added, ${of('changed')} changed, ${of('removed')} no longer declared`;
    case 'realm.reloadFailed':
      return `config is invalid, the last good one stays: ${of('message')}; \`realm validate\` says more`;
    case 'plugin.degraded':
      return `plugin ${of('plugin')}: ${of('where')}: ${of('message')}`;
    case 'plugin.recovered':
      return `plugin ${of('plugin')} works again`;
    case 'run.started':
    case 'run.ended':
      return `run ${of('id')} (${of('action')}) ${type === 'run.started' ? 'started' : of('state')}`;
    case 'approval.requested':
      return `waits for a yes: ${of('what')} (realm approve ${of('id')} --why TEXT)`;
    case 'store.full':
    case 'store.recovered':
      return of('message');
    default:
      return undefined;
  }
}

/** What goes on without a watching process. */
export function runningText(runs: readonly RunRow[]): string {
  if (runs.length === 0) return 'Nothing keeps running. `realm up` keeps the realm true in the background.\n';
  const list = runs
    .map(({ id, action, ref }) => `  ${id}  ${action}${ref === undefined ? '' : ` for ${ref}`}\n`)
    .join('');
  return `${plural(runs.length, 'run')} keep running and are found again by the next start; \`realm cancel ID\` ends one:\n${list}`;
}
