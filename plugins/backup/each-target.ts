// The same in one target after the other: one that fails keeps the others from nothing, and is told.
import { RealmError } from 'realm-runner/plugin';
import type { Engine } from './engine.ts';
import type { TargetFacts } from './facts.ts';
import { factsOf } from './observe.ts';
import { messageOf } from './words.ts';

export interface InEach<T> {
  readonly done: readonly { readonly engine: Engine; readonly result: T }[];
  readonly failed: readonly string[];
}

export async function inEach<T>(
  engines: readonly Engine[],
  signal: AbortSignal,
  work: (engine: Engine) => Promise<T>,
): Promise<InEach<T>> {
  const done: { engine: Engine; result: T }[] = [];
  const failed: string[] = [];
  for (const engine of engines) {
    try {
      done.push({ engine, result: await work(engine) });
    } catch (error) {
      signal.throwIfAborted();
      const why = messageOf(error);
      failed.push(why.includes(engine.name) ? why : `${engine.name}: ${why}`);
    }
  }
  return { done, failed };
}

/** Of those that answer. */
export async function factsOfThose(
  engines: readonly Engine[],
  policy: string,
  signal: AbortSignal,
): Promise<readonly TargetFacts[]> {
  const { done } = await inEach(engines, signal, (engine) => factsOf(engine, policy));
  return done.map(({ result }) => result);
}

/** Throws BACKUP_FAILED when one failed, with what was done in the others. */
export function answerOf(output: object, failed: readonly string[]): object {
  if (failed.length === 0) return output;
  throw new RealmError('BACKUP_FAILED', failed.join('; '), {
    hint: 'the others were done; see that it is mounted and can be written to, and try again',
    output,
  });
}
