// Ends a service: its signal to all it started, after the grace KILL, again and again until nothing of it is left.
import { again, type Context, type Outcome, type Ref } from 'realm-runner/plugin';
import { gripOn } from './adopted.ts';
import { type Decision, KILL_AGAIN_MS, SIGNAL_AGAIN_MS } from './decide.ts';
import type { Life, Stopping } from './facts.ts';
import { writeStopping } from './life.ts';
import { folderOf } from './places.ts';
import type { ServiceSpec } from './spec.ts';

export interface Target {
  readonly ref: Ref;
  readonly name: string;
  readonly spec: ServiceSpec;
  readonly life: Life;
  readonly stopping: Stopping | null;
  /** Of the first step: it no longer works. */
  readonly isFailure?: boolean;
  /** Of the first step: it is to stay down. */
  readonly isForGood?: boolean;
}

/** One step towards its end. Its exit wakes whoever waits. Safe to repeat: a signal more does no harm. */
export function stop(
  { ref, name, spec, life, stopping, ...first }: Target,
  step: Decision['step'],
  why: string,
  ctx: Context,
): Outcome {
  const { isFailure = stopping?.isFailure === true, isForGood = stopping?.isForGood === true } = first;
  const now = ctx.now();
  const folder = folderOf(name, ctx);
  const grip = gripOn(name, life, ctx);
  if (grip.exit !== undefined) return again(0, 'it has ended meanwhile');
  const since = stopping === null || stopping.since > now ? now : stopping.since;
  const remember = (reached: number, killedAt: number | null, isBlocked = false): void =>
    writeStopping(folder, {
      token: life.token,
      because: why,
      since,
      reached,
      killedAt,
      isFailure,
      isForGood,
      isBlocked,
    });
  const killAt = since + spec.stop.grace;
  if (step === 'kill') {
    const isBlocked = stopping !== null && stopping.killedAt !== null;
    if (isBlocked && stopping.isBlocked !== true) {
      ctx.emit('service.stopBlocked', { ref, pids: grip.members(), forMs: now - since }, { ref });
    }
    remember(grip.signal('SIGKILL'), now, isBlocked);
    return again(KILL_AGAIN_MS, `${why}; it did not end within ${now - since} ms and was killed`);
  }
  if (step === 'stop') {
    const reached = grip.signal(`SIG${spec.stop.signal}`);
    remember(reached, null);
    if (reached === 0) return again(SIGNAL_AGAIN_MS, `${why}; it has only just been started`);
  }
  return again(Math.max(SIGNAL_AGAIN_MS, killAt - now), `${why}; ${spec.stop.signal} was sent`);
}
