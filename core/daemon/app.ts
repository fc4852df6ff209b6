// The HTTP app over a door: Fastify routes requests, our own check refuses wrong ones, the door answers.
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Fastify from 'fastify';
import { messageOf, RealmError } from '../errors.ts';
import type { AjvError } from '../schema/check.ts';
import { checker } from '../schema/check.ts';
import type { Json, SchemaOf } from '../schema/schema.ts';
import { VERSION } from '../kernel/version.ts';
import { asRealmError, errorView, statusOf } from './answers.ts';
import { writeLines } from './lines.ts';
import type { Handler } from './listener.ts';
import { openApi } from './openapi.ts';
import type { Ask, Control, Route } from './route.ts';
import { readQuery } from './route.ts';
import { ROUTES } from './routes.ts';

const BODY_BYTES = 64 * 1024 * 1024; // a plan of a large realm comes back in the body of apply
const ANSWER_MS = 120_000;
const PARAMETER_CHARACTERS = 1_000;
const OPENAPI = '/api/openapi.json';

/** Ours instead of Fastify's, which would each load an ajv of their own, 10 MiB together. */
const COMPILERS = {
  buildValidator: (() => check) as never, // its type knows only what ajv-compiler makes
  buildSerializer: () => () => (value: unknown) => JSON.stringify(value),
};

/** Builds the app of one plugin set, ready to be swapped in behind a listener. */
export async function buildApp(control: Control): Promise<Handler> {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    return503OnClosing: false, // a retired app still ends what it began
    frameworkErrors: (error, request, reply) => void fail(reply, ownError(error, request)),
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS },
    schemaController: { compilersFactory: COMPILERS },
  });
  app.setErrorHandler((error, request, reply) => void fail(reply, ownError(error as FastifyError, request)));
  app.setNotFoundHandler((request, reply) => {
    const methods = methodsOf(request.url);
    if (methods.length > 0) void reply.header('allow', methods.join(', '));
    fail(reply, noAnswer(request, methods));
  });
  for (const route of ROUTES) addRoute(app, route, control);
  app.get(OPENAPI, async () => openApi(VERSION));
  await app.ready();
  return { handle: (request, response) => app.routing(request, response), close: () => app.close() };
}

/** What an address answers to. */
function methodsOf(url: string): readonly string[] {
  const [path = ''] = url.split('?');
  const own = ROUTES.filter((one) => new RegExp(`^${one.url.replaceAll(/:\w+/g, '[^/]+')}$`).test(path));
  return [...own.map(({ method }) => method), ...(path === OPENAPI ? ['GET'] : [])];
}

function noAnswer({ method, url }: FastifyRequest, methods: readonly string[]): RealmError {
  const hint = `GET ${OPENAPI}`;
  if (methods.length === 0) return new RealmError('REQUEST_UNKNOWN', `nothing answers to ${method} ${url}`, { hint });
  return new RealmError('REQUEST_METHOD', `${url} answers to ${methods.join(' and ')}, not to ${method}`, { hint });
}

/** ajv as the loader uses it: nothing is coerced, removed or filled in. Compiled when a request first needs it. */
function check({ schema }: { readonly schema: unknown }): (value: unknown) => { value: unknown } | { error: Error } {
  return (value) => {
    const errors = checker({ json: schema as Json })(value);
    if (errors.length === 0) return { value };
    return { error: new RealmError('REQUEST_INVALID', errors.slice(0, 5).map(sentence).join('; ')) };
  };
}

function sentence({ instancePath, keyword, params, ...rest }: AjvError & { readonly message?: string }): string {
  const place = instancePath === '' ? 'the request' : instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'additionalProperties') return `${place} has the unknown key ${String(params['additionalProperty'])}`;
  if (keyword === 'enum') return `${place} must be one of ${JSON.stringify(params['allowedValues'])}`;
  return `${place} ${rest.message ?? `breaks the rule ${keyword}`}`;
}

function addRoute(app: FastifyInstance, route: Route, control: Control): void {
  const shape = (name: string, schema: SchemaOf<unknown> | undefined): object =>
    schema === undefined ? {} : { [name]: schema.json };
  app.route({
    method: route.method,
    url: route.url,
    schema: { ...shape('params', route.params), ...shape('querystring', route.query), ...shape('body', route.body) },
    preValidation: async (request) => {
      if (route.query !== undefined) request.query = readQuery(route.query, request.query as Record<string, unknown>);
    },
    handler: async (request, reply) => answer(route, control, request, reply),
  });
}

async function answer(route: Route, control: Control, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const left = new AbortController();
  reply.raw.once('close', () => left.abort());
  const { params, query, body } = request;
  const ask: Ask<unknown, unknown, unknown> = { params, query, body, signal: left.signal };
  if (route.lines === undefined) return inTime(route, control, ask);
  const lines = route.lines(control, ask);
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
  reply.raw.flushHeaders();
  await writeLines(reply.raw, lines, { clock: control.clock, signal: left.signal });
  return undefined;
}

async function inTime(route: Route, control: Control, ask: Ask<unknown, unknown, unknown>): Promise<unknown> {
  const limit = route.timeoutMs ?? ANSWER_MS;
  const late = Promise.withResolvers<never>();
  const timer = control.clock.after(limit, () => {
    const what = `${route.method} ${route.url} took longer than ${limit / 1000} s`;
    late.reject(new RealmError('REQUEST_TIMEOUT', what, { hint: 'realm status' }));
  });
  try {
    return await Promise.race([route.answer!(control, ask), late.promise]);
  } finally {
    timer.cancel();
  }
}

const fail = (reply: FastifyReply, error: RealmError): FastifyReply =>
  reply.code(statusOf(error)).send(errorView(error));

/** Fastify's own refusals in our words; everything else as it came. */
function ownError(error: FastifyError, request: FastifyRequest): RealmError {
  if (error instanceof RealmError) return error;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new RealmError('REQUEST_TOO_LARGE', `the body is larger than ${BODY_BYTES} bytes`);
  const isTheirs = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  if (!isTheirs) return asRealmError(error);
  return new RealmError('REQUEST_INVALID', `${request.method} ${request.url}: ${messageOf(error)}`, {
    hint: `GET ${OPENAPI}`,
  });
}
