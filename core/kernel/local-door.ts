// The door of this process: answers from a scene it only looks at, or from a kernel that also acts.
import type * as Api from '../api/door.ts';
import { type ErrorCode, RealmError } from '../errors.ts';
import { hashSpec } from '../model/spec.ts';
import { type Ref, splitRef } from '../model/ref.ts';
import { noRun } from '../runs/ledger.ts';
import { answer, approvalView } from './approvals.ts';
import { clearOverride, setOverride } from './overrides.ts';
import { review } from './deps.ts';
import { events } from './event-reader.ts';
import { actionViews, checkedInput, findAction, readInput, reviewed, runInline } from './invoke.ts';
import type { Kernel } from './kernel.ts';
import { sayInvalid } from './load.ts';
import { lookingLender } from './looking.ts';
import { chosen, type Looker, makePlan, matches, onlyDrift } from './plan.ts';
import type { PluginSet } from './plugin-set.ts';
import type { Scene } from './scene.ts';
import { eventView, overrideView, resourceView, runView } from './views.ts';
import { why } from './why.ts';

const APPLY_MS = 300_000;

/** What a door stands on. `kernel` is absent in a process that only looks. */
export interface Ground {
  readonly scene: () => Scene;
  readonly set: () => PluginSet;
  readonly kernel?: Kernel;
  readonly holder: Api.HolderView | null;
  close(): Promise<void>;
}

export class LocalDoor implements Api.Door {
  readonly #ground: Ground;
  constructor(ground: Ground) {
    this.#ground = ground;
  }

  get #scene(): Scene {
    return this.#ground.scene();
  }

  get #looker(): Looker {
    return { scene: this.#scene, lender: lookingLender(this.#scene, this.#ground.set().lender.stateDir) };
  }

  #acting(): Kernel {
    if (this.#ground.kernel === undefined)
      throw new RealmError('INTERNAL', 'this process only looks, and was asked to act');
    return this.#ground.kernel;
  }

  async status(ref?: Ref): Promise<Api.StatusView> {
    const { loaded, store } = this.#scene;
    const { kernel, holder } = this.#ground;
    const refs = [
      ...new Set([...loaded.declaration.resources.keys(), ...this.#scene.undeclared().map((row) => row.ref)]),
    ];
    const shown = ref === undefined ? refs : refs.filter((one) => matches(one, ref));
    if (ref !== undefined && shown.length === 0)
      throw new RealmError('REF_UNKNOWN', `${ref} is neither declared nor remembered`, {
        hint: '`realm status` lists all',
      });
    const rows = new Map(this.#scene.rows.all().map((row) => [row.ref, row]));
    return {
      version: 1,
      daemon: holder,
      resources: shown.map((one) => ({
        ...this.#what(one),
        ...resourceView(
          rows.get(one) ?? this.#scene.rowOf(loaded.declaration.resources.get(one)!),
          this.#scene.overridesOf(one),
        ),
        ...(kernel?.unseen.has(one) === true ? { unseen: true as const } : {}),
      })),
      plugins: kernel?.troubles.health(loaded.registry.plugins.map(({ plugin }) => plugin.name)) ?? [],
      configError: kernel?.configError === undefined ? null : sayInvalid(kernel.configError, loaded.root),
      store: store.health,
    };
  }

  #what(ref: Ref): { what?: string } {
    const entry = this.#scene.kindOf(splitRef(ref).kind);
    const plugin = this.#scene.loaded.registry.plugins.find((loaded) => loaded.plugin.name === entry?.plugin)?.plugin;
    const what = entry?.kind.summary ?? plugin?.summary;
    return what === undefined ? {} : { what };
  }

  plan(query: Api.PlanQuery): Promise<Api.PlanView> {
    return makePlan(query, this.#looker);
  }

  async drift(query: Api.PlanQuery): Promise<Api.PlanView> {
    return onlyDrift(await this.plan(query));
  }

  async why(ref: Ref): Promise<Api.WhyView> {
    return why(ref, this.#scene);
  }

  events(query: Parameters<Api.Door['events']>[0], signal?: AbortSignal): AsyncIterable<Api.EventView> {
    return events(query, this.#scene, signal, eventView, this.#ground.kernel !== undefined);
  }

  async runs({ ref, state, limit = 50, after }: Parameters<Api.Door['runs']>[0]): Promise<readonly Api.RunRow[]> {
    return this.#scene.store.runs
      .list({
        limit,
        ...(after === undefined ? {} : { after }),
        ...(ref === undefined ? {} : { ref }),
        ...(state === undefined ? {} : { state: state as Api.RunRow['state'] }),
      })
      .map(runView);
  }

  async run(id: string): Promise<Api.RunDetail> {
    const run = this.#scene.store.runs.get(id);
    if (run === undefined) throw noRun(id);
    return { ...runView(run), output: run.output ?? null };
  }

  async overrides(): Promise<readonly Api.OverrideView[]> {
    return this.#scene.store.overrides.all().map(overrideView);
  }

  async approvals(): Promise<readonly Api.ApprovalView[]> {
    return this.#scene.store.approvals.all().map(approvalView);
  }

  async actions(): Promise<readonly Api.ActionView[]> {
    return actionViews(this.#scene.loaded.registry);
  }

  async apply(query: Api.ApplyQuery, tell?: Api.ApplyListener): Promise<Api.ApplyReport> {
    const kernel = this.#acting();
    const bound = query.plan?.bound;
    const wanted = bound === undefined ? query : { target: bound.target, exclude: bound.exclude };
    if (query.plan !== undefined) await this.#refuseStale(query.plan, wanted);
    const { refs } = chosen(wanted, kernel.scene);
    const gone = kernel.scene
      .undeclared()
      .map(({ ref }) => ref)
      .filter((ref) => isChosen(ref, wanted));
    const touched = query.plan === undefined ? [...refs, ...gone] : query.plan.changes.map(({ ref }) => ref);
    return kernel.converge(
      {
        refs: touched,
        confirmed: query.confirmed === true,
        allowDeletions: query.allowDeletions === true,
        timeoutMs: query.timeoutMs ?? APPLY_MS,
      },
      tell,
    );
  }

  /** A plan is bound to the config and to the observations it was made from; what moved is named. */
  async #refuseStale(plan: Api.PlanView, query: Api.PlanQuery): Promise<void> {
    const now = await this.plan(query);
    const moved: string[] = [];
    if (now.bound.config !== plan.bound.config) moved.push('the configuration');
    const refs = new Set([...Object.keys(plan.bound.observed), ...Object.keys(now.bound.observed)] as Ref[]);
    for (const ref of refs) if (now.bound.observed[ref] !== plan.bound.observed[ref]) moved.push(ref);
    if (shapeOf(now) !== shapeOf(plan) && moved.length === 0) moved.push('the list of changes');
    if (moved.length > 0)
      throw new RealmError('PLAN_STALE', `since the plan was made at ${plan.bound.madeAt}, ${moved.join(', ')} moved`, {
        hint: 'make a new one: `realm plan --out FILE`',
      });
  }

  async cancel(run: string, reason: string, actor: string): Promise<Api.RunRow> {
    const kernel = this.#acting();
    await kernel.recoverRuns(); // in one command nobody has found it yet
    return runView(await kernel.runs.cancel(run, reason, actor));
  }

  async setOverride(wish: Parameters<Api.Door['setOverride']>[0]): Promise<Api.OverrideView> {
    const kernel = this.#acting();
    return overrideView(setOverride(wish, kernel.scene, (ref) => kernel.loop.wake(ref, 0, 'user')));
  }

  async clearOverride(wish: Parameters<Api.Door['clearOverride']>[0]): Promise<void> {
    const kernel = this.#acting();
    clearOverride(wish, kernel.scene, (ref) => kernel.loop.wake(ref, 0, 'user'));
  }

  async answer(id: string, state: 'approved' | 'denied', reason: string, actor: string): Promise<Api.ApprovalView> {
    const kernel = this.#acting();
    const row = answer(id, state, reason, actor, kernel.scene);
    kernel.loop.wake(row.ref, 0, 'user');
    return approvalView(row);
  }

  async invoke(name: string, input: unknown, actor: string, signal?: AbortSignal): Promise<unknown> {
    const { registry, root } = this.#scene.loaded;
    const entry = findAction(name, registry);
    const decoded = await readInput(name, entry.action.input, input, root);
    if (entry.action.effect === 'read') return runInline(entry, decoded, this.#ground.set(), actor, signal);
    const kernel = this.#acting();
    await reviewed(name, input, (step) => review(kernel, step));
    if (entry.action.long !== true) return runInline(entry, decoded, kernel.set, actor, signal);
    const key = `manual:${name}:${kernel.options.world.random.id()}`;
    const { id } = await kernel.runs.start({ action: name, key, input: input as object, trigger: 'manual', actor });
    return runView(kernel.store.runs.get(id)!);
  }

  stream(name: string, input: unknown, signal: AbortSignal): AsyncIterable<unknown> {
    const { registry, root } = this.#scene.loaded;
    const entry = registry.streams.get(name);
    if (entry === undefined)
      throw new RealmError('ACTION_UNKNOWN' satisfies ErrorCode, `no plugin in use offers the stream ${name}`);
    return entry.stream.open(
      checkedInput(name, entry.stream.input, input, root),
      this.#ground.set().context(entry.plugin, undefined, signal),
    );
  }

  close(): Promise<void> {
    return this.#ground.close();
  }
}

const isChosen = (ref: Ref, { target = [], exclude = [] }: Api.PlanQuery): boolean =>
  (target.length === 0 || target.some((glob) => matches(ref, glob))) && !exclude.some((glob) => matches(ref, glob));

/** Values are left out: config and observations are compared already, and what else they depend on is the time. */
const shapeOf = ({ changes }: Api.PlanView): string =>
  hashSpec(changes.map(({ ref, action, fields }) => ({ ref, action, fields: fields.map(({ path }) => path) })));
