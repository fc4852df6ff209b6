// Asks all hosts again and again, and wakes those whose answers are others.
import type { Context, Ref, Resource, SelfView } from 'realm-runner/plugin';
import { type Health, SOON_MS } from './health.ts';
import { remember } from './self.ts';
import { hostsOf, type Selves } from './selves.ts';
import type { Host } from './spec.ts';

export async function watchHosts(health: Health, selves: Selves, ctx: Context): Promise<void> {
  let isFirst = true;
  for await (const _ of ctx.every(SOON_MS)) {
    const hosts = hostsOf(ctx);
    const due = hosts.filter((host) => isFirst || health.isDue(host, ctx));
    if (due.length === 0) continue;
    await health.ask(due, await whoIsThis(selves, ctx), ctx);
    if (ctx.signal.aborted) return;
    const moved = health.keep(hosts, ctx);
    const news = isFirst ? hosts.map((host) => host.ref) : moved;
    for (const ref of [...news, ...livingOn(news, hosts, ctx)]) ctx.wake(ref);
    isFirst = false;
  }
}

/** How these stand is known by the health of their host. */
function livingOn(refs: readonly Ref[], hosts: readonly Host[], ctx: Context): readonly Ref[] {
  const names = new Set(hosts.flatMap(({ ref, name }) => (refs.includes(ref) ? [name] : [])));
  const isThere = ({ host, awaited }: Resource): boolean => host !== undefined && names.has(host) && awaited.length > 0;
  return ctx
    .resources('service')
    .filter(isThere)
    .map(({ ref }) => ref);
}

async function whoIsThis(selves: Selves, ctx: Context): Promise<string | null> {
  try {
    const self = await selves.self(ctx);
    rememberIfPossible(self, ctx);
    return self.id;
  } catch (error) {
    ctx.log.warn(messageOf(error)); // each look at such a resource says so too
    return null;
  }
}

/** A full disk keeps nobody from knowing who this is now. */
function rememberIfPossible(self: SelfView, ctx: Context): void {
  try {
    remember(self, hostsOf(ctx), ctx);
  } catch (error) {
    ctx.log.warn(`which host this machine is cannot be kept: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
