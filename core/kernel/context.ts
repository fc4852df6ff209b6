// The Context a plugin acts through: one object per call, carrying whose it is and when it ends.
import { join } from 'node:path';
import { sleep } from '../clock.ts';
import type { ApiName, RealmApis } from '../contract/apis.ts';
import type {
  AskOptions,
  Context,
  Log,
  Progress,
  Questions,
  Rows,
  RunRequest,
  RunView,
  ThisMachine,
  ToolAnswer,
} from '../contract/context.ts';
import type { EventName, RealmEvents } from '../contract/events.ts';
import type { Resource } from '../contract/kind.ts';
import type { Processes } from '../contract/processes.ts';
import type { StandingCondition } from '../model/conditions.ts';
import type { Ref } from '../model/ref.ts';
import { thisMachine } from '../os/this-machine.ts';
import type { Registry } from '../registry/registry.ts';
import type { Secret } from '../schema/schema.ts';
import type { World } from './world.ts';

export const ASK_MS = 5_000;
export const ASK_BYTES = 1024 * 1024;

/** What the kernel lends to contexts; in a process that only looks, the acting half does nothing or refuses. */
export interface Lender {
  readonly world: World;
  readonly registry: Registry;
  readonly root: string;
  readonly stateDir: string;
  realm(): Context['realm'];
  rows(plugin: string): Rows;
  questions(plugin: string): Questions;
  emit(event: {
    readonly type: EventName;
    readonly data: object;
    readonly ref?: Ref | undefined;
    readonly actor: string;
    readonly status?: string | undefined;
    readonly durationMs?: number | undefined;
  }): void;
  wake(ref: Ref): void;
  processes(plugin: string, signal: AbortSignal): Processes;
  resources(kind: string): readonly Resource[];
  conditions(ref: Ref): readonly StandingCondition[];
  start(request: RunRequest, actor: string): Promise<{ readonly id: string; readonly isNew: boolean }>;
  runs(prefix: string, limit: number): readonly RunView[];
  reveal(name: string): string;
}

/** What a context knows of the action it is lent to. */
export interface Doing {
  readonly progress?: ((at: Progress) => void) | undefined;
  readonly actor?: string | undefined;
}

export class KernelContext implements Context {
  readonly signal: AbortSignal;
  readonly #plugin: string;
  readonly #ref: Ref | undefined;
  readonly #lender: Lender;
  readonly #doing: Doing;

  constructor(plugin: string, ref: Ref | undefined, signal: AbortSignal, lender: Lender, doing: Doing = {}) {
    this.#plugin = plugin;
    this.#ref = ref;
    this.signal = signal;
    this.#lender = lender;
    this.#doing = doing;
  }

  get actor(): string {
    return this.#doing.actor ?? `plugin:${this.#plugin}`;
  }

  get log(): Log {
    return this.#lender.world.log(this.#plugin, this.#ref);
  }
  get paths(): Context['paths'] {
    return { root: this.#lender.root, data: join(this.#lender.stateDir, 'data', this.#plugin) };
  }
  get realm(): Context['realm'] {
    return this.#lender.realm();
  }
  get rows(): Rows {
    return this.#lender.rows(this.#plugin);
  }
  get questions(): Questions {
    return this.#lender.questions(this.#plugin);
  }
  get processes(): Processes {
    return this.#lender.processes(this.#plugin, this.signal);
  }
  machine(): ThisMachine {
    const { world } = this.#lender;
    return (world.machine ?? thisMachine)(world.env);
  }
  now(): number {
    return this.#lender.world.clock.now();
  }
  random(): number {
    return this.#lender.world.random.next();
  }
  emit<K extends EventName>(
    type: K,
    data: RealmEvents[K],
    about: { readonly ref?: Ref; readonly status?: string; readonly durationMs?: number } = {},
  ): void {
    this.#lender.emit({
      type,
      data,
      actor: `plugin:${this.#plugin}`,
      ref: about.ref ?? this.#ref,
      status: about.status,
      durationMs: about.durationMs,
    });
  }
  wake(ref: Ref): void {
    this.#lender.wake(ref);
  }
  async *every(ms: number): AsyncGenerator<void> {
    while (!this.signal.aborted) {
      yield;
      try {
        await sleep(this.#lender.world.clock, ms, this.signal);
      } catch {
        return; // the signal aborted: the loop simply ends
      }
    }
  }
  sleep(ms: number, signal: AbortSignal = this.signal): Promise<void> {
    return sleep(this.#lender.world.clock, ms, signal);
  }
  resources<Spec = unknown>(kind: string): readonly Resource<Spec>[] {
    return this.#lender.resources(kind) as readonly Resource<Spec>[];
  }
  conditions(ref: Ref): readonly StandingCondition[] {
    return this.#lender.conditions(ref);
  }
  start(run: RunRequest): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const forRef = run.forRef ?? this.#ref;
    return this.#lender.start(forRef === undefined ? run : { ...run, forRef }, `plugin:${this.#plugin}`);
  }
  runs(prefix: string, limit = 50): readonly RunView[] {
    return this.#lender.runs(prefix, limit);
  }
  progress(at: Progress): void {
    this.#doing.progress?.(at);
  }
  reveal(secret: Secret | string): string {
    return typeof secret === 'string' ? secret : this.#lender.reveal(secret.name);
  }
  async ask(
    tool: string,
    args: readonly string[],
    { timeoutMs = ASK_MS, mostBytes = ASK_BYTES, env }: AskOptions = {},
  ): Promise<ToolAnswer> {
    const { registry, world, root } = this.#lender;
    registry.mayAsk(this.#plugin, tool);
    const ask = world.ask ?? (await import('../os/ask.ts')).askHere(world.clock); // looking without tools stays quick
    return ask({ tool, args, cwd: root, env: { ...world.env, ...env }, timeoutMs, mostBytes }, this.signal);
  }
  use<K extends ApiName>(name: K): RealmApis[K] {
    return this.#lender.registry.use(this.#plugin, name) as RealmApis[K];
  }
  find<K extends ApiName>(name: K): RealmApis[K] | undefined {
    return this.#lender.registry.find(name) as RealmApis[K] | undefined;
  }
}
