// What one address of the control socket is: method, shapes and answer; and how query strings become values.
import type { Door, HolderView, SourceView } from '../api/door.ts';
import type { Clock } from '../clock.ts';
import { s } from '../schema/schema.ts';
import type { Infer, SchemaOf } from '../schema/schema.ts';
import type { ErrorView } from './answers.ts';
import type { Line } from './lines.ts';

/** What the app stands on besides the door. */
export interface Control {
  readonly door: Door;
  readonly holder: HolderView;
  readonly clock: Clock;
  /** A daemon first takes over what it has not heard of yet. */
  readonly source: () => SourceView | Promise<SourceView>;
  /** Reads the config again now. Absent in a process that does not watch. */
  readonly reload?: () => Promise<ReloadAnswer>;
  /** Begins to stop, and returns at once. `everything`: also what would live on. */
  readonly stop: (reason: string, everything: boolean) => void;
}
export type ReloadAnswer = { readonly ok: true } | ({ readonly ok: false } & ErrorView);

export interface Ask<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
}

export interface Route<Params = unknown, Query = unknown, Body = unknown> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `:name` for each key of `params`. */
  readonly url: string;
  readonly summary: string;
  readonly params?: SchemaOf<Params>;
  readonly query?: SchemaOf<Query>;
  readonly body?: SchemaOf<Body>;
  /** Default 120_000; then REQUEST_TIMEOUT. Only for `answer`. */
  readonly timeoutMs?: number;
  /** One JSON value ... */
  readonly answer?: (control: Control, ask: Ask<Params, Query, Body>) => Promise<unknown>;
  /** ... or lines for as long as it takes. */
  readonly lines?: (control: Control, ask: Ask<Params, Query, Body>) => AsyncIterable<Line>;
}

/** Keeps the types of one route together while a list of routes holds them all. */
export const route = <P, Q, B>(described: Route<P, Q, B>): Route => described as unknown as Route;

export const refText = s.ref();
export const actor = s.string({ pattern: '^[a-z]+:[^\\s]{1,100}$' }).optional();
export const why = s.string({ minLength: 1, maxLength: 2_000 });
export const refPath = s.object({ kind: s.string({ minLength: 1 }), name: s.string({ minLength: 1 }) });
export type RefPath = Infer<typeof refPath>;

interface Property {
  readonly type?: string;
}

/** Query strings hold only text; this reads it by the schema. What does not fit is left as it is for the check to refuse. */
export function readQuery(
  schema: SchemaOf<unknown>,
  query: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const properties = (schema.json['properties'] ?? {}) as Readonly<Record<string, Property>>;
  const entries = Object.entries(query).map(([key, value]) => [key, readValue(properties[key]?.type, value)] as const);
  return Object.fromEntries(entries);
}

function readValue(type: string | undefined, value: unknown): unknown {
  if (type === 'array') return Array.isArray(value) ? value : [value];
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  const isNumber = (type === 'integer' || type === 'number') && typeof value === 'string' && value.trim() !== '';
  return isNumber && Number.isFinite(Number(value)) ? Number(value) : value;
}
