// The door of a realm that another process holds: HTTP over its control socket.
import type * as Api from '../api/door.ts';
import { SHAPE_VERSION } from '../api/door.ts';
import type { Clock } from '../clock.ts';
import { sleep, systemClock } from '../clock.ts';
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import { splitRef } from '../model/ref.ts';
import { VERSION } from '../kernel/version.ts';
import { toldError } from './answers.ts';
import { Agent } from './http.ts';
import type { LeaseHolder } from './lease.ts';
import { read } from './lease.ts';
import { readLines } from './lines.ts';
import { LARGEST_PAGE } from './pages.ts';
import type { ReloadAnswer } from './route.ts';
import { knownSocketPath } from './socket-path.ts';
import type { Wire, WireRequest } from './wire.ts';
import { ask, isNotListening, open, withQuery } from './wire.ts';

/** The door over the socket, and what only a holder can be asked. */
export interface DaemonDoor extends Api.Door {
  readonly holder: LeaseHolder;
  /** Set when the holder is another version: DAEMON_VERSION, to be told. With other shapes everything but `stop` throws it. */
  readonly skew: RealmError | undefined;
  source(): Promise<Api.SourceView>;
  reload(): Promise<ReloadAnswer>;
  /** Asks it to stop, and returns once it has heard; it may take its budget to end. */
  stop(reason?: string, everything?: boolean): Promise<void>;
}

export interface ConnectOptions {
  readonly clock?: Clock;
  /** How long a living holder may take until its socket answers. Default: 5 s, or until it is 30 s old. */
  readonly patienceMs?: number;
  /** How long one that listens may at least take to answer, which a busy machine may need. Default: what is left of the patience. */
  readonly answerMs?: number;
  readonly signal?: AbortSignal;
}

const RETRY_MS = 50;
const PATIENCE_MS = 5_000;
/** One that has only just begun reads its config and its plugins first, and on a busy machine that takes a while. */
const BEGINNING_MS = 30_000;

/**
 * The door of whoever holds this state folder, or undefined when nobody does.
 * Throws DAEMON_UNREACHABLE when the holder lives and its socket does not answer.
 */
export async function connectDoor(stateDir: string, options: ConnectOptions = {}): Promise<DaemonDoor | undefined> {
  const { clock = systemClock, patienceMs, answerMs = 1, signal } = options;
  const begunAt = clock.now();
  for (;;) {
    const holder = await read(stateDir, clock);
    if (holder === undefined) return undefined;
    const until = begunAt + (patienceMs ?? patienceWith(holder, begunAt));
    const wire: Wire = { path: knownSocketPath(stateDir), agent: new Agent({ keepAlive: true }), clock };
    try {
      const timeoutMs = Math.max(answerMs, until - clock.now());
      const health = await ask(wire, { method: 'GET', url: '/health', timeoutMs });
      return new SocketDoor(wire, holder, health as Health);
    } catch (error) {
      wire.agent.destroy();
      if (!isNotListening(error) || clock.now() >= until) throw unreachable(holder, wire.path, error);
    }
    await sleep(clock, RETRY_MS, signal); // it has the lease and does not listen yet, or is about to end
  }
}

function patienceWith({ since }: LeaseHolder, now: number): number {
  const ageMs = Math.max(0, now - Date.parse(since)); // in the future: the clock was set back
  return Math.max(PATIENCE_MS, BEGINNING_MS - ageMs);
}

function unreachable(holder: LeaseHolder, path: string, cause: unknown): RealmError {
  const who = `process ${holder.pid} (${holder.purpose}) holds this realm since ${holder.since}`;
  return new RealmError('DAEMON_UNREACHABLE', `${who}, but its socket ${path} does not answer`, {
    hint: `look at process ${holder.pid}; \`realm up --restart\` replaces a daemon`,
    cause,
  });
}

interface Health {
  readonly version: number;
  readonly daemon: Api.HolderView;
}

class SocketDoor implements DaemonDoor {
  readonly holder: LeaseHolder;
  readonly skew: RealmError | undefined;
  readonly #wire: Wire;
  readonly #speaksOurs: boolean;

  constructor(wire: Wire, holder: LeaseHolder, health: Health) {
    this.#wire = wire;
    this.holder = holder;
    this.#speaksOurs = health.version === SHAPE_VERSION;
    const theirs = health.daemon?.version ?? 'unknown';
    if (this.#speaksOurs && theirs === VERSION) return;
    const what = `process ${holder.pid} runs Realm ${theirs}, this command is ${VERSION}`;
    this.skew = new RealmError('DAEMON_VERSION', what, { hint: 'realm up --restart' });
  }

  async #ask<T>(request: WireRequest): Promise<T> {
    if (!this.#speaksOurs) throw this.skew!;
    return (await ask(this.#wire, request)) as T;
  }

  #get = <T>(url: string, query: object = {}): Promise<T> => this.#ask({ method: 'GET', url: withQuery(url, query) });
  #post = <T>(url: string, body: object): Promise<T> => this.#ask({ method: 'POST', url, body });

  async *#items(request: WireRequest, signal: AbortSignal | undefined): AsyncGenerator {
    if (!this.#speaksOurs) throw this.skew!;
    try {
      for await (const line of readLines(await open(this.#wire, request, signal))) {
        if ('error' in line) throw toldError(line.error);
        if ('item' in line) yield line.item;
      }
    } catch (error) {
      if (!signal?.aborted) throw error; // leaving is how a reader ends it
    }
  }

  /** All pages of a list as one answer. A list that moved under the reader is read again. */
  async #whole<T extends object>(url: string, list: keyof T & string, query: object = {}, most = Infinity): Promise<T> {
    for (let triesLeft = 3; ; triesLeft--) {
      try {
        return await this.#pages<T>(url, list, query, most);
      } catch (error) {
        if (triesLeft === 0 || !(error instanceof RealmError) || error.code !== 'LIST_MOVED') throw error;
      }
    }
  }

  async #pages<T extends object>(url: string, list: keyof T & string, query: object, most: number): Promise<T> {
    const items: unknown[] = [];
    for (let after: string | undefined; ;) {
      const limit = Math.max(1, Math.min(LARGEST_PAGE, most - items.length));
      const { next, ...page } = await this.#get<T & { readonly next: string | null }>(url, { ...query, limit, after });
      items.push(...((page as unknown as T)[list] as readonly unknown[]));
      if (next === null || items.length >= most) return { ...(page as unknown as T), [list]: items.slice(0, most) };
      after = next;
    }
  }

  status = (ref?: Ref): Promise<Api.StatusView> => this.#whole('/api/status', 'resources', { ref });
  plan = (query: Api.PlanQuery): Promise<Api.PlanView> => this.#get('/api/plan', query);
  drift = (query: Api.PlanQuery): Promise<Api.PlanView> => this.#get('/api/drift', query);
  why = (ref: Ref): Promise<Api.WhyView> => this.#get(`/api/why/${refPath(ref)}`);

  events: Api.Door['events'] = (query, signal) =>
    this.#items({ method: 'GET', url: withQuery('/api/events/lines', query) }, signal) as AsyncIterable<Api.EventView>;

  stream: Api.Door['stream'] = (name, input, signal) =>
    this.#items({ method: 'POST', url: `/api/streams/${encodeURIComponent(name)}`, body: { input } }, signal);

  runs: Api.Door['runs'] = async ({ limit = 50, ...query }) =>
    (await this.#whole<{ readonly runs: readonly Api.RunRow[] }>('/api/runs', 'runs', query, limit)).runs;

  run: Api.Door['run'] = (id) => this.#get(`/api/runs/${encodeURIComponent(id)}`);

  async overrides(): Promise<readonly Api.OverrideView[]> {
    return (await this.#whole<{ readonly overrides: readonly Api.OverrideView[] }>('/api/overrides', 'overrides'))
      .overrides;
  }

  async approvals(): Promise<readonly Api.ApprovalView[]> {
    return (await this.#whole<{ readonly approvals: readonly Api.ApprovalView[] }>('/api/approvals', 'approvals'))
      .approvals;
  }

  async actions(): Promise<readonly Api.ActionView[]> {
    return (await this.#whole<{ readonly actions: readonly Api.ActionView[] }>('/api/actions', 'actions')).actions;
  }

  async apply(query: Api.ApplyQuery, tell?: Api.ApplyListener): Promise<Api.ApplyReport> {
    if (!this.#speaksOurs) throw this.skew!;
    const lines = await open(this.#wire, { method: 'POST', url: '/api/apply', body: query }, undefined);
    for await (const line of readLines(lines)) {
      if ('error' in line) throw toldError(line.error);
      if ('report' in line) return line.report as Api.ApplyReport;
      if ('item' in line) tell?.(line.item as Parameters<Api.ApplyListener>[0]);
    }
    throw new RealmError('DAEMON_UNREACHABLE', `process ${this.holder.pid} ended before apply did`, {
      hint: 'realm status',
    });
  }

  cancel: Api.Door['cancel'] = (run, why, actor) =>
    this.#post(`/api/runs/${encodeURIComponent(run)}/cancel`, { why, actor });

  setOverride: Api.Door['setOverride'] = (wish) => this.#post('/api/overrides', wish);

  clearOverride: Api.Door['clearOverride'] = async ({ ref, effect, why, actor }) => {
    const url = `/api/overrides/${refPath(ref)}/${effect}`;
    await this.#ask({ method: 'DELETE', url, body: { why, actor } });
  };

  answer: Api.Door['answer'] = (id, state, why, actor) =>
    this.#post(`/api/approvals/${encodeURIComponent(id)}`, { state, why, actor });

  async invoke(action: string, input: unknown, actor: string): Promise<unknown> {
    const url = `/api/actions/${encodeURIComponent(action)}`;
    return (await this.#post<{ readonly output: unknown }>(url, { input, actor })).output;
  }

  source = (): Promise<Api.SourceView> => this.#get('/api/source');
  reload = (): Promise<ReloadAnswer> => this.#post('/api/reload', {});

  async stop(reason?: string, everything?: boolean): Promise<void> {
    await ask(this.#wire, { method: 'POST', url: '/api/stop', body: { reason, everything } });
  }

  async close(): Promise<void> {
    this.#wire.agent.destroy();
  }
}

const refPath = (ref: Ref): string => {
  const { kind, name } = splitRef(ref);
  return `${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;
};
