// Takes a service away: ends it, settles a start that may be on its way, and deletes its folder; its log stays.
import { again, type Context, done, type Outcome, type Resource } from 'realm-runner/plugin';
import { gripOn } from './adopted.ts';
import { decide, hasGrace, LEFT_AGAIN_MS } from './decide.ts';
import { forget, readLife, readStopping } from './life.ts';
import { meaningOf } from './meaning.ts';
import { nothing } from './observe.ts';
import { folderOf } from './places.ts';
import { forgetRows } from './rows.ts';
import type { ServiceSpec } from './spec.ts';
import { stop } from './stop.ts';

const NO_LONGER_DECLARED = { actor: 'realm', why: 'no longer declared' };

export async function remove(last: Resource<ServiceSpec>, ctx: Context): Promise<Outcome> {
  return end(last, NO_LONGER_DECLARED, ctx) ?? taken(last.name, ctx);
}

/** A step towards the end of a service that is to stay down; undefined once nothing of it runs. */
export function end(
  { ref, name, spec }: Pick<Resource<ServiceSpec>, 'ref' | 'name' | 'spec'>,
  word: { readonly actor: string; readonly why: string },
  ctx: Context,
): Outcome | undefined {
  const folder = folderOf(name, ctx);
  const life = readLife(folder);
  if (life === null) return undefined;
  const grip = gripOn(name, life, ctx);
  const stopping = readStopping(folder, life.token);
  if (grip.exit === undefined) {
    const facts = { ...nothing(spec), life, is: 'running', stopping } as const;
    const meaning = meaningOf(spec, facts.envFiles, life.meaning);
    const { step, why } = decide({ spec, meaning, facts, stop: word, now: ctx.now() });
    return stop({ ref, name, spec, life, stopping, isForGood: true }, step, why, ctx);
  }
  if (stopping !== null && hasGrace(stopping, spec, ctx.now()) && grip.members().length > 0)
    return again(LEFT_AGAIN_MS, `${stopping.because}; what it started has the rest of ${spec.stop.grace} ms`);
  // It has ended; what it left behind goes with it.
  return grip.signal('SIGKILL') > 0 ? again(20, 'what it left behind was killed') : undefined;
}

function taken(name: string, ctx: Context): Outcome {
  forget(folderOf(name, ctx));
  forgetRows(name, ctx);
  return done;
}
