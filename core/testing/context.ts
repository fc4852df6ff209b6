// A Context without a kernel: rows in memory, what is logged, emitted and woken kept for looking at.
import { join } from 'node:path';
import { sleep } from '../clock.ts';
import type { Clock } from '../clock.ts';
import type { Asked, Context, Log, Progress, Questions, Rows } from '../contract/context.ts';
import type { Resource } from '../contract/kind.ts';
import type { Processes } from '../contract/processes.ts';
import type { StandingCondition } from '../model/conditions.ts';
import { splitRef } from '../model/ref.ts';
import type { Ref } from '../model/ref.ts';
import type { Ask } from '../os/ask.ts';
import type { Random } from '../random.ts';
import type { Registry } from '../registry/registry.ts';
import { standInRuns } from './runs.ts';
import type { StandInRuns } from './runs.ts';

export interface LogLine {
  readonly plugin: string;
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: object | undefined;
}
export interface EmittedEvent {
  readonly plugin: string;
  readonly type: string;
  readonly data: unknown;
  readonly ref: Ref | undefined;
}

export interface StandInOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly root: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly processes: () => Processes;
  /** Asked anew each time, because a restart makes a new one. */
  readonly registry: () => Registry;
  readonly ask: Ask;
}

export interface StandIn {
  readonly log: readonly LogLine[];
  readonly events: readonly EmittedEvent[];
  readonly wakes: readonly Ref[];
  readonly progress: readonly Progress[];
  /** By plugin and key; put an answered one in its place to answer. */
  readonly questions: Map<string, Asked>;
  readonly runs: StandInRuns;
  /** What `ctx.resources` answers. */
  readonly resources: Map<Ref, Resource>;
  /** What `ctx.conditions` answers. */
  readonly conditions: Map<Ref, readonly StandingCondition[]>;
  context(plugin: string, signal?: AbortSignal): Context;
}

const MAX_ROW_BYTES = 1024 * 1024; // what nobody should keep in a row; a file is the place for it

export function standIn(options: StandInOptions): StandIn {
  const { clock, random, root, secrets, registry, ask } = options;
  const log: LogLine[] = [];
  const events: EmittedEvent[] = [];
  const wakes: Ref[] = [];
  const progress: Progress[] = [];
  const rows = new Map<string, string>();
  const questions = new Map<string, Asked>();
  const resources = new Map<Ref, Resource>();
  const conditions = new Map<Ref, readonly StandingCondition[]>();
  const context = (plugin: string, signal: AbortSignal = new AbortController().signal): Context => ({
    signal,
    log: logOf(plugin, log),
    paths: { root, data: join(root, '.realm', 'plugins', plugin) },
    realm: { name: 'test', timezone: 'UTC' },
    rows: rowsOf(plugin, rows),
    questions: questionsOf(plugin, questions),
    actor: `plugin:${plugin}`,
    processes: options.processes(),
    machine: () => ({ host: undefined, names: ['test'], addresses: ['127.0.0.1'] }),
    now: () => clock.now(),
    random: () => random.next(),
    emit: (type, data, about) => {
      events.push({ plugin, type, data: structuredClone(data), ref: about?.ref });
    },
    wake: (ref) => void wakes.push(ref),
    every: (ms) => ticks(clock, ms, signal),
    sleep: (ms, own = signal) => sleep(clock, ms, own),
    resources: <Spec>(kind: string) =>
      [...resources.values()].filter(({ ref }) => splitRef(ref).kind === kind) as unknown as readonly Resource<Spec>[],
    conditions: (ref) => conditions.get(ref) ?? [],
    start: (run) => runs.start(run),
    runs: (prefix, limit) => runs.list(prefix, limit),
    progress: (at) => void progress.push(at),
    reveal: (secret) => {
      if (typeof secret === 'string') return secret; // written out
      const text = secrets[secret.name];
      if (text === undefined) throw new Error(`the test knows no secret "${secret.name}"; give it in \`secrets\``);
      return text;
    },
    ask: async (tool, args, { timeoutMs = 5_000, mostBytes = 1024 * 1024, env } = {}) => {
      registry().mayAsk(plugin, tool);
      return ask({ tool, args, cwd: root, env: { ...process.env, ...env }, timeoutMs, mostBytes }, signal);
    },
    use: (name) => registry().use(plugin, name) as never,
    find: (name) => registry().find(name) as never,
  });
  const runs = standInRuns({ clock, registry, context: (plugin) => context(plugin) });
  return { log, events, wakes, progress, questions, runs, resources, conditions, context };
}

function logOf(plugin: string, lines: LogLine[]): Log {
  const at =
    (level: keyof Log) =>
    (message: string, fields?: object): void =>
      void lines.push({ plugin, level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** As the store keeps them: JSON text per plugin, so what a row cannot hold is found in a test. */
function rowsOf(plugin: string, rows: Map<string, string>): Rows {
  const own = `${plugin}\n`;
  return {
    get: (key) => {
      const text = rows.get(own + key);
      return text === undefined ? undefined : (JSON.parse(text) as unknown);
    },
    set: (key, value) => {
      const text = JSON.stringify(value) as string | undefined;
      if (text === undefined) throw new TypeError(`the row "${key}" would hold no JSON value`);
      if (text.length > MAX_ROW_BYTES) throw new TypeError(`the row "${key}" would hold ${text.length} characters`);
      rows.set(own + key, text);
    },
    delete: (key) => void rows.delete(own + key),
    list: (prefix = '') =>
      [...rows]
        .filter(([key]) => key.startsWith(own + prefix))
        .map(([key, text]) => ({ key: key.slice(own.length), value: JSON.parse(text) as unknown }))
        .sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

function questionsOf(plugin: string, all: Map<string, Asked>): Questions {
  const own = `${plugin} `;
  return {
    ask: ({ key, ref, what }) => {
      if (all.has(own + key)) return;
      all.set(own + key, { key, id: `q${all.size + 1}`, ref, what, state: 'waiting', by: null, why: null });
    },
    list: (prefix = '') => [...all].filter(([key]) => key.startsWith(own + prefix)).map(([, asked]) => asked),
    close: (key) => {
      if (all.get(own + key)?.state === 'waiting') all.delete(own + key);
    },
  };
}

async function* ticks(clock: Clock, ms: number, signal: AbortSignal): AsyncGenerator<void> {
  while (!signal.aborted) {
    try {
      await sleep(clock, ms, signal);
    } catch {
      return; // sleep fails only when the signal aborts, and then the loop simply ends
    }
    yield;
  }
}
