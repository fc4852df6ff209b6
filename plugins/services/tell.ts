// Facts about services, stated once each.
import type { Context, Resource } from 'realm-runner/plugin';
import { CRASH_LOOP, nextUnstable, ownEnd, wasTold } from './decide.ts';
import type { Facts, Life } from './facts.ts';
import { isEndTold, tellEnd } from './rows.ts';
import { restartOf, type ServiceSpec } from './spec.ts';

/** Each end is told once, whoever notices it first: the one who hears it, or the pass that begins the next life. */
export function tellEnded(
  { ref, name, spec }: Pick<Resource<ServiceSpec>, 'ref' | 'name' | 'spec'>,
  { life, stopping, end }: Pick<Facts, 'life' | 'stopping' | 'end'>,
  ctx: Context,
): void {
  if (life === null || end === null || isEndTold(name, life.token, ctx)) return;
  tellEnd(name, life.token, ctx);
  if (wasTold(stopping)) return ctx.emit('service.stopped', { ref, why: stopping.because }, { ref });
  const { status, why, lines } = ownEnd(end, stopping);
  const { policy, success } = restartOf(spec);
  const isSuccess = status !== null && success.includes(status);
  ctx.emit('service.exited', { ref, status, why, lines }, { ref, status: isSuccess ? 'ended' : 'failed' });
  if (isSuccess && spec.type === 'once')
    ctx.emit('service.ready', { ref, afterMs: Math.max(0, (end.at ?? ctx.now()) - life.startedAt) }, { ref }); // what comes after it may start
  const isRestarted =
    policy === 'always' ? !(isSuccess && spec.type === 'once') : policy === 'on-failure' && !isSuccess;
  const times = nextUnstable(spec, life, end, ctx.now());
  if (isRestarted && times === CRASH_LOOP) ctx.emit('service.crashlooping', { ref, times, why, lines }, { ref });
}

/** Without a probe it is ready as soon as it runs; who waits for `service.ready` hears of it all the same. */
export function tellStarted(
  { ref, spec }: Pick<Resource<ServiceSpec>, 'ref' | 'spec'>,
  { because, restarts }: Life,
  pid: number,
  ctx: Context,
): void {
  ctx.emit(restarts === 0 ? 'service.started' : 'service.restarted', { ref, pid, because, restarts }, { ref });
  if (spec.ready === undefined && spec.type !== 'once') ctx.emit('service.ready', { ref, afterMs: 0 }, { ref });
}
