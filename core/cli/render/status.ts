// The realm at a glance, and one resource in full.
import type { ConditionView, OverrideView, ResourceView, StatusView } from '../../api/door.ts';
import type { Style } from './colour.ts';
import { table } from './table.ts';
import type { Cell } from './table.ts';
import type { Output } from './terminal.ts';
import { hang, plural, printable } from './text.ts';
import { timesFor, whenText } from './time.ts';

export function readyCell(ready: boolean | null): Cell {
  if (ready === null) return { text: 'unknown', style: 'yellow' };
  return ready ? { text: 'yes', style: 'green' } : { text: 'no', style: 'red' };
}

const STYLES: Readonly<Record<string, Style>> = { True: 'green', False: 'red', Unknown: 'yellow' };
/** Types for which True is the bad news. */
const TROUBLES: readonly string[] = ['Stalled', 'Degraded', 'Progressing'];

/** The condition that says most: trouble that is true, then Ready, then the first. */
export function tellingCondition(conditions: readonly ConditionView[]): ConditionView | undefined {
  const trouble = TROUBLES.map((type) => conditions.find((c) => c.type === type && c.status === 'True'));
  return trouble.find((found) => found !== undefined) ?? conditions.find((c) => c.type === 'Ready') ?? conditions[0];
}

const overrideText = ({ why, actor, until }: OverrideView, nowMs: number): string =>
  `by ${actor}${until === null ? '' : `, ends ${whenText(until, nowMs)}`}: ${why}`;

function resourceRow(view: ResourceView, output: Output, nowMs: number): (Cell | string)[] {
  const telling = tellingCondition(view.conditions);
  const override = view.overrides?.[0];
  const state = telling === undefined ? 'not looked at yet' : telling.type === 'Ready' ? telling.reason : telling.type;
  const isFine = view.ready === true && telling?.type === 'Ready';
  const message =
    telling === undefined || isFine
      ? ''
      : [telling.type === 'Ready' ? '' : telling.reason, telling.message].filter(Boolean).join(': ');
  return [
    view.owner === undefined ? view.ref : `  ${view.ref}`,
    readyCell(view.ready),
    { text: override === undefined ? state : override.effect, style: isFine ? 'dim' : undefined },
    whenText(override?.since ?? telling?.since, nowMs),
    override === undefined ? timesFor(output, message, nowMs) : overrideText(override, nowMs),
  ];
}

/** Owned resources come right below their owner. */
function ordered(resources: readonly ResourceView[]): ResourceView[] {
  const known = new Set(resources.map(({ ref }) => ref));
  const owned = Map.groupBy(resources, ({ owner }) => (owner !== undefined && known.has(owner) ? owner : undefined));
  const withOwned = (view: ResourceView): ResourceView[] => [view, ...(owned.get(view.ref) ?? []).flatMap(withOwned)];
  return (owned.get(undefined) ?? []).flatMap(withOwned);
}

export function daemonText({ daemon, resources }: StatusView, nowMs: number): string {
  if (daemon === null && resources.length > 0)
    return 'Nothing watches this realm: it stood so when it was last looked at. `realm drift` looks now, `realm up` watches.';
  if (daemon === null) return 'Nothing watches this realm; `realm up` starts that.';
  const since = whenText(daemon.startedAt, nowMs);
  if (daemon.holder !== 'daemon')
    return `Process ${daemon.pid} (${daemon.holder}) works on this realm, started ${since}; nothing watches it until \`realm up\`.`;
  return `Watched by ${daemon.holder} (process ${daemon.pid}, version ${daemon.version}), started ${since}.`;
}

/** What is wrong with the realm as a whole, one line each. */
function troubleText(status: StatusView, { paint, columns }: Output): string {
  const lines = [
    status.configError === null
      ? undefined
      : `The newest config is invalid, an older one is in use: ${status.configError}`,
    status.store === 'ok'
      ? undefined
      : `The store is ${status.store}: ${status.store === 'full' ? 'no room to write' : '`realm state recover` shows the copies'}.`,
    ...status.plugins
      .filter(({ degraded }) => degraded !== null)
      .map(({ plugin, degraded }) => `Plugin ${plugin} is degraded: ${degraded}`),
  ];
  return lines
    .filter((line) => line !== undefined)
    .map((line) => `${paint('yellow', '!')} ${hang(printable(line), columns, 2, 2)}\n`)
    .join('');
}

export function statusText(status: StatusView, output: Output, nowMs: number): string {
  const { resources } = status;
  const rows = ordered(resources).map((view) => resourceRow(view, output, nowMs));
  const columns = ['REF', 'READY', 'STATE', 'SINCE', 'WHY'].map((title) => ({ title }));
  const count = (ready: boolean | null): number => resources.filter((view) => view.ready === ready).length;
  const { paint } = output;
  const counts = [
    paint(count(true) === 0 ? undefined : 'green', `${count(true)} ready`),
    ...(count(false) === 0 ? [] : [paint('red', `${count(false)} not ready`)]),
    ...(count(null) === 0 ? [] : [paint('yellow', `${count(null)} unknown`)]),
  ];
  const summary =
    resources.length === 0
      ? 'Nothing is declared yet.'
      : `${plural(resources.length, 'resource')}: ${counts.join(', ')}.`;
  return (
    table(columns, rows, output.columns, output.paint) +
    (rows.length === 0 ? '' : '\n') +
    troubleText(status, output) +
    `${summary}\n${hang(daemonText(status, nowMs), output.columns, 0, 0)}\n`
  );
}

/** The first line about a resource: its name and whether it is ready. */
export function headText(view: ResourceView, { paint }: Output): string {
  const ready = readyCell(view.ready);
  return `${paint('bold', view.ref)}  ready: ${paint(ready.style, ready.text)}\n`;
}

/** What is overdue by more than a moment waits for somebody to look. */
export function nextLookText({ nextLookAt }: ResourceView, nowMs: number): string | undefined {
  if (nextLookAt === undefined) return undefined;
  const isOverdue = Date.parse(nextLookAt) < nowMs - OVERDUE_MS;
  return isOverdue
    ? `not looked at since it was due, ${whenText(nextLookAt, nowMs)}`
    : `looked at again ${Date.parse(nextLookAt) < nowMs ? 'now' : whenText(nextLookAt, nowMs)}`;
}
const OVERDUE_MS = 5_000;

/** One resource in full: what it is, its conditions, what an operator said about it. */
export function resourceText(view: ResourceView, output: Output, nowMs: number): string {
  const { paint, columns } = output;
  const seen =
    view.observedGeneration === view.generation
      ? ''
      : `, generation ${view.observedGeneration} was the last one looked at`;
  const facts = [
    view.what,
    `generation ${view.generation}${seen}`,
    view.owner === undefined ? undefined : `stands under ${view.owner}`,
    nextLookText(view, nowMs),
    ...(view.overrides ?? []).map((override) => `${override.effect}: ${overrideText(override, nowMs)}`),
  ];
  const rows = view.conditions.map(({ type, status, reason, message, since }) => [
    `  ${type}`,
    { text: status, style: TROUBLES.includes(type) ? (status === 'True' ? 'yellow' : undefined) : STYLES[status] },
    reason,
    whenText(since, nowMs),
    timesFor(output, message, nowMs),
  ]);
  const titles = ['  CONDITION', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'].map((title) => ({ title }));
  const said = facts
    .filter((fact) => fact !== undefined)
    .map((fact) => `  ${hang(printable(fact), columns, 2, 4)}\n`)
    .join('');
  return `${headText(view, output)}${said}${table(titles, rows, columns, paint)}`;
}
