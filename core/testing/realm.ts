// A realm for plugin authors' tests: a temporary folder, a clock that moves when told, and the kernel's own way to look and compare.
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep, systemClock } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { Context } from '../contract/context.ts';
import type { Change, Kind, Outcome, Resource } from '../contract/kind.ts';
import type { Plugin } from '../contract/plugin.ts';
import { refOf } from '../model/ref.ts';
import type { Ref } from '../model/ref.ts';
import { deepFreeze } from '../model/spec.ts';
import { askHere } from '../os/ask.ts';
import type { Ask } from '../os/ask.ts';
import { seededRandom, systemRandom } from '../random.ts';
import type { StartWish } from '../contract/processes.ts';
import { type OpenProcesses, systemProcesses } from '../os/processes.ts';
import { thisSystem } from '../os/system.ts';
import { look } from '../reconcile/look.ts';
import type { Look } from '../reconcile/look.ts';
import { orderPlugins } from '../registry/order.ts';
import type { KindEntry, Registry } from '../registry/registry.ts';
import type { LoadedPlugin } from '../registry/resolve.ts';
import { setUp } from '../registry/setup.ts';
import { decode } from '../schema/decode.ts';
import { virtualClock } from '../simulate/clock.ts';
import type { VirtualClock } from '../simulate/clock.ts';
import { virtualMachine } from '../simulate/processes.ts';
import type { VirtualMachine } from '../simulate/processes.ts';
import type { Program } from '../simulate/programs.ts';
import { standIn } from './context.ts';
import type { EmittedEvent, LogLine, StandIn } from './context.ts';

// any: plugins with settings of all types stand in one list
export type AnyPlugin = Plugin<any>;

export interface TestRealmOptions {
  readonly plugins: AnyPlugin | readonly AnyPlugin[];
  /** Written settings by plugin name, as in the YAML. */
  readonly settings?: Readonly<Record<string, object>>;
  /** Texts of `${secret:name}`. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where virtual time begins. Default 2026-01-01T00:00:00Z. */
  readonly start?: number | string;
  /** `system` for kinds that wait for real processes. Default `virtual`. */
  readonly clock?: 'virtual' | 'system';
  /** What commands do under the virtual clock, by their words. One that is not known is `not found`, exit 127. */
  readonly programs?: (argv: readonly string[], wish: StartWish) => Program | undefined;
  /** Of the random source. Default 1; beside real processes none, since no two realms may know each other's by their tokens. */
  readonly seed?: number;
}

/** What one or more passes came to. */
export interface Passed {
  /** `true` once nothing differs any more. */
  readonly converged: boolean;
  /** The changes that the first look found. */
  readonly changes: readonly Change[];
  /** What still differs, and why it was left. */
  readonly left: readonly Change[];
  readonly why: string;
  readonly state: unknown;
}

export interface TestRealm extends AsyncDisposable {
  /** A folder of its own, gone after `dispose`. Relative paths in specs start here. */
  readonly root: string;
  readonly clock: Clock;
  readonly log: readonly LogLine[];
  readonly events: readonly EmittedEvent[];
  readonly wakes: readonly Ref[];
  /** Where its processes run under the virtual clock; undefined with the system's. */
  readonly machine: VirtualMachine | undefined;
  /** What the kind's functions are given. */
  contextFor(kind: string, signal?: AbortSignal): Context;
  /** A resource from a spec as it is written in the YAML. Throws a TypeError that names the first wrong place. */
  want(kind: string, written: object, name?: string): Resource;
  kind(name: string): Kind;
  /** One look, compared with the spec and what was last applied. */
  look(want: Resource, signal?: AbortSignal): Promise<Look>;
  /** Looks and applies until nothing differs, at most ten times; time passes where the kind asks for it. */
  apply(want: Resource, options?: { readonly settle?: boolean; readonly signal?: AbortSignal }): Promise<Passed>;
  /** Takes away what was last applied (or what `want` says, when nothing was). */
  remove(want: Resource): Promise<void>;
  advance(ms: number): Promise<void>;
  /** What a crash leaves: plugins are set up anew; files, rows, runs and processes stay. */
  restart(): void;
  dispose(): Promise<void>;
}

const MOST_ROUNDS = 10;
const HERE = { file: 'realm.config.yaml', line: 1, column: 1, path: 'plugins' };

/** A realm in a temporary folder; `await using realm = await testRealm({ plugins })` takes it away at the end. */
export async function testRealm(options: TestRealmOptions): Promise<TestRealm> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'realm-test-')));
  const realm = benchIn(root, options);
  for (const { name } of [options.plugins].flat() as readonly AnyPlugin[])
    await mkdir(join(root, '.realm', 'plugins', name), { recursive: true });
  return realm;
}

/** The same in a folder that is there already; touches nothing by itself. */
export function benchIn(root: string, options: TestRealmOptions, ask: Ask = askHere(systemClock)): TestRealm {
  const virtual = options.clock === 'system' ? undefined : virtualClock(options.start);
  const clock: Clock = virtual ?? systemClock;
  const random = virtual === undefined && options.seed === undefined ? systemRandom : seededRandom(options.seed ?? 1);
  let registry = register(options, root);
  const machine =
    virtual && virtualMachine({ clock: virtual, random, programs: (wish) => options.programs?.(wish.argv, wish) });
  const newLife = (): OpenProcesses => machine?.processes() ?? systemProcesses(systemClock, thisSystem());
  let processes = newLife();
  const stand = standIn({
    clock,
    random,
    root,
    secrets: options.secrets ?? {},
    processes: () => processes,
    registry: () => registry,
    ask,
  });
  const world: World = { clock, virtual, stand, applied: new Map(), entryOf: (name) => entryOf(registry, name) };
  const restart = (): void => {
    if (machine === undefined) processes.close();
    else machine.killDaemon();
    processes = newLife();
    registry = register(options, root);
  };
  const dispose = (): Promise<void> => {
    for (const handle of processes.list()) processes.signal(handle, 'SIGKILL');
    processes.close();
    return rm(root, { recursive: true, force: true });
  };
  return {
    root,
    clock,
    log: stand.log,
    events: stand.events,
    wakes: stand.wakes,
    machine,
    contextFor: (kind, signal) => stand.context(world.entryOf(kind).plugin, signal),
    want: (kind, written, name = 'subject') => resourceOf(world.entryOf(kind).kind, written, name, root, stand),
    kind: (name) => world.entryOf(name).kind,
    look: (want, signal) => lookAt(world, want, signal),
    apply: (want, { settle = true, signal } = {}) => converge(world, want, settle, signal),
    remove: (want) => removeThing(world, want),
    advance: (ms) => timePasses(world, ms),
    restart,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

interface World {
  readonly clock: Clock;
  readonly virtual: VirtualClock | undefined;
  readonly stand: StandIn;
  /** What was last applied and settled, by ref. */
  readonly applied: Map<Ref, Resource>;
  entryOf(kind: string): KindEntry;
}

function register({ plugins, settings = {} }: TestRealmOptions, root: string): Registry {
  const list = [plugins].flat() as readonly AnyPlugin[];
  const loaded = list.map((plugin): LoadedPlugin => ({ plugin, at: HERE, from: 'file', folder: root, file: root }));
  const ordered = orderPlugins(loaded.map((one) => ({ ...one, ...needsOf(one.plugin) })));
  return setUp(ordered, (plugin) => {
    const decoded = decode(plugin.settings!.schema, settings[plugin.name] ?? {}, { root });
    if (!decoded.ok) throw new TypeError(`settings of ${plugin.name}: ${decoded.path.join('.')} ${decoded.why}`);
    return decoded.value;
  });
}

const needsOf = ({ name, needs, wants }: AnyPlugin) => ({ name, needs, wants });

function entryOf(registry: Registry, kind: string): KindEntry {
  const entry = registry.kindsByName.get(kind);
  if (entry !== undefined) return entry;
  throw new TypeError(
    `no plugin under test declares the kind "${kind}"; there are: ${[...registry.kindsByName.keys()].join(', ')}`,
  );
}

function resourceOf(kind: Kind, written: object, name: string, root: string, stand: StandIn): Resource {
  const decoded = decode(kind.spec, written, { root });
  if (!decoded.ok) throw new TypeError(`the spec of ${kind.name}: ${decoded.path.join('.') || 'it'} ${decoded.why}`);
  const ref = refOf(kind.name, name);
  const generation = (stand.resources.get(ref)?.generation ?? 0) + 1;
  const want = deepFreeze<Resource>({
    ref,
    name,
    spec: decoded.value as object,
    generation,
    labels: {},
    after: [],
    awaited: [],
    overrides: [],
  });
  stand.resources.set(ref, want);
  return want;
}

function lookAt({ clock, stand, applied, entryOf }: World, want: Resource, signal?: AbortSignal): Promise<Look> {
  const { kind, plugin } = entryOf(kindOf(want));
  const subject = { want, kind, plugin, last: applied.get(want.ref)?.spec };
  return look(subject, (inner) => stand.context(plugin, inner), clock, signal);
}

async function converge(world: World, want: Resource, settle: boolean, signal?: AbortSignal): Promise<Passed> {
  const { kind, plugin } = world.entryOf(kindOf(want));
  let first: readonly Change[] | undefined;
  let why = '';
  for (let round = 0; ; round++) {
    const seen = await lookAt(world, want, signal);
    if (seen.is === 'data') return { converged: true, changes: [], left: [], why: 'only holds data', state: null };
    if (seen.is !== 'seen') return { converged: false, changes: first ?? [], left: [], why: whyOf(seen), state: null };
    first ??= seen.changes;
    if (seen.changes.length === 0) {
      if (settle) world.applied.set(want.ref, want);
      return { converged: true, changes: first, left: [], why, state: seen.state };
    }
    if (round === MOST_ROUNDS || kind.apply === undefined || why.startsWith('blocked'))
      return { converged: false, changes: first, left: seen.changes, why, state: seen.state };
    const outcome = await kind.apply(want, seen.changes, world.stand.context(plugin, signal));
    why = await heed(world, outcome);
  }
}

/** Lets runs end and time pass, as the kind asked for. */
async function heed(world: World, outcome: Outcome | void): Promise<string> {
  await world.stand.runs.ended();
  if (outcome === undefined || outcome.type === 'done') return 'said done';
  if (outcome.type === 'blocked') return `blocked: ${outcome.why}`;
  await timePasses(world, outcome.afterMs);
  return `again: ${outcome.why}`;
}

async function removeThing(world: World, want: Resource): Promise<void> {
  const { kind, plugin } = world.entryOf(kindOf(want));
  const last = world.applied.get(want.ref) ?? want;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const outcome = await kind.remove?.(last, world.stand.context(plugin));
    if ((outcome ?? undefined)?.type !== 'again') break;
    await heed(world, outcome);
  }
  world.applied.delete(want.ref);
}

const timePasses = (world: World, ms: number): Promise<void> => world.virtual?.advance(ms) ?? sleep(world.clock, ms);
const kindOf = (want: Resource): string => want.ref.slice(0, want.ref.indexOf('/'));
const whyOf = (seen: Exclude<Look, { is: 'seen' | 'data' }>): string =>
  seen.is === 'elsewhere' ? `lives on ${seen.host}` : seen.why;
