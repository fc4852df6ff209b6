// Asks a stranger's URL as long as this daemon lives, so that the stranger can say when it no longer does.
import type { Context, Resource } from 'realm-runner/plugin';
import { alertsHere } from './here.ts';
import type { AlertSpec } from './spec.ts';
import { ping } from './webhook.ts';
import { within } from './within.ts';

/** Who is declared may change meanwhile, and the system's clock be set. */
const LONGEST_MS = 10_000;

/** A ping that fails is not repeated: the stranger waits for more than one. */
export async function pingStrangers(ctx: Context): Promise<void> {
  const last = new Map<string, number>();
  while (!ctx.signal.aborted) {
    const times = alertsHere(ctx).map((alert) => look(alert, last, ctx));
    await ctx.sleep(Math.min(LONGEST_MS, ...times)).catch(() => {}); // the loop ends
  }
}

/** Pings when it is time; answers how long until the next. */
function look(alert: Resource<AlertSpec>, last: Map<string, number>, ctx: Context): number {
  const { deadMan } = alert.spec;
  if (deadMan === undefined) return Infinity;
  const since = ctx.now() - (last.get(alert.name) ?? -Infinity);
  if (since >= 0 && since < deadMan.every) return deadMan.every - since;
  last.set(alert.name, ctx.now());
  void tell(alert, deadMan, ctx);
  return deadMan.every;
}

/** Why the last ping of this alert failed; undefined: it did not. */
export const deadManOf = (name: string, { rows }: Pick<Context, 'rows'>): string | undefined =>
  rows.get(`dead-man/${name}`) as string | undefined;

async function tell(
  alert: Resource<AlertSpec>,
  deadMan: NonNullable<AlertSpec['deadMan']>,
  ctx: Context,
): Promise<void> {
  let why: string | undefined;
  try {
    await within(alert.spec.timeout, ctx, (signal) => ping(ctx.reveal(deadMan.url), signal));
  } catch (error) {
    why = error instanceof Error ? error.message : String(error);
  }
  if (ctx.signal.aborted || why === deadManOf(alert.name, ctx)) return;
  try {
    if (why === undefined) ctx.rows.delete(`dead-man/${alert.name}`);
    else ctx.rows.set(`dead-man/${alert.name}`, why);
  } catch (error) {
    ctx.log.warn(`how a ping went cannot be kept: ${error instanceof Error ? error.message : String(error)}`);
  }
  ctx.wake(alert.ref);
}
