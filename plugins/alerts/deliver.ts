// Carries out what waits in rows, each target by itself. A loop of its own: it must not wait for the machinery it reports on.
import type { Context, Resource } from 'realm-runner/plugin';
import type { Bell } from './bell.ts';
import { dueFor, pauseAfter } from './due.ts';
import { alertsHere, isPaused } from './here.ts';
import { type Body, bodyOf } from './message.ts';
import { alertOf, MOST_WAITING, progressOf, setProgress, strike, type Waiting, waitingOf } from './outbox.ts';
import { minuteOf } from './quiet.ts';
import { send } from './send.ts';
import type { AlertSpec, Target } from './spec.ts';
import { settleDoubts } from './standing.ts';
import { keyOf, nameOf } from './target.ts';
import type { Told } from './told.ts';
import { Undelivered } from './within.ts';

/** The system's clock may be set meanwhile, so nothing sleeps for longer. */
const LONGEST_MS = 30_000;
const AFTER_ERROR_MS = 3_000;
/** Events come in bursts, and each look reads all that waits. */
const GATHER_MS = 50;

interface Loop {
  readonly ctx: Context;
  readonly bell: Bell;
  /** What targets have got, also when no row could say so. */
  readonly told: Told;
  /** Targets that are being told. */
  readonly busy: Map<string, Promise<void>>;
}

export async function deliver(ctx: Context, bell: Bell, told: Told): Promise<void> {
  const loop: Loop = { ctx, bell, told, busy: new Map() };
  while (!ctx.signal.aborted) {
    await bell.wait(look(loop), ctx);
    await ctx.sleep(GATHER_MS).catch(() => {}); // the loop ends
  }
  await Promise.all(loop.busy.values());
}

/** Starts what is due; answers how long nothing else will be. */
function look(loop: Loop): number {
  const { ctx } = loop;
  try {
    const now = ctx.now();
    const times = [settleDoubts(ctx) ?? Infinity];
    const waiting = Map.groupBy(waitingOf(undefined, ctx), alertOf);
    const alerts = new Map(ctx.resources<AlertSpec>('alert').map((alert) => [alert.name, alert]));
    const here = new Set(alertsHere(ctx).map(({ name }) => name));
    for (const [name, items] of waiting) {
      const alert = alerts.get(name);
      if (alert === undefined) for (const { key } of items) ctx.rows.delete(key); // no longer declared
      else if (here.has(name) && !isPaused(alert)) times.push(lookAtAlert(alert, items, loop));
    }
    return Math.max(0, Math.min(LONGEST_MS, Math.min(...times) - now));
  } catch (error) {
    ctx.log.warn(`what waits to be told cannot be read or kept: ${messageOf(error)}`);
    return AFTER_ERROR_MS;
  }
}

function lookAtAlert(alert: Resource<AlertSpec>, items: readonly Waiting[], loop: Loop): number {
  const { ctx, told, busy } = loop;
  const keys = new Set(alert.spec.to.map(keyOf));
  const open: Waiting[] = [];
  const [tooMany, kept] = [items.slice(0, -MOST_WAITING), items.slice(-MOST_WAITING)];
  giveUp(alert, tooMany, [...keys], 'too much waits, and this was the oldest', ctx);
  for (const one of kept) {
    const over = one.left.filter((key) => !keys.has(key) || told.has(alert.name, key, one.item.id));
    if (over.length > 0) strike(one, over, ctx);
    if (over.length < one.left.length) open.push({ ...one, left: one.left.filter((key) => !over.includes(key)) });
  }
  const time = { now: ctx.now(), minute: minuteOf(ctx.now(), ctx.realm.timezone) };
  let next = Infinity;
  for (const target of alert.spec.to) {
    const key = keyOf(target);
    const place = `${alert.name}/${key}`;
    if (busy.has(place)) continue; // rings when it is over
    const { batch, lookAt } = dueFor(key, open, progressOf(alert.name, key, ctx), alert.spec, time);
    if (batch.length === 0) next = Math.min(next, lookAt ?? Infinity);
    else
      busy.set(
        place,
        tell(alert, target, batch, loop).finally(() => (busy.delete(place), loop.bell.ring())),
      );
  }
  return next;
}

async function tell(alert: Resource<AlertSpec>, target: Target, batch: readonly Waiting[], loop: Loop): Promise<void> {
  const { ctx } = loop;
  const body = headOf(batch, ctx);
  try {
    await send(alert, target, body, ctx);
  } catch (error) {
    if (!ctx.signal.aborted) keep(() => failed(alert, target, batch, error, ctx), ctx);
    return; // the next life tries again
  }
  for (const { item } of batch) loop.told.add(alert.name, keyOf(target), item.id);
  keep(() => delivered(alert, target, batch, ctx), ctx);
}

function delivered({ name, ref }: Resource<AlertSpec>, target: Target, batch: readonly Waiting[], ctx: Context): void {
  const key = keyOf(target);
  for (const one of batch) strike(one, [key], ctx);
  setProgress(name, key, { lastSentAt: ctx.now(), tries: 0, retryAt: 0, why: '' }, ctx);
  const { subject, state, severity, message } = headOf(batch, ctx);
  ctx.emit('alert.sent', { alert: name, to: nameOf(target), subject, state, severity, message }, { ref });
  ctx.wake(ref);
}

function failed(
  alert: Resource<AlertSpec>,
  target: Target,
  batch: readonly Waiting[],
  error: unknown,
  ctx: Context,
): void {
  const { name, ref, spec } = alert;
  const key = keyOf(target);
  const { lastSentAt, tries: before } = progressOf(name, key, ctx);
  const tries = before + 1;
  const why = messageOf(error);
  const asked = error instanceof Undelivered ? (error.retryAfterMs ?? 0) : 0;
  const pause = Math.max(pauseAfter(tries, spec, ctx.random()), Math.min(asked, spec.retry.backoff.toMs));
  setProgress(name, key, { lastSentAt, tries, retryAt: ctx.now() + pause, why }, ctx);
  const old = batch.filter(({ item }) => item.queuedAt + spec.retry.for <= ctx.now());
  const { subject, state } = headOf(batch, ctx);
  ctx.emit('alert.failed', { alert: name, to: nameOf(target), subject, state, why, tries, isGivenUp: false }, { ref });
  giveUp(alert, old, [key], why, ctx);
  ctx.wake(ref);
}

/** Each is named: nobody will be told of it any more. */
function giveUp(
  { name, ref, spec }: Resource<AlertSpec>,
  items: readonly Waiting[],
  targets: readonly string[],
  why: string,
  ctx: Context,
): void {
  const to = spec.to
    .filter((target) => targets.includes(keyOf(target)))
    .map(nameOf)
    .join(', ');
  for (const one of items) {
    const { subject, state } = one.item;
    strike(
      one,
      one.left.filter((key) => targets.includes(key)),
      ctx,
    );
    ctx.emit('alert.failed', { alert: name, to, subject, state, why, tries: 0, isGivenUp: true }, { ref });
  }
}

const headOf = (batch: readonly Waiting[], ctx: Context): Body =>
  bodyOf(
    batch.map(({ item }) => item),
    ctx,
  );

/** While the disk is full no row can be written; memory then knows what was told. */
function keep(write: () => void, ctx: Context): void {
  try {
    write();
  } catch (error) {
    ctx.log.warn(`how an alert went cannot be kept: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
