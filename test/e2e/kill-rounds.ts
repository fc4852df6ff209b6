// A realm under load whose daemon is killed again and again, watched from outside: what was acknowledged, written and held.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { EventView } from '../../core/api/door.ts';
import { readText } from '../../core/files.ts';
import { seededRandom, type Random } from '../../core/random.ts';
import { Daemons, PATIENT_MS } from './daemons.ts';
import { HANGS_MS, realm, tempRealm, until } from './realm.ts';
import { witness } from './witness.ts';

const FILES = 40;
const WHOLE = /^(?:\d+ \d+ x{400}|hand \d+) end\n$/;

export interface Killed {
  readonly kills: number;
  readonly events: number;
  readonly tokens: number;
  readonly edits: number;
  readonly looks: number;
}

/** Kills the daemon so many times, then checks every promise. Throws with the seed in the message. */
export async function killRounds(rounds: number, seed: number): Promise<Killed> {
  const realmUnderLoad = new UnderLoad(await tempRealm({ 'witness.ts': witness }), seededRandom(seed));
  onTestFinished(() => realmUnderLoad.end());
  try {
    return await realmUnderLoad.play(rounds);
  } catch (cause) {
    throw new Error(`killed ${realmUnderLoad.kills} times, seed ${seed}; ${realmUnderLoad.said()}`, { cause });
  }
}

function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

class UnderLoad {
  kills = 0;
  readonly #dir: string;
  readonly #stateDir: string;
  readonly #random: Random;
  /** What the config declares: the number of each file's newest text. */
  readonly #declared = new Map(Array.from({ length: FILES }, (_, n) => [n, 0]));
  readonly #daemons: Daemons;
  /** Events that reached somebody outside, by number. */
  readonly #told = new Map<number, string>();
  /** Tokens whose run was acknowledged. */
  readonly #promised = new Set<string>();
  #asked = 0;
  #edits = 0;
  #looks = 0;
  #isOver = false;

  constructor(dir: string, random: Random) {
    this.#dir = dir;
    this.#stateDir = join(dir, '.realm');
    this.#daemons = new Daemons(dir);
    this.#random = random;
  }

  async play(rounds: number): Promise<Killed> {
    this.#declare();
    const work = [this.#churn(), this.#demand(), this.#read(), this.#follow()];
    let daemon = this.#daemons.start();
    for (; this.kills < rounds; this.kills++) {
      await this.#holds(daemon);
      const next = this.#random.next() < 0.5 ? this.#daemons.start() : undefined; // it waits for the lease
      if (this.#random.next() < 0.6) await this.#daemons.answers(daemon); // else it may die while it starts
      await pause(this.#below(400));
      const gone = once(daemon, 'exit');
      must(daemon.kill('SIGKILL'), 'the daemon ended by itself');
      await gone;
      daemon = next ?? this.#daemons.start();
    }
    this.#isOver = true;
    await Promise.all(work);
    await this.#settles();
    await this.#judge();
    const { kills } = this;
    return { kills, events: this.#told.size, tokens: this.#promised.size, edits: this.#edits, looks: this.#looks };
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#daemons.end();
  }

  said(): string {
    return this.#daemons.said();
  }

  #below(ms: number): number {
    return Math.floor(this.#random.next() * ms);
  }

  /** The lease names this process, and before long it does. */
  async #holds({ pid }: ChildProcess): Promise<void> {
    const holder = (): unknown => {
      const text = readText(join(this.#stateDir, 'lease.json'));
      return text === undefined ? undefined : (JSON.parse(text) as { pid: unknown }).pid;
    };
    await until(() => holder() === pid, HANGS_MS, `process ${pid} to hold the lease`);
  }

  #declare(): void {
    const lines = [...this.#declared].map(
      ([n, text]) => `  f${n}: { path: world/f${n}.txt, text: "${n} ${text} ${'x'.repeat(400)} end\\n" }\n`,
    );
    this.#put('realm.config.yaml', `plugins: [file, ./witness.ts]\nfiles:\n${lines.join('')}`);
  }

  /** As an editor that saves whole files. */
  #put(path: string, text: string): void {
    writeFileSync(join(this.#dir, `${path}.new`), text);
    renameSync(join(this.#dir, `${path}.new`), join(this.#dir, path));
  }

  /** Edits the config and the world, without a pause longer than 60 ms. */
  async #churn(): Promise<void> {
    while (!this.#isOver) {
      await pause(this.#below(60));
      this.#edits++;
      const n = this.#below(FILES);
      const what = this.#random.next();
      if (what < 0.4) this.#edit(n);
      else if (this.#declared.has(n) && existsSync(join(this.#dir, 'world'))) {
        if (what < 0.7) this.#put(`world/f${n}.txt`, `hand ${this.#edits} end\n`);
        else if (what < 0.9) rmSync(join(this.#dir, `world/f${n}.txt`), { force: true });
      }
    }
  }

  /** Asks for runs, as soon as somebody answers. */
  async #demand(): Promise<void> {
    while (!this.#isOver) {
      await pause(this.#below(60));
      if (this.#promised.size < this.kills) await this.#ask();
    }
  }

  #edit(n: number): void {
    if (this.#random.next() < 0.8) this.#declared.set(n, this.#edits);
    else if (this.#declared.size > FILES - 5) this.#declared.delete(n);
    this.#declare();
  }

  /** About one run per kill; the daemon may die before it answers, and then nothing was promised. */
  async #ask(): Promise<void> {
    const token = `token-${++this.#asked}`;
    await this.#daemons.ask(async (door) => {
      await door.invoke('witness.write', { token, afterMs: this.#below(300) }, 'user:test');
      this.#promised.add(token);
    }, PATIENT_MS);
  }

  /** Reads every file all the time; none may ever be half there. */
  async #read(): Promise<void> {
    while (!this.#isOver) {
      for (let n = 0; n < FILES; n++) this.#look(join(this.#dir, `world/f${n}.txt`));
      await pause(2);
    }
  }

  #look(path: string): void {
    if (!existsSync(path)) return;
    this.#looks++;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      return; // removed since
    }
    if (!WHOLE.test(text)) throw new Error(`${path} was seen half-written: ${JSON.stringify(text.slice(0, 80))}`);
  }

  /** Holds every event that it was told, over all lives of the daemon. */
  async #follow(): Promise<void> {
    while (!this.#isOver) {
      await this.#daemons.ask(async (door) => {
        const over = new AbortController();
        const watch = until(() => this.#isOver, 600_000, 'the end').then(() => over.abort());
        const since = Math.max(0, ...this.#told.keys());
        for await (const event of door.events({ since, follow: true }, over.signal)) this.#hear(event);
        if (this.#isOver) await watch;
        else over.abort();
      }, PATIENT_MS);
      await nextTurn();
      if (!this.#isOver) await pause(10);
    }
  }

  #hear(event: EventView): void {
    const text = JSON.stringify(event);
    const before = this.#told.get(event.seq);
    if (before !== undefined && before !== text) throw new Error(`event ${event.seq} was ${before} and is ${text}`);
    this.#told.set(event.seq, text);
  }

  /** The daemon that is left brings everything to an end. */
  async #settles(): Promise<void> {
    await until(() => this.#isDone(), HANGS_MS, 'the realm to be as declared and its runs to end');
    const planned = await realm(this.#dir, ['plan']);
    must(planned.code === 0, `the plan is not empty:\n${planned.stdout}${planned.stderr}`);
  }

  async #isDone(): Promise<boolean> {
    let done = false;
    await this.#daemons.ask(async (door) => {
      const { changes, unseen } = await door.plan({});
      const runs = await door.runs({ limit: 10_000 });
      const isGoing = runs.some(({ state }) => state === 'queued' || state === 'running');
      done = changes.length === 0 && unseen.length === 0 && !isGoing;
    }, PATIENT_MS);
    return done;
  }

  async #judge(): Promise<void> {
    for (let n = 0; n < FILES; n++) {
      const text = this.#declared.get(n);
      const path = join(this.#dir, `world/f${n}.txt`);
      if (text === undefined) {
        // What was made by hand where Realm had nothing is nobody's but the hand's.
        if (existsSync(path)) must(readFileSync(path, 'utf8').startsWith('hand'), `${path} was left behind`);
      } else must(readFileSync(path, 'utf8') === `${n} ${text} ${'x'.repeat(400)} end\n`, `${path} is not as declared`);
    }
    const starts = this.#linesOf('starts');
    must(starts.length > 0 && !starts.some((line) => line.includes('beside')), `two at once: ${starts.join('; ')}`);
    const tokens = this.#linesOf('tokens');
    must(tokens.length === new Set(tokens).size, `a token was written twice: ${tokens.join(' ')}`);
    const missing = [...this.#promised].filter((token) => !tokens.includes(token));
    must(missing.length === 0, `promised and never written: ${missing.join(' ')}`);
    await this.#judgeEvents();
  }

  #linesOf(name: string): string[] {
    const path = join(this.#dir, name);
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  async #judgeEvents(): Promise<void> {
    const { stdout } = await realm(this.#dir, ['events', '--since', '0', '--json']);
    const kept = new Map<number, string>();
    let last = 0;
    for (const line of stdout.trim().split('\n')) {
      const event = JSON.parse(line) as EventView;
      must(event.seq > last, `event ${event.seq} comes after ${last}`);
      last = event.seq;
      kept.set(event.seq, JSON.stringify(event));
    }
    const lost = [...this.#told].filter(([seq, text]) => kept.get(seq) !== text);
    const shown = lost.slice(0, 3).map(([seq, text]) => `${text} is now ${kept.get(seq)}`);
    must(lost.length === 0, `${lost.length} events that were told are gone or others, of ${last}: ${shown.join('; ')}`);
  }
}
