// Judges mutants: green without the patch, red with it, or it has failed. Several judges share one queue, each in its own copy.
import type { Copy } from '../copy.ts';
import type { Mutant } from './patch.ts';
import type { Asked, Trial } from './trial.ts';

export interface Verdict {
  readonly mutant: Mutant;
  readonly killed: boolean;
  readonly detail: string;
  readonly seconds: number;
}

export type Try = (asked: Asked) => Promise<Trial>;

/** What the judges share. */
export interface Court {
  /** In the order in which they are wanted. What is left in it was not judged. */
  readonly queue: Mutant[];
  /** How each test is without a patch; seen once. */
  readonly baselines: Map<string, Promise<Trial>>;
  /** Tests that some judge is busy with. */
  readonly busy: string[];
  /** Whether nothing new is to be begun. */
  expired(): boolean;
  tell(verdict: Verdict): void;
}

export function court(queue: Mutant[], green: ReadonlySet<string>, more: Pick<Court, 'expired' | 'tell'>): Court {
  const seen: Trial = { colour: 'green', detail: '' };
  const baselines = new Map([...green].map((test) => [test, Promise.resolve(seen)] as const));
  return { queue, baselines, busy: [], ...more };
}

/** Takes from the queue until it is empty or the time is over, and tells each verdict. */
export async function judgeAll(copy: Copy, attempt: Try, shared: Court): Promise<void> {
  while (shared.queue.length > 0 && !shared.expired()) {
    const mutant = next(shared);
    shared.busy.push(mutant.red);
    const baseline = await baselineOf(mutant.red, attempt, shared);
    const startedAt = performance.now();
    const { killed, detail } = await judge(copy, mutant, baseline, attempt);
    shared.busy.splice(shared.busy.indexOf(mutant.red), 1);
    shared.tell({ mutant, killed, detail, seconds: (performance.now() - startedAt) / 1000 });
  }
}

/** Each judge keeps to tests of its own while there are such: what it has compiled for one serves the next. */
function next({ queue, busy }: Court): Mutant {
  const at = queue.findIndex(({ red }) => !busy.includes(red));
  return queue.splice(Math.max(at, 0), 1)[0]!;
}

function baselineOf(test: string, attempt: Try, { baselines }: Court): Promise<Trial> {
  const baseline = baselines.get(test) ?? attempt({ test, touched: [] });
  baselines.set(test, baseline);
  return baseline;
}

async function judge(
  copy: Copy,
  { file, red, targets: touched }: Mutant,
  baseline: Trial,
  attempt: Try,
): Promise<{ killed: boolean; detail: string }> {
  if (baseline.colour !== 'green') {
    return { killed: false, detail: `the test is ${baseline.colour} without the patch: ${baseline.detail}` };
  }
  const wrong = copy.apply(file);
  if (wrong !== undefined) return { killed: false, detail: `the patch does not apply: ${wrong.split('\n')[0]}` };
  const { colour, detail } = await attempt({ test: red, touched });
  const stuck = copy.takeBack(file);
  if (stuck !== undefined) throw new Error(`${file} cannot be taken back: ${stuck}`);
  if (colour === 'red') return { killed: true, detail };
  return { killed: false, detail: colour === 'green' ? 'SURVIVED: the test stays green' : detail };
}
