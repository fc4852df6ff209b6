// What a service with replicas stands for: the second and further ones, as resources of their own.
import type { Derived, Resource } from 'realm-runner/plugin';
import { serviceSpec, type ServiceSpec } from './spec.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * `web` with three replicas is `web`, `web-2` and `web-3`. Each port is the one above the port of the one before; each has
 * a REPLICA of its own in its environment, and comes after the same things.
 */
export function replicasOf({ name, spec, after, host, labels }: Resource<ServiceSpec>): readonly Derived[] {
  const edges = Object.fromEntries(after.map(({ ref, until, onLoss }) => [ref, { until: untilOf(until), onLoss }]));
  const common = { after: edges, labels, ...(host === undefined ? {} : { host }) };
  return Array.from({ length: spec.replicas - 1 }, (_, at): Derived => {
    const by = at + 1;
    const own = {
      ...spec,
      replicas: 1,
      env: { ...spec.env, REPLICA: String(by + 1) },
      ports: spec.ports.map((port) => port + by),
      ...(spec.port === undefined ? {} : { port: spec.port + by }),
    };
    return { ref: `service/${name}-${by + 1}`, spec: { ...(written(serviceSpec.json, own) as object), ...common } };
  });
}

/** `Ready` as it is written, `ready`; `Log /re/` as `{log: re}`. */
const untilOf = (until: string): unknown =>
  until.startsWith('Log /') ? { log: until.slice('Log /'.length, -1) } : until.toLowerCase();

/** A decoded value as it is written, with its units. */
function written(json: Json, value: unknown): unknown {
  const shape = ((json['anyOf'] as Json[] | undefined) ?? [json]).find((one) => fits(one, value)) ?? json;
  switch (shape['x-realm']) {
    case 'duration':
      return `${value as number}ms`;
    case 'durations': {
      const { fromMs, toMs } = value as { readonly fromMs: number; readonly toMs: number };
      return `${fromMs}ms..${toMs}ms`;
    }
    case 'bytes':
      return `${value as number}B`;
  }
  if (Array.isArray(value)) return value.map((item) => written(shape['items'] as Json, item));
  if (shape['type'] !== 'object') return value;
  const keys = (shape['properties'] ?? {}) as Readonly<Record<string, Json>>;
  const entries = Object.entries(value as object).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, written(keys[key] ?? (shape['additionalProperties'] as Json), inner)]),
  );
}

const fits = ({ type, enum: words }: Json, value: unknown): boolean => {
  if (words !== undefined) return (words as unknown[]).includes(value);
  if (type === 'array') return Array.isArray(value);
  return type === 'integer' ? typeof value === 'number' : type === typeof value && !Array.isArray(value);
};
