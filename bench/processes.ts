// Processes that are nobody's children: from kill -9 to the next one's first line, fifty starts, a hundred found again.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../core/clock.ts';
import type { ProcessHandle, StartWish } from '../core/contract/processes.ts';
import { type OpenProcesses, systemProcesses } from '../core/os/processes.ts';
import { thisSystem } from '../core/os/system.ts';
import { systemRandom } from '../core/random.ts';
import type { Bench } from './frame/figure.ts';
import { alternate } from './frame/sample.ts';

const LIVING = 50;
const KILLS = 100;
const ADOPTED = 100;
/** Says one line and stays. */
const PROGRAM = ['/bin/sh', '-c', 'echo up; exec sleep 600'] as const;
const FLOOR = 'bare spawn of the same program as a child';
const env = { PATH: '/usr/bin:/bin' };
const system = thisSystem();

class Place implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'realm-bench-processes-'));
  readonly processes: OpenProcesses = systemProcesses(systemClock, system);
  readonly #logs = join(this.folder, 'logs');
  readonly #awake = setInterval(() => {}, 60_000); // watching processes keeps no program alive

  constructor() {
    mkdirSync(this.#logs);
  }

  wish(name: string): StartWish {
    const log = join(this.#logs, name);
    const token = systemRandom.id();
    return { dir: join(this.folder, name), argv: PROGRAM, cwd: '/', env, token, log };
  }

  /** Answers once it has said its line. */
  async start(name: string): Promise<ProcessHandle> {
    const wish = this.wish(name);
    writeFileSync(wish.log, '', { flag: 'a' });
    const said = nextLine(wish.log); // listened for before it is started: it may speak while this process waits for its turn
    const [handle] = await Promise.all([this.processes.start(wish), said]);
    return handle;
  }

  [Symbol.dispose](): void {
    for (const handle of this.processes.list()) this.processes.signal(handle, 'SIGKILL');
    this.processes.close();
    clearInterval(this.#awake);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Resolves when the file grows. */
function nextLine(log: string): Promise<void> {
  const before = statSync(log).size;
  return new Promise((resolve) => {
    const watcher = watch(log, () => {
      if (statSync(log).size === before) return;
      watcher.close();
      resolve();
    });
  });
}

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** kill -9 of one of fifty commands; its end is heard, it is started again, and speaks. */
async function restart(place: Place, handles: ProcessHandle[], index: number): Promise<number> {
  const [command] = system.descendants(handles[index]!.shim!.pid);
  const ended = new Promise<void>((resolve) => {
    const stop = place.processes.exits(() => {
      stop();
      resolve();
    });
  });
  return timed(async () => {
    process.kill(command!.pid, 'SIGKILL');
    await ended;
    handles[index] = await place.start(`n${index}`);
  });
}

async function bare(): Promise<ChildProcess> {
  const [program, ...args] = PROGRAM;
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], env, cwd: '/' });
  await once(child.stdout, 'data');
  return child;
}

async function bareRestart(child: ChildProcess): Promise<{ ms: number; child: ChildProcess }> {
  let next = child;
  const ms = await timed(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    next = await bare();
  });
  return { ms, child: next };
}

async function bareStarts(): Promise<number> {
  let children: ChildProcess[] = [];
  const ms = await timed(async () => (children = await Promise.all(names(LIVING).map(bare))));
  for (const child of children) child.kill('SIGKILL');
  return ms;
}

/** A life that knows nothing finds a hundred running processes; beside it, reading the same files. */
async function adoption(place: Place): Promise<{ ours: number; floor: number }> {
  const handles = place.processes.list();
  const floor = await timed(async () => {
    for (const { dir, shim } of handles) {
      for (const name of ['pid', 'exit']) readFileSync(join(dir, name));
      readFileSync(`/proc/${shim!.pid}/stat`);
    }
  });
  const later = systemProcesses(systemClock, system);
  const ours = await timed(async () => {
    for (const { dir, token } of handles) later.adopt(dir, token);
  });
  const found = later.list().length;
  later.close();
  if (found !== handles.length) throw new Error(`${found} of ${handles.length} were found again`);
  return { ours, floor };
}

export const run: Bench = async () => {
  using place = new Place();
  await place.start('warm');
  const floorUp = await bareStarts();
  let handles: ProcessHandle[] = [];
  const up = await timed(async () => (handles = await Promise.all(names(LIVING).map((name) => place.start(name)))));
  let child = await bare();
  let kill = 0;
  const { again, floor } = await alternate(KILLS, {
    again: () => restart(place, handles, kill++ % LIVING),
    floor: async () => {
      const next = await bareRestart(child);
      child = next.child;
      return next.ms;
    },
  });
  child.kill('SIGKILL');
  for (let index = 0; place.processes.list().length < ADOPTED; index++) await place.start(`more${index}`);
  const adopted = await adoption(place);
  return [
    {
      name: 'processes/restart',
      value: again.median,
      unit: 'ms',
      spread: again.spread,
      ratio: again.median / floor.median,
      versus: FLOOR,
      target: '6 ms',
    },
    { name: 'processes/restart-p95', value: again.p95, unit: 'ms', ratio: again.p95 / floor.p95, versus: FLOOR },
    { name: `processes/start-${LIVING}`, value: up, unit: 'ms', ratio: up / floorUp, versus: FLOOR },
    {
      name: `processes/adopt-${ADOPTED}`,
      value: adopted.ours,
      unit: 'ms',
      ratio: adopted.ours / adopted.floor,
      versus: 'reading the same files',
    },
  ];
};
