// Judges mutants one after the other in one copy: green without the patch, red with it, or it has failed.
import type { Copy } from '../copy.ts';
import type { Mutant } from './patch.ts';
import type { Trial } from './trial.ts';

export interface Verdict {
  readonly mutant: Mutant;
  readonly killed: boolean;
  readonly detail: string;
  readonly seconds: number;
}

export type RunTest = (dir: string, test: string) => Promise<Trial>;

/** Takes from `queue` (grouped by test) until it is empty or `expired` says so, and tells each verdict. */
export async function judgeAll(
  copy: Copy,
  queue: Mutant[][],
  run: RunTest,
  expired: () => boolean,
  tell: (verdict: Verdict) => void,
): Promise<void> {
  for (let group = queue.shift(); group !== undefined; group = queue.shift()) {
    const baseline = await run(copy.dir, group[0]!.red);
    while (group.length > 0) {
      if (expired()) {
        queue.unshift(group); // what is left of it is told as not run
        return;
      }
      const mutant = group.shift()!;
      const startedAt = performance.now();
      const { killed, detail } = await judge(copy, mutant, baseline, run);
      tell({ mutant, killed, detail, seconds: (performance.now() - startedAt) / 1000 });
    }
  }
}

async function judge(
  copy: Copy,
  mutant: Mutant,
  baseline: Trial,
  run: RunTest,
): Promise<{ killed: boolean; detail: string }> {
  if (baseline.colour !== 'green') {
    return { killed: false, detail: `the test is ${baseline.colour} without the patch: ${baseline.detail}` };
  }
  const wrong = copy.apply(mutant.file);
  if (wrong !== undefined) return { killed: false, detail: `the patch does not apply: ${wrong.split('\n')[0]}` };
  const { colour, detail } = await run(copy.dir, mutant.red);
  const stuck = copy.takeBack(mutant.file);
  if (stuck !== undefined) throw new Error(`${mutant.file} cannot be taken back: ${stuck}`);
  if (colour === 'red') return { killed: true, detail };
  return { killed: false, detail: colour === 'green' ? 'SURVIVED: the test stays green' : detail };
}
