// Runs and approvals as tables.
import type { ApprovalView, RunRow } from '../../api/door.ts';
import type { Style } from './colour.ts';
import { table } from './table.ts';
import { aboutBytes } from './text.ts';
import type { Output } from './terminal.ts';
import { exactSpan, whenText } from './time.ts';

const RUN_STYLES: Readonly<Record<RunRow['state'], Style>> = {
  queued: 'dim',
  running: 'cyan',
  succeeded: 'green',
  failed: 'red',
  cancelled: 'yellow',
  skipped: 'dim',
  lost: 'red',
};

/** `copy 3/10: waiting for nas`. */
function progressText({ progress }: RunRow): string {
  if (progress === null) return '';
  const { phase, done, total, bytes, why } = progress;
  const size = bytes === undefined ? '' : ` ${aboutBytes(bytes)}`;
  const amount = done === undefined ? size : ` ${done}${total === undefined ? '' : `/${total}`}`;
  return `${phase}${amount}${why === undefined ? '' : `: ${why}`}`;
}

function tookText({ startedAt, endedAt }: RunRow, nowMs: number): string {
  if (startedAt === null) return '-';
  return exactSpan((endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt));
}

export function runsText(runs: readonly RunRow[], output: Output, nowMs: number): string {
  if (runs.length === 0) return 'No runs.\n';
  const titles = ['ID', 'STATE', 'ACTION', 'FOR', 'STARTED', 'TOOK', 'WHY'].map((title) => ({ title }));
  const rows = runs.map((run) => [
    run.id,
    { text: run.state, style: RUN_STYLES[run.state] },
    run.action,
    run.ref ?? '-',
    whenText(run.startedAt, nowMs),
    tookText(run, nowMs),
    run.state === 'running' ? progressText(run) : (run.reason ?? ''),
  ]);
  return table(titles, rows, output.columns, output.paint);
}

const APPROVAL_STYLES: Readonly<Record<ApprovalView['state'], Style>> = {
  waiting: 'yellow',
  approved: 'green',
  denied: 'red',
  expired: 'dim',
};

export function approvalsText(approvals: readonly ApprovalView[], output: Output, nowMs: number): string {
  if (approvals.length === 0) return 'Nothing waits for approval.\n';
  const titles = ['ID', 'STATE', 'REF', 'ASKED', 'EXPIRES', 'WHAT'].map((title) => ({ title }));
  const rows = approvals.map(({ id, state, ref, createdAt, expiresAt, what, actor, reason }) => [
    id,
    { text: state, style: APPROVAL_STYLES[state] },
    ref,
    whenText(createdAt, nowMs),
    whenText(expiresAt, nowMs),
    actor === null ? what : `${what} (${actor}: ${reason ?? 'no reason given'})`,
  ]);
  return table(titles, rows, output.columns, output.paint);
}
