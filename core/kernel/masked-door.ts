// A door that lets no secret out: what plugins answer and throw is masked, and so is what people write into the store.
import type { Door } from '../api/door.ts';
import type { Mask } from '../mask.ts';
import { type Ground, LocalDoor } from './local-door.ts';

/** The door of this process as everybody else is given it. What comes from the store and plans are masked already. */
export function localDoor(ground: Ground): Door {
  return maskedDoor(new LocalDoor(ground), () => ground.scene().loaded.secrets.mask);
}

function maskedDoor(door: Door, maskNow: () => Mask): Door {
  const told = async <T>(ask: () => Promise<T>, shown: (answer: T, mask: Mask) => T = same): Promise<T> => {
    try {
      return shown(await ask(), maskNow());
    } catch (error) {
      throw maskNow().error(error);
    }
  };
  const why = <T extends { readonly why: string }>(said: T): T => ({ ...said, why: maskNow().text(said.why) });
  return {
    status: (ref) =>
      told(
        () => door.status(ref),
        (view, { text }) => ({
          ...view,
          plugins: view.plugins.map((one) => ({ ...one, degraded: one.degraded && text(one.degraded) })),
          configError: view.configError && text(view.configError),
        }),
      ),
    plan: (query) => told(() => door.plan(query)),
    drift: (query) => told(() => door.drift(query)),
    why: (ref) => told(() => door.why(ref)),
    events: (query, signal) => items(door.events(query, signal), maskNow, same),
    runs: (query) => told(() => door.runs(query)),
    run: (id) => told(() => door.run(id), masked),
    overrides: () => told(() => door.overrides()),
    approvals: () => told(() => door.approvals()),
    actions: () => told(() => door.actions()),
    apply: (query, tell) =>
      told(
        () => door.apply(query, tell && ((step) => tell('why' in step ? why(step) : step))),
        (report) => ({ ...report, steps: report.steps.map(why) }),
      ),
    cancel: (run, because, actor) => told(() => door.cancel(run, maskNow().text(because), actor)),
    setOverride: (wish) => told(() => door.setOverride(why(wish))),
    clearOverride: (wish) => told(() => door.clearOverride(why(wish))),
    answer: (id, state, because, actor) => told(() => door.answer(id, state, maskNow().text(because), actor)),
    invoke: (action, input, actor, signal) =>
      told(
        () => door.invoke(action, input, actor, signal),
        (output, mask) => mask.value(output),
      ),
    stream: (name, input, signal) =>
      items(
        opened(() => door.stream(name, input, signal), maskNow),
        maskNow,
        masked,
      ),
    close: () => told(() => door.close()),
  };
}

const same = <T>(answer: T): T => answer;
const masked = <T>(item: T, mask: Mask): T => mask.value(item);

/** A stream that cannot be opened says so at once, as it does without a mask. */
function opened<T>(open: () => AsyncIterable<T>, maskNow: () => Mask): AsyncIterable<T> {
  try {
    return open();
  } catch (error) {
    throw maskNow().error(error);
  }
}

async function* items<T>(
  source: AsyncIterable<T>,
  maskNow: () => Mask,
  shown: (item: T, mask: Mask) => T,
): AsyncGenerator<T> {
  try {
    for await (const item of source) yield shown(item, maskNow());
  } catch (error) {
    throw maskNow().error(error);
  }
}
