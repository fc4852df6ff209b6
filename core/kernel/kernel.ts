// The kernel: one loaded realm, its store, its plugin set and its loop; start, reload, converge, stop. The lease is its caller's.
import type { ApplyListener, ApplyReport } from '../api/door.ts';
import type { EventName } from '../contract/events.ts';
import type { Source } from '../config/source.ts';
import { messageOf, RealmError } from '../errors.ts';
import { Mask } from '../mask.ts';
import { createHooks } from '../hooks.ts';
import type { Ref } from '../model/ref.ts';
import { Loop } from '../reconcile/loop.ts';
import { pass } from '../reconcile/pass.ts';
import { removalPass } from '../reconcile/remove.ts';
import type { Verdict } from '../reconcile/settle.ts';
import type { Runs } from '../runs/runs.ts';
import { openStore, type Store } from '../store/store.ts';
import { onlyLook, takeStock } from './damage.ts';
import { type Asked, passDeps } from './deps.ts';
import { reloadWhenEdited } from '../registry/import-hooks.ts';
import { type Loaded, type LoadOptions, loadRealm, sayInvalid } from './load.ts';
import { HourlyCopy } from './hourly-copy.ts';
import { isClaimed, isSameSet, renamedBy, tooLate, touchedBy } from './edit.ts';
import { endRuns } from './end-runs.ts';
import { lenderOf } from './lender.ts';
import { LentProcesses } from './lent-processes.ts';
import { Listening } from './listening.ts';
import { PluginSet } from './plugin-set.ts';
import { type ConvergeOptions, Request, Requests } from './request.ts';
import { createKernelRuns } from './kernel-runs.ts';
import { Scene } from './scene.ts';
import { sync } from './sync.ts';
import { Troubles } from './troubles.ts';
import { VERSION } from './version.ts';
import type { World } from './world.ts';

export interface KernelOptions extends LoadOptions {
  readonly world: World;
  /** `daemon` watches for good; `once` converges or acts and ends. */
  readonly purpose: 'daemon' | 'once';
}

export type Reloaded =
  | { readonly ok: true; readonly changed: boolean }
  | { readonly ok: false; readonly error: RealmError };

export class Kernel {
  readonly options: KernelOptions;
  readonly store: Store;
  readonly troubles: Troubles;
  readonly processes: LentProcesses;
  readonly runs: Runs;
  readonly loop: Loop;
  scene: Scene;
  set: PluginSet;
  /** What was read last, valid or not. */
  newest: Source | undefined;
  /** Why the newest config is not the one in force. */
  configError: RealmError | undefined;
  /** Called when an edit that waited can be taken over. Whoever watches the config reads it again in its own way. */
  readAgain: () => Promise<unknown> = () => this.reload();
  readonly #listening: Listening;
  readonly #requests = new Requests();
  /** They had no pass yet in this life, or since the edit that changed them. */
  readonly unseen = new Set<Ref>();
  /** A valid edit waits until the state can be kept again. */
  #isEditWaiting = false;
  #reloading: Promise<unknown> = Promise.resolve();
  #hasRecovered = false;
  #isStopping = false;
  #isWorking = false;
  readonly #copying: HourlyCopy;

  static async open(given: KernelOptions): Promise<Kernel> {
    const mask = given.mask ?? new Mask();
    const options = { ...given, mask };
    const loaded = await loadRealm(options);
    const { clock, random, crash } = options.world;
    const store = openStore({ dir: options.stateDir, clock, random, crash, mask, mode: 'write' });
    return new Kernel(options, loaded, store);
  }

  private constructor(options: KernelOptions, loaded: Loaded, store: Store) {
    const { world } = options;
    this.options = options;
    this.store = store;
    this.troubles = new Troubles(
      (trouble) => {
        world.log(trouble.plugin).error(`${trouble.where}: ${trouble.message}`);
        this.emit('plugin.degraded', trouble);
      },
      (plugin) => this.emit('plugin.recovered', { plugin }),
    );
    this.#listening = new Listening(store, this.troubles);
    store.onDamage = (damage) => onlyLook(this, damage);
    this.#copying = new HourlyCopy(store, world);
    this.processes = new LentProcesses(world, (...trouble) => this.troubles.set(...trouble));
    this.runs = createKernelRuns(this);
    this.scene = new Scene(loaded, store, world);
    this.set = new PluginSet(lenderOf(this, loaded), this.troubles, createHooks);
    this.loop = new Loop({
      clock: world.clock,
      pass: (ref, stop) => this.#pass(ref, stop),
      dependents: (ref) => this.scene.dependents(ref).filter((other) => this.#minds(other)),
      ended: (ref, verdict) => this.#ended(ref, verdict),
      failed: (ref, error) => world.log('kernel', ref).error(`a pass broke: ${messageOf(error)}`, { error }),
    });
  }

  emit(type: EventName, data: object, ref?: Ref, actor = 'kernel'): void {
    this.store.journal.append({ type, data: data as never, ref, actor });
  }

  /** Takes the declaration over and begins to keep it true. */
  async start(): Promise<void> {
    this.emit('realm.started', { version: VERSION, pid: process.pid, purpose: this.options.purpose });
    await takeStock(this);
    await this.#beginWork();
    for (const ref of this.scene.loaded.declaration.resources.keys()) this.#wakeFresh(ref, 'boot');
    for (const { ref } of this.scene.undeclared()) this.loop.wake(ref, 0, 'config');
    this.loop.start();
    if (this.options.purpose !== 'daemon') return;
    this.#copying.start();
    this.store.journal.listen((events) => {
      if (!this.#isEditWaiting || events.every(({ type }) => type !== 'store.recovered')) return;
      this.#isEditWaiting = false;
      this.readAgain().catch((error: unknown) => this.options.world.log('kernel').error(messageOf(error), { error }));
    });
  }

  /** Once in a life, one-shot ones included: a run of a life that was cut off is not going any more. */
  async recoverRuns(): Promise<void> {
    if (this.#hasRecovered || this.store.observeOnly) return;
    this.#hasRecovered = true;
    await this.runs.recover();
  }

  async #beginWork(): Promise<void> {
    if (this.options.purpose !== 'daemon') return;
    this.#isWorking = true;
    await this.set.start((set) => this.#listening.begin(set));
  }

  #wakeFresh(ref: Ref, priority: 'boot' | 'config' | 'user'): void {
    this.unseen.add(ref);
    this.loop.wake(ref, 0, priority);
  }

  /** Brings the given refs to an end for now: applied, unchanged, held, blocked, failed, or waiting for a time. */
  async converge(
    { refs, confirmed, allowDeletions, timeoutMs }: ConvergeOptions,
    tell?: ApplyListener,
  ): Promise<ApplyReport> {
    await takeStock(this);
    const request = this.#requests.add(new Request(refs, { confirmed, allowDeletions }, tell));
    const declared = this.scene.loaded.declaration.resources;
    for (const ref of refs) {
      if (declared.has(ref)) this.#wakeFresh(ref, 'user');
      else this.loop.wake(ref, 0, 'user');
    }
    if (this.options.purpose !== 'daemon') this.set.startOnce();
    this.loop.start();
    await request.within(timeoutMs, this.options.world.clock);
    this.#requests.delete(request);
    return { version: 1, steps: request.steps, watched: this.options.purpose === 'daemon' };
  }

  /** Reads the config again. An invalid one changes nothing but `configError`; a valid one is in force when this resolves. */
  reload(): Promise<Reloaded> {
    const next = this.#reloading.then(() => this.#reloadNow()); // two at once would each begin a plugin set
    this.#reloading = next.catch(() => {}); // who asked for it hears of it
    return next;
  }

  async #reloadNow(): Promise<Reloaded> {
    let loaded: Loaded;
    for (const { folder, from } of this.scene.loaded.registry.plugins) if (from === 'file') reloadWhenEdited(folder);
    try {
      loaded = await loadRealm({ ...this.options, onSource: (source) => void (this.newest = source) });
    } catch (thrown) {
      if (!(thrown instanceof RealmError)) throw thrown;
      const error = this.store.mask.error(thrown) as RealmError;
      this.configError = error;
      this.emit('realm.reloadFailed', {
        errors: error.diagnostics.length,
        message: sayInvalid(error, this.scene.loaded.root),
      });
      return { ok: false, error };
    }
    if (this.store.health === 'full') {
      this.#isEditWaiting = true;
      const why = 'the edit is taken over once there is room for state again';
      return { ok: false, error: (this.configError = new RealmError('STORE_FULL', why)) };
    }
    this.configError = undefined;
    await this.#letLand(loaded);
    const before = this.scene.loaded;
    const sameSet = isSameSet(before, loaded);
    const isSame = sameSet && before.declaration.hash === loaded.declaration.hash;
    // To the letter the same: what was worked out for each resource holds on.
    const { declaration } = isSame && before.source.hash === loaded.source.hash ? before : loaded;
    if (!sameSet) await this.#swapSet(loaded);
    else this.scene = new Scene({ ...loaded, declaration, registry: before.registry }, this.store, this.options.world);
    if (isSame) return { ok: true, changed: false };
    if (this.#isStopping) throw tooLate();
    this.#takeOver(before);
    return { ok: true, changed: true };
  }

  /** What gets another name, and what is being taken away and is wanted again, is in nobody's hands meanwhile. */
  async #letLand(loaded: Loaded): Promise<void> {
    for (const old of renamedBy(this.scene.loaded, loaded)) {
      this.loop.drop(old);
      await this.loop.landed(old);
    }
    const next = new Scene(loaded, this.store, this.options.world);
    for (const ref of this.loop.inHand) if (isClaimed(ref, this.scene, next)) await this.loop.landed(ref);
  }

  async #swapSet(loaded: Loaded): Promise<void> {
    const old = this.set;
    if (this.#isWorking) await old.stop({ budgetMs: 5_000, everything: false });
    if (this.#isStopping) throw tooLate();
    this.scene = new Scene(loaded, this.store, this.options.world);
    this.set = new PluginSet(lenderOf(this, loaded), this.troubles, createHooks);
    this.troubles.clear();
    await this.#beginWork();
  }

  #takeOver(before: Loaded): void {
    const { added, changed, undeclared } = sync(this.scene);
    const now = this.scene.loaded.declaration.resources;
    const touched = new Set([...added, ...changed, ...touchedBy(before, this.scene.loaded)]);
    for (const ref of touched) this.#wakeFresh(ref, 'config');
    for (const ref of before.declaration.resources.keys()) {
      if (now.has(ref)) continue;
      this.loop.drop(ref);
      this.unseen.delete(ref);
    }
    for (const ref of undeclared) this.loop.wake(ref, 0, 'config');
    this.emit('realm.reloaded', { added: added.length, changed: changed.length, removed: undeclared.length });
  }

  /** `everything`: what would live on is ended too. Nobody looks any more by then, so nothing is started again. */
  async stop(budgetMs: number, reason = 'asked to', everything = false): Promise<void> {
    this.#isStopping = true;
    this.#copying.stop();
    const { clock } = this.options.world;
    const pluginsEndAt = clock.now() + (budgetMs * (everything ? 7 : 4)) / 8;
    if (everything) {
      await this.loop.stop(budgetMs / 8);
      await endRuns(this.runs, { why: reason, clock, budgetMs: (budgetMs * 3) / 8, recover: () => this.recoverRuns() });
    }
    const how = { budgetMs: pluginsEndAt - clock.now(), everything };
    const left = this.#isWorking || everything ? await this.set.stop(how) : [];
    this.#listening.close();
    await this.loop.stop(budgetMs / 2);
    await this.runs.close();
    this.emit('realm.stopped', left.length === 0 ? { reason } : { reason, left });
    this.store.close({ clean: true });
  }

  /** A one-shot kernel is there for what it was asked for, and lets everything else be. */
  #minds(ref: Ref): boolean {
    return this.options.purpose === 'daemon' || this.#requests.has(ref);
  }

  /** Somebody else than a request or the config asks for a look. */
  wake(ref: Ref): void {
    if (this.#minds(ref)) this.loop.wake(ref, 0, 'drift');
  }

  readonly #asked: Asked = {
    isUnseen: (ref) => this.unseen.has(ref),
    isUnsettled: () => this.unseen.size > 0,
    allows: (ref, what) => this.#requests.allows(ref, what),
    phase: (ref, phase) => this.#requests.phase(ref, phase),
  };

  async #pass(ref: Ref, stop: AbortSignal): Promise<Verdict> {
    const deps = passDeps(this, this.#asked);
    const isDeclared = this.scene.loaded.declaration.resources.has(ref);
    const row = isDeclared ? undefined : this.scene.rows.get(ref);
    const verdict = await (row === undefined ? pass(ref, deps, stop) : removalPass(row, deps, stop));
    return this.unseen.has(ref) ? { ...verdict, awaitedMoved: true } : verdict;
  }

  #ended(ref: Ref, verdict: Verdict): void {
    if (this.unseen.delete(ref) && this.unseen.size === 0) this.#wakeGone();
    this.#requests.note(ref, verdict, this.scene.dependents(ref));
  }

  /** Removals come last: once every declared ref had its pass it is their turn. */
  #wakeGone(): void {
    for (const ref of this.scene.gone.refs) if (this.#minds(ref)) this.loop.wake(ref, 0, 'config');
  }
}
