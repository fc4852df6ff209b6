// Runs for a test: an action is really run, at once and in this process; the same key never twice.
import type { Clock } from '../clock.ts';
import type { Context, Progress, RunRequest, RunView } from '../contract/context.ts';
import { messageOf } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';

export interface StandInRuns {
  start(request: RunRequest): Promise<{ readonly id: string; readonly isNew: boolean }>;
  list(prefix: string, limit?: number): readonly RunView[];
  /** Resolves once no run is going on. */
  ended(): Promise<void>;
}

export interface RunsOptions {
  readonly clock: Clock;
  readonly registry: () => Registry;
  readonly context: (plugin: string, progress: (at: Progress) => void) => Context;
}

export function standInRuns({ clock, registry, context }: RunsOptions): StandInRuns {
  const views = new Map<string, RunView>();
  const open = new Set<Promise<void>>();

  async function execute(view: RunView, { action: name, input }: RunRequest): Promise<void> {
    const finish = (end: Partial<RunView>): void =>
      void views.set(view.key, { ...view, startedAt: view.startedAt, endedAt: clock.now(), ...end });
    try {
      const entry = registry().actions.get(name);
      if (entry === undefined) throw new Error(`no plugin under test offers the action "${name}"`);
      const output = await entry.action.run(
        input,
        context(entry.plugin, () => {}),
      );
      finish({ state: 'succeeded', output });
    } catch (error) {
      finish({ state: 'failed', reason: messageOf(error) });
    }
  }

  return {
    async start(request) {
      const known = views.get(request.key);
      if (known !== undefined) return { id: known.id, isNew: false };
      const view: RunView = {
        id: `run-${views.size + 1}`,
        key: request.key,
        action: request.action,
        state: 'running',
        startedAt: clock.now(),
        endedAt: null,
        reason: null,
        output: undefined,
      };
      views.set(view.key, view);
      const going = execute(view, request).finally(() => open.delete(going));
      open.add(going);
      return { id: view.id, isNew: true };
    },
    list: (prefix, limit = Infinity) =>
      [...views.values()]
        .filter((view) => view.key.startsWith(prefix))
        .reverse()
        .slice(0, limit),
    async ended() {
      while (open.size > 0) await Promise.all(open);
    },
  };
}
