// The door of a realm that another process holds: HTTP over its control socket.
import { Agent } from 'node:http';
import type * as Api from '../api/door.ts';
import { SHAPE_VERSION } from '../api/door.ts';
import type { Clock } from '../clock.ts';
import { sleep, systemClock } from '../clock.ts';
import { RealmError } from '../errors.ts';
import type { Ref } from '../model/ref.ts';
import { splitRef } from '../model/ref.ts';
import { toldError } from './answers.ts';
import type { LeaseHolder } from './lease.ts';
import { read } from './lease.ts';
import { readLines } from './lines.ts';
import type { ReloadAnswer } from './route.ts';
import { knownSocketPath } from './socket-path.ts';
import type { Wire, WireRequest } from './wire.ts';
import { ask, isNotListening, open, withQuery } from './wire.ts';
import { realmVersion } from './version.ts';

/** The door over the socket, and what only a holder can be asked. */
export interface DaemonDoor extends Api.Door {
  readonly holder: LeaseHolder;
  /** Set when the holder is another version: DAEMON_VERSION, to be told. With other shapes everything but `stop` throws it. */
  readonly skew: RealmError | undefined;
  reload(): Promise<ReloadAnswer>;
  /** Asks it to stop, and returns once it has heard; it may take its budget to end. */
  stop(reason?: string): Promise<void>;
}

export interface ConnectOptions {
  readonly clock?: Clock;
  /** How long a living holder may take until its socket answers. Default 5_000. */
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

const RETRY_MS = 50;

/**
 * The door of whoever holds this state folder, or undefined when nobody does.
 * Throws DAEMON_UNREACHABLE when the holder lives and its socket does not answer.
 */
export async function connectDoor(stateDir: string, options: ConnectOptions = {}): Promise<DaemonDoor | undefined> {
  const { clock = systemClock, patienceMs = 5_000, signal } = options;
  const until = clock.now() + patienceMs;
  for (;;) {
    const holder = await read(stateDir, clock);
    if (holder === undefined) return undefined;
    const wire: Wire = { path: knownSocketPath(stateDir), agent: new Agent({ keepAlive: true }), clock };
    try {
      const health = await ask(wire, { method: 'GET', url: '/health', timeoutMs: Math.max(1, until - clock.now()) });
      return new SocketDoor(wire, holder, health as Health);
    } catch (error) {
      wire.agent.destroy();
      if (!isNotListening(error) || clock.now() >= until) throw unreachable(holder, wire.path, error);
    }
    await sleep(clock, RETRY_MS, signal); // it has the lease and does not listen yet, or is about to end
  }
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
    if (this.#speaksOurs && theirs === realmVersion) return;
    const what = `process ${holder.pid} runs Realm ${theirs}, this command is ${realmVersion}`;
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

  status = (ref?: Ref): Promise<Api.StatusView> => this.#get('/api/status', { ref });
  plan = (query: Api.PlanQuery): Promise<Api.PlanView> => this.#get('/api/plan', query);
  drift = (query: Api.PlanQuery): Promise<Api.PlanView> => this.#get('/api/drift', query);
  why = (ref: Ref): Promise<Api.WhyView> => this.#get(`/api/why/${refPath(ref)}`);

  events: Api.Door['events'] = (query, signal) =>
    this.#items({ method: 'GET', url: withQuery('/api/events', query) }, signal) as AsyncIterable<Api.EventView>;

  stream: Api.Door['stream'] = (name, input, signal) =>
    this.#items({ method: 'POST', url: `/api/streams/${encodeURIComponent(name)}`, body: { input } }, signal);

  runs: Api.Door['runs'] = async (query) =>
    (await this.#get<{ readonly runs: readonly Api.RunRow[] }>('/api/runs', query)).runs;

  async overrides(): Promise<readonly Api.OverrideView[]> {
    return (await this.#get<{ readonly overrides: readonly Api.OverrideView[] }>('/api/overrides')).overrides;
  }

  async approvals(): Promise<readonly Api.ApprovalView[]> {
    return (await this.#get<{ readonly approvals: readonly Api.ApprovalView[] }>('/api/approvals')).approvals;
  }

  async actions(): Promise<readonly Api.ActionView[]> {
    return (await this.#get<{ readonly actions: readonly Api.ActionView[] }>('/api/actions')).actions;
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

  reload = (): Promise<ReloadAnswer> => this.#post('/api/reload', {});

  async stop(reason?: string): Promise<void> {
    await ask(this.#wire, { method: 'POST', url: '/api/stop', body: { reason } });
  }

  async close(): Promise<void> {
    this.#wire.agent.destroy();
  }
}

const refPath = (ref: Ref): string => {
  const { kind, name } = splitRef(ref);
  return `${encodeURIComponent(kind)}/${encodeURIComponent(name)}`;
};
