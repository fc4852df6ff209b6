// Rows as the shapes that doors show: UTC times as text, nothing that is not JSON.
import { type EventView, type OverrideView, type ResourceView, type RunRow } from '../api/door.ts';
import { isoTime } from '../clock.ts';
import type { RunView } from '../contract/context.ts';
import type { RealmEvent } from '../contract/events.ts';
import type { OverrideRow } from '../store/overrides.ts';
import type { ResourceRow } from '../store/resources.ts';
import type { StoredRun } from '../store/runs.ts';

export function resourceView(row: ResourceRow, overrides: readonly OverrideRow[]): ResourceView {
  const ready = row.conditions.find(({ type }) => type === 'Ready');
  return {
    ref: row.ref,
    ready: ready === undefined || ready.status === 'Unknown' ? null : ready.status === 'True',
    generation: row.generation,
    observedGeneration: row.observedGeneration,
    conditions: row.conditions.map((condition) => ({ ...condition, since: isoTime(condition.since) })),
    ...(row.owner === null ? {} : { owner: row.owner }),
    ...(overrides.length === 0 ? {} : { overrides: overrides.map(overrideView) }),
    ...(row.nextLookAt === null ? {} : { nextLookAt: isoTime(row.nextLookAt) }),
  };
}

export const overrideView = (row: OverrideRow): OverrideView => ({
  ...row,
  since: isoTime(row.since),
  until: row.until === null ? null : isoTime(row.until),
});

export const eventView = (event: RealmEvent): EventView => ({
  seq: event.seq,
  time: isoTime(event.at),
  type: event.type,
  ...(event.ref === undefined ? {} : { ref: event.ref }),
  actor: event.actor,
  data: event.data,
});

const at = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));

export const runView = (run: StoredRun): RunRow => ({
  id: run.id,
  key: run.key,
  ...(run.forRef === null ? {} : { ref: run.forRef }),
  action: run.action,
  trigger: run.trigger,
  state: run.state,
  startedAt: at(run.startedAt),
  endedAt: at(run.endedAt),
  exitCode: run.exitCode,
  attempt: run.attempt,
  reason: run.reason,
  progress: run.progress,
});

/** A run as plugins see it. */
export const runViewOf = ({ id, key, action, state, startedAt, endedAt, reason, output }: StoredRun): RunView => ({
  id,
  key,
  action,
  state,
  startedAt,
  endedAt,
  reason,
  output,
});
