// Any life of the messages: who writes, reads, dies and comes back is drawn by chance; readers' own notes are the witness.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { newRoot, Stage } from './stage.ts';

export type Step =
  | { readonly do: 'write'; readonly from: string; readonly to: string; readonly reference: string | null }
  | { readonly do: 'again'; readonly pick: number }
  | { readonly do: 'toggle'; readonly agent: string }
  | { readonly do: 'read'; readonly agent: string; readonly most: number; readonly how: 'delete' | 'done' }
  | { readonly do: 'turn'; readonly ms: number }
  | { readonly do: 'restart' }
  /** `isRead`: everybody reads before the next life begins. */
  | { readonly do: 'crash'; readonly at: number; readonly isRead: boolean };

const AGENTS = ['z', 'jay', 'rick'] as const;
const agent = fc.constantFrom(...AGENTS);

const weighted = (
  weight: number,
  arbitrary: fc.Arbitrary<Step>,
): { weight: number; arbitrary: fc.Arbitrary<Step> } => ({ weight, arbitrary });
const does = <D extends Step['do']>(name: D): fc.Arbitrary<D> => fc.constant(name);

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    weighted(8, fc.record({ do: does('write'), from: agent, to: agent, reference: fc.constantFrom('A', 'B', null) })),
    weighted(1, fc.record({ do: does('again'), pick: fc.nat() })),
    weighted(2, fc.record({ do: does('toggle'), agent })),
    weighted(
      4,
      fc.record({
        do: does('read'),
        agent,
        most: fc.integer({ min: 1, max: 5 }),
        how: fc.constantFrom('delete', 'done'),
      }),
    ),
    weighted(8, fc.record({ do: does('turn'), ms: fc.constantFrom(0, 1_000, 6_000) })),
    weighted(1, fc.record({ do: does('restart') })),
    weighted(4, fc.record({ do: does('crash'), at: fc.integer({ min: 1, max: 20 }), isRead: fc.boolean() })),
  ),
  { minLength: 60, maxLength: 120 },
);

/** So little is kept that old segments go all the time. */
const SETTINGS = {
  most: 4,
  keep: '8kB',
  rules: [{ when: { to: 'rick' }, unless: { ready: 'agent/z' }, then: 'hold' }],
};
const DIED = new Error('killed here');
/** Far longer than anything waits: then it will never be quiet. */
const MOST_TURNS = 10_000;

export interface Explored {
  written: number;
  crashes: number;
  restarts: number;
  repeated: number;
}

/** Plays them, and throws when a message is lost, invented, overtaken, or given twice though nobody died. */
export async function play(all: readonly Step[], explored: Explored): Promise<void> {
  const life = new Life(explored);
  await life.begin();
  for (const one of all) await life.step(one);
  await life.settle();
}

class Life {
  readonly #root = newRoot();
  readonly #explored: Explored;
  /** In the order of writing. */
  readonly #written: {
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly reference: string | null;
  }[] = [];
  /** What each reader found, in its order, repetitions and all. */
  readonly #read = new Map<string, string[]>(AGENTS.map((name) => [name, []]));
  readonly #alive = new Set<string>(AGENTS);
  #stage!: Stage;
  #now = Date.parse('2026-11-21T12:00:00Z');
  /** Crash points until the next death; Infinity: none. */
  #left = Infinity;
  #deaths = 0;
  #isReadAtDeath = false;
  #files = 0;

  constructor(explored: Explored) {
    this.#explored = explored;
  }

  async begin(): Promise<void> {
    for (;;) {
      try {
        this.#stage = await Stage.begin({
          root: this.#root,
          agents: AGENTS,
          alive: [...this.#alive],
          settings: SETTINGS,
          crash: () => this.#mayDie(),
          parts: { segmentBytes: 2_000, remembered: 30 },
          now: this.#now,
        });
        return;
      } catch (error) {
        if (error !== DIED) throw error;
        this.#bury();
      }
    }
  }

  async step(one: Step): Promise<void> {
    if (one.do === 'write') this.#write(one);
    else if (one.do === 'again') this.#writeAgain(one.pick);
    else if (one.do === 'toggle') this.#toggle(one.agent);
    else if (one.do === 'read') this.#readSome(one.agent, one.most, one.how);
    else if (one.do === 'turn') await this.#turn(one.ms);
    else if (one.do === 'crash') [this.#left, this.#isReadAtDeath] = [one.at, one.isRead];
    else await this.#restart();
  }

  /** Everybody lives and reads, until nothing comes any more. */
  async settle(): Promise<void> {
    this.#left = Infinity;
    for (const name of AGENTS) this.#alive.add(name);
    await this.#restart();
    for (let quiet = 0, turns = 0; quiet < 2; turns += 1) {
      must(turns < MOST_TURNS, `after ${turns} s there is still something to be delivered`);
      await this.#turn(1_000);
      const before = this.#count();
      for (const name of AGENTS) this.#readSome(name, Infinity, 'delete');
      const isQuiet = this.#count() === before && [...this.#stage.post.book.pending()].length === 0;
      quiet = isQuiet && AGENTS.every((name) => this.#stage.outbox(name).length === 0) ? quiet + 1 : 0;
    }
    for (const name of AGENTS) this.#judge(name);
    await this.#stage.end();
  }

  #judge(name: string): void {
    const read = this.#read.get(name)!;
    const mine = this.#written.filter(({ to }) => to === name);
    const once = [...new Set(read)];
    must(once.length === mine.length, `${name} got ${once.length} of ${mine.length}: ${once.join(' ')}`);
    must(
      this.#deaths > 0 || read.length === once.length,
      `${name} got something twice though nobody died: ${read.join(' ')}`,
    );
    this.#explored.repeated += read.length - once.length;
    // One reference of one sender has an order that somebody gave it.
    for (const [key, group] of Map.groupBy(mine, ({ from, reference }) => `${from} ${reference}`)) {
      if (group[0]!.reference === null) continue;
      const order = once.filter((id) => group.some((one) => one.id === id));
      must(order.join() === group.map(({ id }) => id).join(), `${name}, ${key}: ${order.join(' ')}`);
    }
  }

  /** Who is dead does nothing any more, also where something catches what is thrown. */
  #mayDie(): void {
    this.#left -= 1;
    if (this.#left > 0) return;
    if (this.#left === 0) this.#explored.crashes += 1;
    throw DIED;
  }

  get #isDead(): boolean {
    return this.#left <= 0;
  }

  #write({
    from,
    to,
    reference,
  }: {
    readonly from: string;
    readonly to: string;
    readonly reference: string | null;
  }): void {
    const id = `m${this.#written.length}`;
    this.#written.push({ id, from, to, reference });
    this.#explored.written += 1;
    this.#put(from, { id, to, reference, payload: 'x'.repeat(50) });
  }

  /** As one that does not know whether it was heard; one of the last. */
  #writeAgain(pick: number): void {
    const one = this.#written.at(-1 - (pick % 3));
    if (one === undefined) return;
    this.#put(one.from, { id: one.id, to: one.to, reference: one.reference, payload: 'x'.repeat(50) });
  }

  #put(from: string, said: object): void {
    this.#stage.write(from, `${String(this.#files++).padStart(6, '0')}.json`, said);
  }

  #toggle(name: string): void {
    if (!this.#alive.delete(name)) this.#alive.add(name);
    if (!this.#stage.alive.delete(name)) this.#stage.alive.add(name);
  }

  #readSome(name: string, most: number, how: 'delete' | 'done'): void {
    const inbox = join(this.#stage.home(name), 'inbox');
    if (!existsSync(inbox)) return;
    const lying = readdirSync(inbox).filter((file) => /^\d.*\.json$/.test(file));
    for (const file of lying.sort().slice(0, most)) {
      const { id } = JSON.parse(readFileSync(join(inbox, file), 'utf8')) as { id: string };
      this.#read.get(name)!.push(id);
      mkdirSync(join(inbox, 'done'), { recursive: true });
      if (how === 'done') renameSync(join(inbox, file), join(inbox, 'done', file));
      else rmSync(join(inbox, file));
    }
  }

  #count(): number {
    return [...this.#read.values()].reduce((sum, { length }) => sum + length, 0);
  }

  async #turn(ms: number): Promise<void> {
    this.#now += ms;
    await this.#orDie(() => this.#stage.turn(ms));
  }

  async #orDie(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (error !== DIED) throw error;
    }
    if (!this.#isDead) return;
    await this.#stage.kill();
    if (this.#isReadAtDeath) for (const name of AGENTS) this.#readSome(name, Infinity, 'delete');
    this.#bury();
    await this.begin();
  }

  #bury(): void {
    this.#deaths += 1;
    this.#left = Infinity;
  }

  async #restart(): Promise<void> {
    this.#explored.restarts += 1;
    await this.#orDie(() => this.#stage.end());
    await this.#stage.kill();
    await this.begin();
  }
}

function must(isSo: boolean, otherwise: string): asserts isSo {
  if (!isSo) throw new Error(otherwise);
}
