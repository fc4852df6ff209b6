// Two machines for one suite: this one with real processes, and the simulated one. Programs are said once, for both.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { StartWish } from '../../../core/contract/processes.ts';
import type { System } from '../../../core/os/identity.ts';
import type { OpenProcesses } from '../../../core/os/processes.ts';
import { seededRandom, systemRandom } from '../../../core/random.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { virtualMachine } from '../../../core/simulate/processes.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import { place, system, until } from '../os/place.ts';

export interface Bench {
  readonly system: System;
  readonly folder: string;
  readonly processes: OpenProcesses;
  /** Another life; nothing in memory is shared. */
  again(): OpenProcesses;
  wish(name: string, program: Program, more?: Partial<StartWish>): StartWish;
  log(name: string): string;
  /** Lets time pass until it is true. */
  until(what: string, isTrue: () => boolean): Promise<void>;
  /** Lets time pass until it has settled. */
  wait<T>(work: Promise<T>): Promise<T>;
  /** Lets so much time pass. */
  pass(ms: number): Promise<void>;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The same behaviour as shell text. It speaks after its traps are set, so that what it says means it is ready. */
export function asScript(program: Program): string {
  const seconds = (ms: number): string => (ms / 1000).toFixed(3);
  const { lastsMs, exit = 0, says, ignores = [], stopsInMs, stopExit } = program;
  const lines = ignores.map((name) => `trap '' ${name.slice(3)}`);
  if (stopExit !== undefined) lines.push(`trap 'sleep ${seconds(stopsInMs ?? 0)}; exit ${stopExit}' HUP INT TERM`);
  for (const child of program.children ?? []) lines.push(`sh -c ${quote(asScript(child))} &`);
  for (const left of program.leaves ?? []) lines.push(`(setsid sh -c ${quote(asScript(left))} &)`);
  if (says !== undefined) lines.push(`echo ${quote(says)}`);
  if (lastsMs === undefined) lines.push('while :; do sleep 0.02; done');
  else lines.push(`sleep ${seconds(lastsMs)}`, `exit ${exit}`);
  return lines.join('\n');
}

export function realBench(): Bench {
  const { folder, processes, again, wish, log } = place();
  const pass = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
  return {
    system,
    folder,
    processes,
    again,
    log,
    until,
    pass,
    wish: (name, program, more) => wish(name, asScript(program), more),
    wait: (work) => work,
  };
}

const STEP_MS = 7;
const STEPS = 3_000;

export function virtualBench(seed = 1): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'realm-virtual-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = virtualClock();
  const machine = virtualMachine({ clock, random: seededRandom(seed), programs: programOf });
  let moving: Promise<void> | undefined; // one for all who wait at once
  const pass = (ms: number): Promise<void> => (moving ??= clock.advance(ms).finally(() => (moving = undefined)));
  const reach = async (what: string, isTrue: () => boolean): Promise<void> => {
    for (let step = 0; !isTrue(); step++) {
      if (step > STEPS) throw new Error(`waited in vain: ${what}`);
      await pass(STEP_MS);
    }
  };
  const again = (): OpenProcesses => machine.processes({ sweepMs: 50 });
  return {
    system: machine.system,
    folder,
    processes: again(),
    again,
    wish: (name, program, more = {}) => wishFor(folder, name, program, more),
    log: (name) => readFileSync(join(folder, name, 'log'), 'utf8'),
    until: reach,
    pass,
    async wait(work) {
      let isSettled = false;
      const settle = (): void => void (isSettled = true);
      work.then(settle, settle);
      await reach('it settles', () => isSettled);
      return work;
    },
  };
}

/** A wish whose command is the program itself, as JSON. */
export function wishFor(folder: string, name: string, program: Program, more: Partial<StartWish> = {}): StartWish {
  const dir = join(folder, name);
  const argv = ['program', JSON.stringify(program)];
  return { dir, argv, cwd: folder, env: {}, log: join(dir, 'log'), token: systemRandom.id(), ...more };
}

export const programOf = ({ argv: [name, text = '{}'] }: StartWish): Program | undefined =>
  name === 'program' ? (JSON.parse(text) as Program) : undefined;
