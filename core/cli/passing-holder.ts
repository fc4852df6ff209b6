// Looks at a realm through one command that holds it, and goes on alone when that command ends.
import type { Door, EventView } from '../api/door.ts';
import { RealmError } from '../errors.ts';

export const isUnreachable = (error: unknown): boolean =>
  error instanceof RealmError && error.code === 'DAEMON_UNREACHABLE';

/** A door to look through. Once `holder` is gone, everything is asked of what `otherwise` opens. */
export function whileItHolds(holder: Door, otherwise: () => Promise<Door>): Door {
  let alone: Promise<Door> | undefined;
  const goOn = (): Promise<Door> => (alone ??= otherwise());
  const ask = async <T>(question: (door: Door) => Promise<T>): Promise<T> => {
    if (alone !== undefined) return question(await alone);
    try {
      return await question(holder);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return question(await goOn());
    }
  };
  async function* events(query: Parameters<Door['events']>[0], signal?: AbortSignal): AsyncGenerator<EventView> {
    let seen: number | undefined;
    try {
      for await (const event of holder.events(query, signal)) {
        seen = event.seq;
        yield event;
      }
      if (query.follow !== true || signal?.aborted === true) return;
    } catch (error) {
      if (!isUnreachable(error)) throw error;
    }
    const { last: _, ...rest } = query;
    yield* (await goOn()).events(seen === undefined ? query : { ...rest, since: seen }, signal);
  }
  return {
    status: (ref) => ask((door) => door.status(ref)),
    plan: (query) => ask((door) => door.plan(query)),
    drift: (query) => ask((door) => door.drift(query)),
    why: (ref) => ask((door) => door.why(ref)),
    events,
    runs: (query) => ask((door) => door.runs(query)),
    run: (id) => ask((door) => door.run(id)),
    overrides: () => ask((door) => door.overrides()),
    approvals: () => ask((door) => door.approvals()),
    actions: () => ask((door) => door.actions()),
    invoke: (action, input, actor, signal) => ask((door) => door.invoke(action, input, actor, signal)),
    stream: (name, input, signal) => holder.stream(name, input, signal),
    apply: (query, tell) => holder.apply(query, tell),
    cancel: (run, why, actor) => holder.cancel(run, why, actor),
    setOverride: (wish) => holder.setOverride(wish),
    clearOverride: (wish) => holder.clearOverride(wish),
    answer: (id, state, why, actor) => holder.answer(id, state, why, actor),
    async close() {
      await holder.close();
      await (await alone)?.close();
    },
  };
}
