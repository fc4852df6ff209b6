// A realm lives through a random life on a virtual clock, and is held against what must be true whatever happens.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import type { Resource } from '../../../core/contract/kind.ts';
import { Kernel } from '../../../core/kernel/kernel.ts';
import type { Door } from '../../../core/api/door.ts';
import { localDoor } from '../../../core/kernel/masked-door.ts';
import type { KindEntry } from '../../../core/registry/registry.ts';
import { silentLog } from '../../../core/kernel/world.ts';
import { seededRandom } from '../../../core/random.ts';
import { type VirtualClock, virtualClock } from '../../../core/simulate/clock.ts';
import { MEMORY } from '../../memory.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const;
const PATHS = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'] as const;
const TEXTS = ['one', 'two', 'three'] as const;
type Name = (typeof NAMES)[number];
type Ref = `file/${Name}`;

interface Spec {
  readonly path: string;
  readonly text: string;
  readonly after?: Name;
  readonly protect?: boolean;
  readonly was?: Name;
}

export type Step =
  | { readonly do: 'declare'; readonly name: Name; readonly path: string; readonly text: string; readonly after?: Name }
  | { readonly do: 'undeclare'; readonly name: Name }
  | { readonly do: 'rename'; readonly name: Name; readonly to: Name }
  | { readonly do: 'swap'; readonly name: Name; readonly to: Name }
  | { readonly do: 'protect'; readonly name: Name; readonly on: boolean }
  | { readonly do: 'lock'; readonly on: boolean }
  | { readonly do: 'break config' }
  | { readonly do: 'edit by hand'; readonly path: string; readonly text: string | null }
  | { readonly do: 'hold' | 'release'; readonly name: Name; readonly forMs: number }
  | { readonly do: 'answer'; readonly state: 'approved' | 'denied' }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'restart' }
  | { readonly do: 'crash'; readonly after: number };

const name = fc.constantFrom(...NAMES);
const path = fc.constantFrom(...PATHS);
const text = fc.constantFrom(...TEXTS);
const is = <T extends Step['do']>(what: T) => fc.constant(what);
export const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record(
          { do: is('declare'), name, path, text, after: name },
          { requiredKeys: ['do', 'name', 'path', 'text'] },
        ),
      },
      { weight: 3, arbitrary: fc.record({ do: is('undeclare'), name }) },
      { weight: 1, arbitrary: fc.record({ do: is('rename'), name, to: name }) },
      { weight: 1, arbitrary: fc.record({ do: is('swap'), name, to: name }) },
      { weight: 1, arbitrary: fc.record({ do: is('protect'), name, on: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: is('lock'), on: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: is('break config') }) },
      { weight: 3, arbitrary: fc.record({ do: is('edit by hand'), path, text: fc.option(text) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constantFrom('hold' as const, 'release' as const),
          name,
          forMs: fc.constantFrom(5_000, 400_000),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ do: is('answer'), state: fc.constantFrom('approved' as const, 'denied' as const) }),
      },
      { weight: 4, arbitrary: fc.record({ do: is('wait'), ms: fc.constantFrom(0, 20, 3_000, 130_000) }) },
      { weight: 1, arbitrary: fc.record({ do: is('restart') }) },
      { weight: 2, arbitrary: fc.record({ do: is('crash'), after: fc.nat(60) }) },
    ),
    { minLength: 1, maxLength, size: 'max' },
  );

/** How much was explored, by step and by thing seen. */
export type Counts = Record<string, number>;

export class Life {
  readonly #root = mkdtempSync(join(MEMORY, 'realm-life-'));
  readonly #clock: VirtualClock = virtualClock();
  readonly #counts: Counts;
  readonly #declared = new Map<Name, Spec>();
  readonly #generations = new Map<string, number>();
  /** Paths that were ever declared. What is at the others is a stranger's. */
  readonly #ours = new Set<string>();
  /** What hands left where nothing is declared: its text. */
  readonly #strangers = new Map<string, string | null>();
  #isLocked = false;
  #isBroken = false;
  #kernel!: Kernel;
  #crashesIn = Infinity;
  #hasCrashed = false;
  #violation: Error | undefined;
  #seen = 0;

  constructor(counts: Counts) {
    this.#counts = counts;
  }

  dispose(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }

  async begin(): Promise<void> {
    this.#write();
    await this.#open();
  }

  async take(step: Step): Promise<void> {
    this.#count(step.do);
    const edited = this.#edit(step);
    if (edited) await this.#reload();
    else await this.#act(step);
    if (this.#hasCrashed) await this.#reopen();
    this.#generationsGrow();
    if (this.#violation !== undefined) throw this.#violation;
  }

  /** What must be so once nothing was done for a while. */
  async quiet(): Promise<void> {
    if (this.#isBroken) {
      this.#isBroken = false;
      this.#write();
      await this.#reload();
    }
    if (this.#hasCrashed) await this.#reopen();
    this.#crashesIn = Infinity;
    await this.#clock.advance(900_000);
    const door = this.#door();
    const [status, plan] = [await door.status(), await door.plan({})];
    const heldRefs = new Set(plan.changes.filter(({ held }) => held !== undefined).map(({ ref }) => ref));
    for (const { ref, ready, conditions } of status.resources) {
      if (ready === true) continue;
      const why = (await door.why(ref)).reasons;
      if (why.length === 0 || conditions.every(({ message, status: is }) => is === 'False' && message === ''))
        throw new Error(`${ref} is not ready and has no reason`);
    }
    for (const { ref, held } of plan.changes)
      if (held === undefined && !this.#waits(ref)) throw new Error(`after quiet time ${ref} is still to be changed`);
    for (const [one, spec] of this.#declared) {
      if (heldRefs.has(`file/${one}`) || this.#waits(`file/${one}`)) this.#count('held at the end');
      else this.#expect(spec.path, spec.text, `file/${one}`);
    }
    for (const [at, left] of this.#strangers)
      if (left !== null && !this.#ours.has(at)) this.#expect(at, left, 'a stranger');
    this.#noLeftovers(
      status.resources.map(({ ref }) => ref),
      heldRefs.size > 0,
    );
  }

  async end(): Promise<void> {
    const stopping = this.#kernel.stop(1_000);
    const [stopped] = await Promise.allSettled([stopping, this.#clock.advance(1_000)]);
    if (stopped.status === 'rejected') throw stopped.reason;
  }

  #waits(ref: string): boolean {
    const after = this.#declared.get(ref.slice(5) as Name)?.after;
    return after !== undefined && this.#kernel.scene.waitsFor(ref as Ref).length > 0;
  }

  #expect(at: string, wanted: string, ref: string): void {
    const file = join(this.#root, at);
    const found = existsSync(file) ? readFileSync(file, 'utf8') : 'nothing';
    if (found !== wanted) throw new Error(`${ref} wants ${wanted} at ${at}, where there is ${found}`);
  }

  /** A file that was once made for somebody is somebody's still, or gone. */
  #noLeftovers(refs: readonly string[], isSomethingHeld: boolean): void {
    if (isSomethingHeld || refs.some((ref) => !this.#declared.has(ref.slice(5) as Name))) return;
    const wanted = new Set([...this.#declared.values()].map((spec) => spec.path));
    for (const at of readdirSync(this.#root).filter((entry) => entry.startsWith('p')))
      if (!wanted.has(at) && !this.#strangers.has(at)) throw new Error(`${at} was left behind`);
    this.#count('checked for leftovers');
  }

  #edit(step: Step): boolean {
    const known = 'name' in step ? this.#declared.get(step.name) : undefined;
    const isTaken = (at: string, by: Name): boolean =>
      [...this.#declared].some(([one, spec]) => one !== by && spec.path === at);
    for (const [one, { was: _, ...spec }] of this.#declared) this.#declared.set(one, spec);
    switch (step.do) {
      case 'declare':
        if (isTaken(step.path, step.name)) return false;
        this.#declared.set(step.name, {
          path: step.path,
          text: step.text,
          ...(step.after !== undefined && step.after < step.name && this.#declared.has(step.after)
            ? { after: step.after }
            : {}),
        });
        return true;
      case 'undeclare':
        this.#forget(step.name);
        return known !== undefined;
      case 'rename':
        if (known === undefined || this.#declared.has(step.to)) return false;
        this.#forget(step.name);
        this.#declared.set(step.to, { path: known.path, text: known.text, was: step.name });
        return true;
      case 'swap': {
        const other = this.#declared.get(step.to);
        if (known === undefined || other === undefined) return false;
        this.#declared.set(step.name, { ...known, path: other.path });
        this.#declared.set(step.to, { ...other, path: known.path });
        return true;
      }
      case 'protect':
        if (known !== undefined) this.#declared.set(step.name, { ...known, protect: step.on });
        return known !== undefined;
      case 'lock':
        this.#isLocked = step.on;
        return true;
      case 'break config':
        this.#isBroken = !this.#isBroken;
        return true;
      default:
        return false;
    }
  }

  #forget(gone: Name): void {
    this.#declared.delete(gone);
    for (const [one, { after, ...spec }] of this.#declared)
      this.#declared.set(one, after === undefined || after === gone ? spec : { ...spec, after });
  }

  async #act(step: Step): Promise<void> {
    const door = this.#door();
    const ref: Ref = `file/${'name' in step ? step.name : 'a'}`;
    const actor = 'user:test';
    switch (step.do) {
      case 'edit by hand': {
        const file = join(this.#root, step.path);
        const isNobodys = this.#isBroken || ![...this.#declared.values()].some((spec) => spec.path === step.path);
        // What a hand makes where the owner was held back from making it is not the owner's either.
        if (isNobodys || !existsSync(file)) this.#strangers.set(step.path, step.text);
        if (step.text === null) rmSync(file, { force: true });
        else writeFileSync(file, step.text);
        return;
      }
      case 'wait':
        return this.#clock.advance(step.ms);
      case 'hold': {
        const until = new Date(this.#clock.now() + step.forMs).toISOString();
        return this.#tried(() => door.setOverride({ ref, effect: 'hold', why: 'test', actor, until }));
      }
      case 'release':
        return this.#tried(() => door.clearOverride({ ref, effect: 'hold', why: 'test', actor }));
      case 'answer': {
        const asked = (await door.approvals()).find(({ state }) => state === 'waiting');
        if (asked !== undefined) await this.#tried(() => door.answer(asked.id, step.state, 'test', actor));
        return;
      }
      case 'crash':
        this.#crashesIn = step.after;
        return;
      case 'restart':
        await this.#tried(() => this.end());
        return this.#open();
      default:
    }
  }

  /** What a person asks for may be refused, or be cut short by the crash. */
  async #tried(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      const isRefused = error instanceof Error && 'code' in error && error.code === 'REF_UNKNOWN';
      if (!isRefused && !this.#hasCrashed) throw error; // the dead fail in many ways
    }
  }

  async #reload(): Promise<void> {
    this.#write();
    if (!this.#isBroken) for (const { path: at } of this.#declared.values()) this.#ours.add(at);
    await Promise.all([this.#tried(() => this.#kernel.reload()), this.#clock.settled()]);
  }

  #write(): void {
    const lines = [...this.#declared].map(([one, { after, protect, ...spec }]) => {
      const more = {
        ...(after === undefined ? {} : { after: [`file/${after}`] }),
        ...(protect === true ? { protect } : {}),
      };
      return `  ${one}: ${JSON.stringify({ ...spec, ...more })}`;
    });
    const locked = this.#isLocked ? '["files.*.text"]' : '[]';
    const files = lines.length === 0 ? 'files: {}' : `files:\n${lines.join('\n')}`;
    const config = `realm: { locked: ${locked} }\nplugins: [file]\n${files}\n${this.#isBroken ? 'nonsense: 1\n' : ''}`;
    writeFileSync(join(this.#root, 'realm.config.yaml'), config);
  }

  async #open(): Promise<void> {
    const wasBroken = this.#isBroken;
    if (wasBroken) {
      this.#isBroken = false; // no realm starts with an invalid config
      this.#write();
    }
    for (const { path: at } of this.#declared.values()) this.#ours.add(at);
    this.#hasCrashed = false;
    this.#crashesIn = Infinity;
    const state = { over: false };
    const crash = (): void => {
      if (state.over || this.#crashesIn-- > 0) {
        if (!state.over) return;
      } else this.#hasCrashed = true;
      state.over = true; // the dead write nothing more
      throw new Error('killed');
    };
    const world = { clock: this.#clock, random: seededRandom(1), crash, env: {}, log: () => silentLog };
    const kernel = await Kernel.open({
      file: join(this.#root, 'realm.config.yaml'),
      stateDir: join(this.#root, '.realm'),
      env: {},
      purpose: 'daemon',
      world,
    });
    this.#kernel = kernel;
    kernel.loop.onPass = () => this.#count('passes');
    this.#watchHands(kernel);
    await kernel.start();
    await this.#clock.settled();
  }

  /** Nobody has a ref in hand, or makes something at a path, while somebody else does; being taken away twice hurts nothing. */
  #watchHands({ scene }: Kernel): void {
    const kinds = scene.loaded.registry.kindsByName as Map<string, KindEntry>;
    const entry = kinds.get('file')!;
    const inHand = new Set<string>();
    const watched =
      <A extends readonly [Resource, ...unknown[]], R>(
        act: (...args: A) => Promise<R>,
        does: 'look' | 'make' | 'take',
      ) =>
      async (...args: A): Promise<R> => {
        const [{ ref, spec }] = args;
        const at = (spec as Spec).path;
        const hands = does === 'look' ? [ref] : [ref, `${does} ${at}`];
        const others =
          does === 'make' ? [ref, `make ${at}`, `take ${at}`] : does === 'take' ? [ref, `make ${at}`] : [ref];
        for (const other of others) if (inHand.has(other)) this.#violation = new Error(`${other}: two holders`);
        for (const hand of hands) inHand.add(hand);
        try {
          return await act(...args);
        } finally {
          for (const hand of hands) inHand.delete(hand);
        }
      };
    const { observe, apply, remove } = entry.kind;
    const kind = {
      ...entry.kind,
      observe: watched(observe!, 'look'),
      apply: watched(apply!, 'make'),
      remove: watched(remove!, 'take'),
    };
    kinds.set('file', { ...entry, kind });
  }

  async #reopen(): Promise<void> {
    this.#count('crashed');
    const dead = this.#kernel;
    await dead.loop.stop(0);
    await this.#clock.settled();
    await this.#open();
  }

  #generationsGrow(): void {
    const { journal, resources } = this.#kernel.store;
    const now = resources.all();
    const gone = journal.read({ since: this.#seen, type: ['resource.removed', 'resource.forgotten'], limit: 10_000 });
    for (const { ref } of gone) this.#generations.delete(ref!); // what comes back is another thing
    this.#seen = journal.committedSeq;
    const refs = new Set<string>(now.map(({ ref }) => ref));
    for (const ref of this.#generations.keys()) if (!refs.has(ref)) this.#generations.delete(ref); // renamed
    for (const { ref, generation } of now) {
      if (generation < (this.#generations.get(ref) ?? 0)) throw new Error(`the generation of ${ref} shrank`);
      this.#generations.set(ref, generation);
    }
  }

  #door(): Door {
    const kernel = this.#kernel;
    return localDoor({
      scene: () => kernel.scene,
      set: () => kernel.set,
      kernel,
      holder: null,
      close: async () => {},
    });
  }

  #count(what: string): void {
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
  }
}

/** One whole life: throws what went wrong. */
export async function live(all: readonly Step[], counts: Counts): Promise<void> {
  const life = new Life(counts);
  try {
    await life.begin();
    for (const step of all) await life.take(step);
    await life.quiet();
    await life.end();
  } finally {
    life.dispose();
  }
}
