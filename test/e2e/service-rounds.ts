// Fifty services under churn whose daemon is killed again and again, watched from outside: none lost, none doubled.
import { once } from 'node:events';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Ref } from '../../core/model/ref.ts';
import { seededRandom, type Random } from '../../core/random.ts';
import { Daemons, PATIENT_MS } from './daemons.ts';
import { HANGS_MS, tempRealm, until } from './realm.ts';
import { body, isLiving, judgeLog, killAll, pidOf, printedBy, processesOf, tokensOf } from './service-world.ts';

const ACTOR = 'user:test';
/** Nobody touches these: one life each, whatever happens to the daemon. */
const CALM = Array.from({ length: 10 }, (_, n) => `calm${n}`);
const CHATTY = Array.from({ length: 4 }, (_, n) => `chatty${n}`);
const CHURNED = Array.from({ length: 36 }, (_, n) => `churned${n}`);

export interface Seen {
  readonly kills: number;
  readonly lives: number;
  readonly causes: number;
  readonly lines: number;
  readonly rotations: number;
}

/** Kills the daemon so many times, then checks every promise. Throws with the seed in the message. */
export async function serviceRounds(rounds: number, seed: number): Promise<Seen> {
  const services = new Churn(await tempRealm({ 'body.sh': body }), seededRandom(seed));
  onTestFinished(() => services.end());
  try {
    return await services.play(rounds);
  } catch (cause) {
    throw new Error(`killed ${services.kills} times, seed ${seed}; ${services.said()}`, { cause });
  }
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

interface PsRow {
  readonly ref: string;
  readonly state: string;
  readonly pid: number | null;
}

class Churn {
  kills = 0;
  readonly #dir: string;
  readonly #random: Random;
  /** What the config declares: how often each was edited. */
  readonly #declared = new Map([...CALM, ...CHATTY, ...CHURNED].map((name) => [name, 0]));
  /** Whatever may have ended a life: kills, edits, wishes, words. */
  readonly #causes = new Map<string, number>();
  readonly #daemons: Daemons;
  #isOver = false;

  constructor(dir: string, random: Random) {
    this.#dir = dir;
    this.#random = random;
    this.#daemons = new Daemons(dir);
    mkdirSync(join(dir, 'tokens'));
  }

  async play(rounds: number): Promise<Seen> {
    this.#declare();
    let daemon = this.#daemons.start();
    await until(() => this.#isAsDeclared(), HANGS_MS, 'all services to run');
    const churning = this.#churn();
    for (; this.kills < rounds; this.kills++) {
      await pause(this.#below(300));
      const gone = once(daemon, 'exit');
      daemon.kill('SIGKILL');
      await gone;
      daemon = this.#daemons.start();
      if (this.#random.next() < 0.7) await this.#daemons.answers(daemon); // else it may die while it starts
    }
    this.#isOver = true;
    await churning;
    await until(
      () => this.#isAsDeclared(),
      HANGS_MS,
      'all services to be as declared',
      () => this.#waitsFor || this.#oddities().join('; '),
    );
    // A daemon turns logs over once it has lived for a second, which none before may have.
    await until(
      () => CHATTY.some((name) => printedBy(this.#dir, name).pieces > 0),
      HANGS_MS,
      'a log to be turned over',
    );
    return this.#judge();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#daemons.end();
    killAll(this.#dir);
  }

  said(): string {
    return this.#daemons.said();
  }

  #below = (most: number): number => Math.floor(this.#random.next() * most);

  #declare(): void {
    const restart = 'restart: { backoff: 10ms..50ms }, stop: { grace: 2s }';
    const lines = [...this.#declared].map(([name, edit]) => {
      const how = CHATTY.includes(name) ? 'chatty' : 'quiet';
      return `  ${name}: { command: [sh, body.sh, ${name}, ${how}], env: { EDIT: "${edit}" }, log: { size: 4KiB, keep: 1000 }, ${restart} }\n`;
    });
    const path = join(this.#dir, 'realm.config.yaml');
    writeFileSync(`${path}.new`, `plugins: [services]\nservices:\n${lines.join('')}`);
    renameSync(`${path}.new`, path);
  }

  /** Kills, edits, takes away and brings back, asks and tells, without a pause longer than 40 ms. */
  async #churn(): Promise<void> {
    while (!this.#isOver) {
      await pause(this.#below(40));
      const name = CHURNED[this.#below(CHURNED.length)]!;
      this.#causes.set(name, (this.#causes.get(name) ?? 0) + 1);
      const what = this.#random.next();
      if (what < 0.5) this.#kill(name);
      else if (what < 0.6) this.#edit(name);
      else if (what < 0.8)
        await this.#daemons.ask((door) => door.invoke('services.restart', { refs: [name], why: 'churn' }, ACTOR));
      else await this.#word(`service/${name}`);
    }
  }

  #kill(name: string): void {
    const living = tokensOf(this.#dir, name).find(isLiving);
    if (living !== undefined) process.kill(pidOf(living), 'SIGKILL');
  }

  /** Mostly another environment; now and then it goes, and comes back with the next edit. */
  #edit(name: string): void {
    const isThere = this.#declared.has(name);
    if (isThere && this.#random.next() < 0.3) this.#declared.delete(name);
    else this.#declared.set(name, (this.#declared.get(name) ?? 0) + 1);
    this.#declare();
  }

  #word(ref: Ref): Promise<unknown> {
    const wish = { ref, effect: 'stop', why: 'churn', actor: ACTOR } as const;
    return this.#daemons.ask<unknown>((door) =>
      this.#random.next() < 0.3 ? door.setOverride(wish) : door.clearOverride(wish),
    );
  }

  /** The daemon says that all is well, and the machine agrees. */
  async #isAsDeclared(): Promise<boolean> {
    this.#waitsFor = 'nobody answers';
    const rows = await this.#daemons.ask(async (door) => {
      const { changes, unseen } = await door.plan({});
      this.#waitsFor = JSON.stringify({ changes: changes.slice(0, 3), unseen: unseen.slice(0, 3) });
      if (changes.length > 0 || unseen.length > 0) return undefined;
      return (await door.invoke('services.ps', {}, ACTOR)) as { readonly services: readonly PsRow[] };
    }, PATIENT_MS);
    if (rows === undefined) return false;
    this.#waitsFor = '';
    this.#rows = rows.services;
    return this.#oddities().length === 0;
  }

  #rows: readonly PsRow[] = [];
  /** What the daemon still has before it, as it says. */
  #waitsFor = '';

  /** Where the answer of `realm ps` and the machine differ. */
  #oddities(): string[] {
    const odd: string[] = [];
    const found = Map.groupBy(
      processesOf(this.#dir).filter(({ command }) => /^(sleep 1000|sh body\.sh)/.test(command)),
      ({ service }) => service,
    );
    const known = new Map(this.#rows.map((row) => [row.ref.slice('service/'.length), row]));
    for (const name of new Set([...this.#declared.keys(), ...found.keys(), ...known.keys()])) {
      const pids = (found.get(name) ?? []).map(({ pid }) => pid);
      const row = known.get(name);
      const wanted = this.#declared.has(name) && row?.state !== 'stopped' ? [row?.pid] : [];
      if (JSON.stringify(pids) !== JSON.stringify(wanted))
        odd.push(`${name} is ${row?.state ?? 'undeclared'} with pid ${row?.pid}, and ${pids.join(', ') || 'none'} run`);
    }
    return odd;
  }

  #judge(): Seen {
    let lives = 0;
    for (const name of new Set([...this.#declared.keys(), ...this.#causes.keys()])) {
      const tokens = tokensOf(this.#dir, name);
      const causes = this.#causes.get(name) ?? 0;
      if (new Set(tokens).size !== tokens.length) throw new Error(`${name} wrote a token twice: ${tokens.join(' ')}`);
      if (tokens.length > 1 + causes)
        throw new Error(`${name} had ${tokens.length} lives, and ${causes} causes to end`);
      lives += tokens.length;
    }
    for (const name of [...CALM, ...CHATTY])
      if (tokensOf(this.#dir, name).length !== 1) throw new Error(`${name} was left alone, and started again`);
    const logs = CHATTY.map((name) => judgeLog(this.#dir, name));
    const [lines, rotations] = [sumOf(logs.map((log) => log.lines)), sumOf(logs.map(({ pieces }) => pieces))];
    return { kills: this.kills, lives, causes: sumOf([...this.#causes.values()]), lines, rotations };
  }
}
