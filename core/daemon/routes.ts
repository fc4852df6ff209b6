// Every address of the control socket. The list is also what `GET /api/openapi.json` is made from.
import { userInfo } from 'node:os';
import type { ApplyQuery, EventView, PlanView } from '../api/door.ts';
import { SHAPE_VERSION } from '../api/door.ts';
import { RealmError } from '../errors.ts';
import { refOf } from '../model/ref.ts';
import { s } from '../schema/schema.ts';
import { asRealmError, errorView } from './answers.ts';
import type { Line } from './lines.ts';
import { Backlog } from './lines.ts';
import { firstOf, oneMore, paged, pageOf } from './pages.ts';
import type { Control, Route } from './route.ts';
import { actor, refPath, refText, route, why } from './route.ts';

const version = SHAPE_VERSION;
const effect = s.oneOf('stop', 'pause', 'hold', 'maintenance');
const globs = s.list(s.string({ minLength: 1 }), { maxItems: 10_000 }).optional();
const planQuery = s.object({ target: globs, exclude: globs });
const byId = s.object({ id: s.string({ minLength: 1 }) });
const byName = s.object({ name: s.string({ minLength: 1 }) });
const because = s.object({ why, actor });
const input = s.any().optional();
/** Everyone on this socket is the user who owns it. */
const orUser = (given: string | undefined): string => given ?? `user:${userInfo().username}`;
const ACTION_MS = 600_000;

const looks: readonly Route[] = [
  route({
    method: 'GET',
    url: '/api/status',
    summary: 'The daemon, and each resource with its conditions.',
    query: s.object({ ref: refText.optional(), ...paged }),
    async answer({ door }, { query }) {
      const status = await door.status(query.ref);
      const { items: resources, next } = pageOf(status.resources, ({ ref }) => ref, query);
      return { ...status, resources, next };
    },
  }),
  route({
    method: 'GET',
    url: '/api/source',
    summary: 'Which config is in force, and a salted hash of each environment value that it refers to.',
    answer: async ({ source }) => source(),
  }),
  route({
    method: 'GET',
    url: '/api/plan',
    summary: 'What apply would change now.',
    query: planQuery,
    answer: ({ door }, { query }) => door.plan(query),
  }),
  route({
    method: 'GET',
    url: '/api/drift',
    summary: 'What moved although the config did not.',
    query: planQuery,
    answer: ({ door }, { query }) => door.drift(query),
  }),
  route({
    method: 'GET',
    url: '/api/why/:kind/:name',
    summary: 'Why a resource is as it is.',
    params: refPath,
    answer: ({ door }, { params }) => door.why(refOf(params.kind, params.name)),
  }),
  route({
    method: 'GET',
    url: '/api/events',
    summary: 'Events, oldest first.',
    query: s.object({
      ...paged,
      after: s.string({ pattern: '^[0-9]{1,15}$' }).optional(),
      type: s.string({ minLength: 1 }).optional(),
      ref: refText.optional(),
    }),
    async answer({ door }, { query: { limit, after, ...query }, signal }) {
      const found: EventView[] = [];
      for await (const event of door.events({ ...query, since: Number(after ?? 0) }, signal))
        if (found.push(event) === oneMore(limit)) break;
      const { items: events, next } = firstOf(found, ({ seq }) => String(seq), limit);
      return { version, events, next };
    },
  }),
  route({
    method: 'GET',
    url: '/api/events/lines',
    summary: 'Events, oldest first; with follow=true they go on. One {"item": event} a line.',
    query: s.object({
      since: s.integer({ minimum: 0 }).optional(),
      last: s.integer({ minimum: 0 }).optional(),
      follow: s.boolean().optional(),
      type: s.string({ minLength: 1 }).optional(),
      ref: refText.optional(),
    }),
    lines: ({ door }, { query, signal }) => items(door.events(query, signal)),
  }),
  route({
    method: 'GET',
    url: '/api/runs',
    summary: 'Runs, newest first.',
    query: s.object({
      ref: refText.optional(),
      state: s.string({ minLength: 1 }).optional(),
      ...paged,
    }),
    async answer({ door }, { query }) {
      const found = await door.runs({ ...query, limit: oneMore(query.limit) });
      const { items: runs, next } = firstOf(found, ({ id }) => id, query.limit);
      return { version, runs, next };
    },
  }),
  route({
    method: 'GET',
    url: '/api/runs/:id',
    summary: 'One run, with what its action returned.',
    params: byId,
    answer: ({ door }, { params }) => door.run(params.id),
  }),
  route({
    method: 'GET',
    url: '/api/overrides',
    summary: "Operators' stored words.",
    query: s.object(paged),
    async answer({ door }, { query }) {
      const found = await door.overrides();
      const { items: overrides, next } = pageOf(found, ({ ref, effect: what }) => `${ref} ${what}`, query);
      return { version, overrides, next };
    },
  }),
  route({
    method: 'GET',
    url: '/api/approvals',
    summary: 'What waits for a yes, and what was answered.',
    query: s.object(paged),
    async answer({ door }, { query }) {
      const { items: approvals, next } = pageOf(await door.approvals(), ({ id }) => id, query);
      return { version, approvals, next };
    },
  }),
  route({
    method: 'GET',
    url: '/api/actions',
    summary: 'Verbs and streams that plugins offer.',
    query: s.object(paged),
    async answer({ door }, { query }) {
      const { items: actions, next } = pageOf(await door.actions(), ({ name }) => name, query);
      return { version, actions, next };
    },
  }),
];

const acts: readonly Route[] = [
  route({
    method: 'POST',
    url: '/api/apply',
    summary: 'Makes it so. One {"item": progress} a line, the last one {"report": ...}.',
    body: s.object({
      target: globs,
      exclude: globs,
      plan: s.any().optional(),
      allowDeletions: s.boolean().optional(),
      confirmed: s.boolean().optional(),
      timeoutMs: s.integer({ minimum: 0 }).optional(),
      actor,
    }),
    lines: (control, { body }) =>
      progressOf(control, { ...body, plan: body.plan as PlanView, actor: orUser(body.actor) }),
  }),
  route({
    method: 'POST',
    url: '/api/runs/:id/cancel',
    summary: 'Cancels a run.',
    params: byId,
    body: because,
    answer: ({ door }, { params, body }) => door.cancel(params.id, body.why, orUser(body.actor)),
  }),
  route({
    method: 'POST',
    url: '/api/overrides',
    summary: 'Stores an override.',
    body: s.object({ ref: refText, effect, why, until: s.string({ minLength: 1 }).optional(), actor }),
    answer: ({ door }, { body }) => door.setOverride({ ...body, actor: orUser(body.actor) }),
  }),
  route({
    method: 'DELETE',
    url: '/api/overrides/:kind/:name/:effect',
    summary: 'Clears an override.',
    params: s.object({ kind: s.string({ minLength: 1 }), name: s.string({ minLength: 1 }), effect }),
    body: because,
    async answer({ door }, { params, body }) {
      const ref = refOf(params.kind, params.name);
      await door.clearOverride({ ref, effect: params.effect, why: body.why, actor: orUser(body.actor) });
      return { version };
    },
  }),
  route({
    method: 'POST',
    url: '/api/approvals/:id',
    summary: 'Approves or denies.',
    params: byId,
    body: s.object({ state: s.oneOf('approved', 'denied'), why, actor }),
    answer: ({ door }, { params, body }) => door.answer(params.id, body.state, body.why, orUser(body.actor)),
  }),
  route({
    method: 'POST',
    url: '/api/actions/:name',
    summary: 'Does an action of a plugin. A long one answers with its run. The answer is {output: ...}.',
    params: byName,
    body: s.object({ input, actor }),
    timeoutMs: ACTION_MS,
    answer: async ({ door }, { params, body, signal }) => ({
      output: (await door.invoke(params.name, body.input ?? {}, orUser(body.actor), signal)) ?? null,
    }),
  }),
  route({
    method: 'POST',
    url: '/api/streams/:name',
    summary: 'Opens a stream of a plugin. One {"item": ...} a line.',
    params: byName,
    body: s.object({ input }),
    lines: ({ door }, { params, body, signal }) => items(door.stream(params.name, body.input ?? {}, signal)),
  }),
  route({
    method: 'POST',
    url: '/api/reload',
    summary: 'Reads the config again now.',
    body: s.object({}),
    async answer({ reload }) {
      if (reload !== undefined) return reload();
      throw new RealmError('DAEMON_ABSENT', 'the process that holds this realm does not watch its config', {
        hint: 'realm up',
      });
    },
  }),
  route({
    method: 'POST',
    url: '/api/stop',
    summary: 'Stops the daemon. Services and runs live on, unless everything is to end.',
    body: s.object({ reason: s.string({ maxLength: 2_000 }).optional(), everything: s.boolean().optional() }),
    async answer({ stop, holder }, { body }) {
      stop(body.reason ?? 'asked to over the socket', body.everything === true);
      return { version, pid: holder.pid };
    },
  }),
  route({
    method: 'GET',
    url: '/health',
    summary: 'That it lives, who it is, and which shapes it speaks.',
    answer: async ({ holder }) => ({ version, daemon: holder }),
  }),
];

export const ROUTES: readonly Route[] = [...looks, ...acts];

async function* items(source: AsyncIterable<unknown>): AsyncGenerator<Line> {
  for await (const item of source) yield { item };
}

/** Progress is pushed by the kernel, which must not wait for a slow reader. */
function progressOf({ door }: Control, query: ApplyQuery): AsyncIterable<Line> {
  const lines = new Backlog();
  door
    .apply(query, (step) => lines.push(step))
    .then(
      (report) => lines.end({ report }),
      (error: unknown) => lines.end({ error: errorView(asRealmError(error)) }),
    );
  return lines;
}
