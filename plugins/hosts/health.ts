// How hosts and their services are, as far as anybody knows: in memory as it was last asked, in rows when it changed.
import { type Context, RealmError, type Ref } from 'realm-runner/plugin';
import { type Answer, probe } from './probe.ts';
import { addressFrom, type Host, type OfferedService, servicesOf } from './spec.ts';

export const EVERY_MS = 30_000;
/** What is there and not healthy may just be starting. */
export const SOON_MS = 5_000;
/** Older than this, somebody who asks is not given the old answer. */
const STALE_MS = 4 * EVERY_MS;
/** Rows that only got older are written this often. */
const WRITE_MS = 5 * 60_000;
/** Older than this an answer says nothing of now: later than rows get, so that a restart of the daemon is no news. */
export const DOUBTFUL_MS = WRITE_MS + STALE_MS;
const AT_ONCE = 16;
/** One lost answer is no lost host. */
const MISSES = 2;

export interface ServiceHealth {
  readonly healthy: boolean;
  readonly latencyMs: number | null;
  readonly why: string;
  /** When it was last healthy, ms since the epoch; null: never. */
  readonly lastHealthyAt: number | null;
}

export interface HostHealth {
  /** When it was asked, ms since the epoch. */
  readonly at: number;
  /** The address that was asked: another one is another machine. */
  readonly address: string;
  readonly reachable: boolean;
  /** When anything of it last answered, ms since the epoch; null: never. */
  readonly lastSeen: number | null;
  /** Rounds in a row in which nothing answered. */
  readonly missed: number;
  readonly services: Readonly<Record<string, ServiceHealth>>;
}

const keyOf = (name: string): string => `health/${name}`;

export class Health {
  readonly #newest = new Map<string, HostHealth>();
  /** What was told of while the state had no room for it. */
  readonly #unwritten = new Map<string, HostHealth>();

  /** Of this address alone; undefined when nobody ever asked it. */
  of({ name, spec }: Host, ctx: Context): HostHealth | undefined {
    const known = this.#newest.get(name) ?? (ctx.rows.get(keyOf(name)) as HostHealth | undefined);
    return known?.address === spec.address ? known : undefined;
  }

  /** Whether it is its turn, for somebody who looks every `SOON_MS`. */
  isDue(host: Host, ctx: Context): boolean {
    const known = this.of(host, ctx);
    if (known === undefined) return true;
    const isIll = known.missed === 0 && Object.values(known.services).some(({ healthy }) => !healthy);
    return ctx.now() - known.at >= (isIll ? SOON_MS : EVERY_MS) - SOON_MS / 2;
  }

  isStale(health: HostHealth | undefined, now: number): boolean {
    return health === undefined || now - health.at > STALE_MS;
  }

  /** Asks everything that the hosts offer, so many at once, and keeps the answers in memory. */
  async ask(hosts: readonly Host[], self: string | null, ctx: Context): Promise<void> {
    const questions = hosts.flatMap((host) => questionsOf(host));
    const answers = new Map<Host, [string, Answer][]>();
    const lane = async (): Promise<void> => {
      for (let next = questions.shift(); next !== undefined; next = questions.shift()) {
        const { host, service, names } = next;
        const answer = await probe(service, addressFrom(host, self), ctx);
        answers.set(host, [...(answers.get(host) ?? []), ...names.map((name): [string, Answer] => [name, answer])]);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, questions.length) }, lane));
    if (ctx.signal.aborted) return; // what was cut off says nothing about hosts
    for (const [host, said] of answers) this.#newest.set(host.name, after(this.of(host, ctx), host, said, ctx.now()));
  }

  /** After a round: rows and events for what moved. Answers whose conditions may have. */
  keep(hosts: readonly Host[], ctx: Context): readonly Ref[] {
    const moved = hosts.filter((host) => this.#keepOne(host, ctx)).map(({ ref }) => ref);
    for (const { key } of ctx.rows.list('health/')) {
      const name = key.slice('health/'.length);
      if (hosts.some((host) => host.name === name)) continue;
      whenRoom(() => ctx.rows.delete(key)); // else in a later round
      this.#newest.delete(name);
      this.#unwritten.delete(name);
    }
    return moved;
  }

  #keepOne({ name, ref, spec: { address } }: Host, ctx: Context): boolean {
    const now = this.#newest.get(name);
    if (now === undefined) return false;
    const stored = this.#unwritten.get(name) ?? (ctx.rows.get(keyOf(name)) as HostHealth | undefined);
    const before = stored?.address === address ? stored : undefined;
    const hasMoved = before === undefined || meaningOf(before) !== meaningOf(now);
    if (hasMoved || this.#unwritten.has(name) || now.at - before.at >= WRITE_MS) this.#write(name, now, ctx);
    if (before?.reachable !== now.reachable && (before !== undefined || !now.reachable)) {
      const why = Object.entries(now.services).map(([service, said]) => `${service}: ${said.why}`);
      if (now.reachable) ctx.emit('host.reachable', { ref, address }, { ref });
      else ctx.emit('host.unreachable', { ref, address, why: why.join('; ') }, { ref });
    }
    return hasMoved || now.at - before.at > DOUBTFUL_MS;
  }

  #write(name: string, now: HostHealth, ctx: Context): void {
    if (whenRoom(() => ctx.rows.set(keyOf(name), now))) this.#unwritten.delete(name);
    else this.#unwritten.set(name, now);
  }
}

/** False: the state has no room now, which keeps nobody from being asked and told. */
function whenRoom(write: () => void): boolean {
  try {
    write();
    return true;
  } catch (error) {
    if (error instanceof RealmError && error.code === 'STORE_FULL') return false;
    throw error;
  }
}

interface Question {
  readonly host: Host;
  readonly service: OfferedService;
  /** Of all services with this one health URL. */
  readonly names: readonly string[];
}

/** Several APIs behind one port are asked once. */
function questionsOf(host: Host): Question[] {
  const alike = Map.groupBy(servicesOf(host.spec), ({ protocol, port, health }) => `${protocol} ${port} ${health}`);
  return [...alike.values()].map((services) => ({
    host,
    service: services[0]!,
    names: services.map(({ name }) => name),
  }));
}

/** All but times and latencies. */
const meaningOf = ({ reachable, services }: HostHealth): string =>
  JSON.stringify([reachable, Object.entries(services).map(([name, { healthy, why }]) => [name, healthy, why])]);

function after(
  before: HostHealth | undefined,
  { spec: { address } }: Host,
  said: readonly (readonly [string, Answer])[],
  now: number,
): HostHealth {
  const hasAnswered = said.some(([, { answered }]) => answered);
  const missed = hasAnswered ? 0 : (before?.missed ?? 0) + 1;
  const services = said
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, { healthy, latencyMs, why }]): [string, ServiceHealth] => {
      const lastHealthyAt = healthy ? now : (before?.services[name]?.lastHealthyAt ?? null);
      return [name, { healthy, latencyMs, why, lastHealthyAt }];
    });
  return {
    at: now,
    address,
    reachable: hasAnswered || (before?.reachable === true && missed < MISSES),
    lastSeen: hasAnswered ? now : (before?.lastSeen ?? null),
    missed,
    services: Object.fromEntries(services),
  };
}
