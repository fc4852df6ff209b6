// A command line in this process: a door in memory, a terminal that remembers, and time that stands still.
import type { ActionView, ApplyReport, Door, PlanView, ResourceView, StatusView } from '../../../core/api/door.ts';
import { runCommandLine } from '../../../core/cli/command-line.ts';
import { plainPaint } from '../../../core/cli/render/colour.ts';
import type { Output } from '../../../core/cli/render/terminal.ts';
import type { DoorOptions, Need, Shell } from '../../../core/cli/shell.ts';
import type { Clock } from '../../../core/clock.ts';
import { systemClock } from '../../../core/clock.ts';
import { Mask } from '../../../core/mask.ts';

export const NOW = Date.parse('2030-01-31T12:00:00.000Z');
const still: Clock = { ...systemClock, now: () => NOW };

export interface Stage {
  readonly door?: Partial<Door>;
  /** What openDoor throws instead. */
  readonly fails?: Error;
  readonly columns?: number;
  /** What the person types; without it nobody is there. */
  readonly answer?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Time that goes on. Without it, it stands still. */
  readonly clock?: Clock;
  /** Hears standard output as it is written. */
  readonly heard?: (text: string) => void;
}
export interface Played {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** `status`, `apply {...}`: what was asked of the door. */
  readonly asked: readonly { readonly name: string; readonly args: readonly unknown[] }[];
  readonly opened: readonly { readonly need: Need; readonly options: DoorOptions }[];
  readonly questions: readonly string[];
}

export const resource = (ref: `${string}/${string}`, more: Partial<ResourceView> = {}): ResourceView => ({
  ref,
  ready: true,
  generation: 1,
  observedGeneration: 1,
  conditions: [
    { type: 'Ready', status: 'True', reason: 'AsDeclared', message: 'as declared', since: '2030-01-31T09:00:00.000Z' },
  ],
  ...more,
});

export const statusOf = (resources: readonly ResourceView[], more: Partial<StatusView> = {}): StatusView => ({
  version: 1,
  daemon: null,
  resources,
  plugins: [],
  configError: null,
  store: 'ok',
  ...more,
});

export const planOf = (changes: PlanView['changes'] = [], more: Partial<PlanView> = {}): PlanView => ({
  version: 1,
  changes,
  unseen: [],
  closure: [],
  looked: changes.length,
  bound: { madeAt: '2030-01-31T12:00:00.000Z', config: 'c0ffee', observed: {}, target: [], exclude: [] },
  ...more,
});

export const create = { ref: 'file/motd', action: 'create', fields: [], reason: 'config' } as const;
export const reportOf = (...steps: ApplyReport['steps']): ApplyReport => ({ version: 1, steps, watched: true });

export const actionOf = (more: Partial<ActionView>): ActionView => ({
  name: 'skills.list',
  plugin: 'skills',
  summary: 'List the skills.',
  effect: 'read',
  long: false,
  verb: 'skills',
  positionals: [],
  input: { type: 'object', properties: {}, additionalProperties: false },
  ...more,
});

const asJson = (text: string): any => JSON.parse(text); // any: a test looks into shapes it then asserts
export const jsonOf = (played: Played): any => asJson(played.out); // any: likewise

/** Runs `realm ARGV` and tells all that came of it. What the door lacks answers with nothing. */
export async function play(argv: readonly string[], stage: Stage = {}): Promise<Played> {
  const asked: Played['asked'][number][] = [];
  const opened: Played['opened'][number][] = [];
  const questions: string[] = [];
  const empty: Partial<Door> = {
    status: () => Promise.resolve(statusOf([])),
    actions: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
  const offered: Partial<Door> = { ...empty, ...stage.door };
  const door = new Proxy(offered as Door, {
    get: (target, name: keyof Door) => {
      const answer = target[name] as ((...args: unknown[]) => unknown) | undefined;
      if (answer === undefined) return undefined;
      return (...args: unknown[]) => {
        asked.push({ name, args });
        return answer(...args);
      };
    },
  });
  const written = { out: '', err: '' };
  const output = (to: 'out' | 'err'): Output => ({
    write: (text) => {
      written[to] += text;
      if (to === 'out') stage.heard?.(text);
    },
    isTTY: stage.answer !== undefined,
    columns: stage.columns ?? Infinity,
    paint: plainPaint,
  });
  const shell: Shell = {
    terminal: {
      out: output('out'),
      err: output('err'),
      readerLeft: new AbortController().signal,
      ask: (question) => {
        questions.push(question);
        return Promise.resolve(stage.answer);
      },
    },
    cwd: stage.cwd ?? '/realm',
    env: stage.env ?? {},
    clock: stage.clock ?? still,
    mask: new Mask(),
    takeSignals: () => {},
    signal: stage.signal ?? new AbortController().signal,
    actor: 'user:ann',
    openDoor: (options, need) => {
      opened.push({ need, options });
      return stage.fails === undefined ? Promise.resolve(door) : Promise.reject(stage.fails);
    },
  };
  const code = await runCommandLine(argv, shell);
  return { code, ...written, asked, opened, questions };
}
