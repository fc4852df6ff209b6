// The control socket as an OpenAPI 3.1 document, made from the same routes that answer.
import type { Json, SchemaOf } from '../schema/schema.ts';
import type { Route } from './route.ts';
import { ROUTES } from './routes.ts';

const ERROR = {
  type: 'object',
  properties: {
    code: { type: 'string' },
    message: { type: 'string' },
    hint: { type: 'string' },
    at: { type: 'object' },
    diagnostics: { type: 'array' },
  },
  required: ['code', 'message'],
} as const;

export function openApi(version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[route.method.toLowerCase()] = operation(route);
  }
  return { openapi: '3.1.0', info: { title: 'Realm control socket', version }, paths };
}

function operation(route: Route): Json {
  const media = route.lines === undefined ? 'application/json' : 'application/x-ndjson';
  return {
    summary: route.summary,
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: route.body.json } } } }),
    responses: {
      200: { description: 'Done', content: { [media]: { schema: {} } } },
      default: { description: 'Not done', content: { 'application/json': { schema: ERROR } } },
    },
  };
}

function parameters(place: 'path' | 'query', schema: SchemaOf<unknown> | undefined): readonly Json[] {
  const properties = (schema?.json['properties'] ?? {}) as Readonly<Record<string, Json>>;
  return Object.entries(properties).map(([name, shape]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: shape,
  }));
}
