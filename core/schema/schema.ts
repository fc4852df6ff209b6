// Describes a shape once: its TypeScript type, its JSON Schema, its check and its command-line flags all come from this value.
export type Json = Readonly<Record<string, unknown>>;

/** What `x-realm` in a JSON Schema may say: how `decode` turns the written form into the one code works with. */
export type Annotation =
  | 'duration'
  | 'durations'
  | 'time-of-day'
  | 'bytes'
  | 'path'
  | 'ref'
  | 'secret'
  | 'text-or-secret'
  | 'mode'
  | 'schedule'
  | 'timezone'
  | 'regexp';

declare const TYPE: unique symbol;

/** A schema value for T. `json` is JSON Schema 2020-12 without references; ajv checks it and never changes the value. */
export interface SchemaOf<T> {
  readonly json: Json;
  readonly [TYPE]?: T;
}
export type Infer<S> = S extends SchemaOf<infer T> ? T : never;

/** A key that may be left out: `optional` has no value then, `defaulted` has the written default. */
export type Presence = 'required' | 'optional' | 'defaulted';

/** A secret as plugins hold it. It prints as `(secret NAME)` everywhere; only `ctx.reveal` gives its text. */
export class Secret {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
  toString(): string {
    return `(secret ${this.name})`;
  }
  toJSON(): string {
    return this.toString();
  }
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

export class Schema<T, P extends Presence = 'required'> implements SchemaOf<T> {
  readonly json: Json;
  readonly presence: P;
  declare readonly [TYPE]?: T;

  constructor(json: Json, presence: P) {
    this.json = json;
    this.presence = presence;
  }

  /** The key may be left out, and then there is no value. */
  optional(): Schema<T, 'optional'> {
    return new Schema<T, 'optional'>(this.json, 'optional');
  }

  /** The key may be left out, and then counts as if `written` stood there (so `30s`, not 30000). */
  default(written: unknown): Schema<T, 'defaulted'> {
    return new Schema<T, 'defaulted'>({ ...this.json, default: written }, 'defaulted');
  }

  /** One or two sentences; shown when hovering in an editor, in `--help` and in forms. */
  about(description: string): Schema<T, P> {
    return new Schema<T, P>({ ...this.json, description }, this.presence);
  }

  /** A value as it may be written; shown in editors and error hints. */
  example(...examples: readonly unknown[]): Schema<T, P> {
    return new Schema<T, P>({ ...this.json, examples }, this.presence);
  }
}

type Shape = Readonly<Record<string, Schema<any, Presence>>>; // any: a shape holds schemas of all types
type KeysOf<S extends Shape, P extends Presence> = {
  [K in keyof S]: S[K] extends Schema<unknown, infer Q> ? (Q extends P ? K : never) : never;
}[keyof S];
type Flat<T> = { [K in keyof T]: T[K] } & {};
export type ObjectOf<S extends Shape> = Flat<
  { readonly [K in Exclude<keyof S, KeysOf<S, 'optional'>>]: Infer<S[K]> } & {
    readonly [K in KeysOf<S, 'optional'>]?: Infer<S[K]>;
  }
>;

const required = <T>(json: Json): Schema<T> => new Schema<T>(json, 'required');
const annotated = <T>(annotation: Annotation, json: Json): Schema<T> => required<T>({ ...json, 'x-realm': annotation });

export interface TextLimits {
  readonly minLength?: number;
  readonly maxLength?: number;
  /** An ECMAScript regular expression, anchored by its author. */
  readonly pattern?: string;
}
export interface NumberLimits {
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Both ends belong to it. */
export interface DurationRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Minutes since midnight; the end does not belong to it. `toMinute` before `fromMinute`: over midnight. */
export interface DayRange {
  readonly fromMinute: number;
  readonly toMinute: number;
}

const AMOUNT = '\\d+(\\.\\d+)?(ms|s|m|h|d)';
const MINUTE = '([01]\\d|2[0-3]):[0-5]\\d';
export const DURATION = `^${AMOUNT}$`;
const DURATIONS = `^${AMOUNT}\\.\\.${AMOUNT}$`;
const DAY_RANGE = `^${MINUTE}\\.\\.${MINUTE}$`;
export const BYTES = '^\\d+(\\.\\d+)?(B|KiB|MiB|GiB|TiB|kB|MB|GB|TB)$';
export const REF = '^[a-z][a-z0-9-]*/[^\\s/]+$';

/** The closed set of shapes. Units are written `30s` and `5GiB` outside and are milliseconds and bytes inside. */
export const s = {
  string: (limits: TextLimits = {}): Schema<string> => required({ type: 'string', ...limits }),
  integer: (limits: NumberLimits = {}): Schema<number> => required({ type: 'integer', ...limits }),
  number: (limits: NumberLimits = {}): Schema<number> => required({ type: 'number', ...limits }),
  boolean: (): Schema<boolean> => required({ type: 'boolean' }),
  /** Any JSON value, taken as it is written. */
  any: (): Schema<unknown> => required({}),
  /** One of the given words. */
  oneOf: <const V extends readonly (string | number)[]>(...values: V): Schema<V[number]> => required({ enum: values }),
  /** A file or folder; relative to the folder of the root config, absolute after decoding. */
  path: (): Schema<string> => annotated('path', { type: 'string', minLength: 1 }),
  /** `250ms`, `30s`, `15m`, `4h`, `7d` (of 24 h); milliseconds after decoding. */
  duration: (): Schema<number> => annotated('duration', { type: 'string', pattern: DURATION }),
  /** `100ms..5m`, the shorter first; milliseconds after decoding. */
  durations: (): Schema<DurationRange> => annotated('durations', { type: 'string', pattern: DURATIONS }),
  /** `22:00..07:00` on the clock of the realm's time zone, over midnight when the end comes first; minutes after decoding. */
  timeOfDay: (): Schema<DayRange> => annotated('time-of-day', { type: 'string', pattern: DAY_RANGE }),
  /** `64KiB`, `5GiB`, `1TB`; bytes after decoding. */
  bytes: (): Schema<number> => annotated('bytes', { type: 'string', pattern: BYTES }),
  /** A file mode as text, `"0644"`; a number after decoding. */
  mode: (): Schema<number> => annotated('mode', { type: 'string', pattern: '^0?[0-7]{3,4}$' }),
  /** `kind/name` of a declared resource; the loader checks that it exists. */
  ref: (kind?: string): Schema<`${string}/${string}`> =>
    annotated('ref', { type: 'string', pattern: kind === undefined ? REF : `^${kind}/[^\\s/]+$` }),
  /** A cron pattern, `minute hour day month weekday`; the loader checks that it parses. */
  schedule: (): Schema<string> => annotated('schedule', { type: 'string', minLength: 1 }),
  /** An IANA zone, `Europe/Berlin`; the loader checks that it exists. */
  timezone: (): Schema<string> => annotated('timezone', { type: 'string', minLength: 1 }),
  /** A regular expression of ECMAScript without flags; slashes around it are taken off. The loader checks that it compiles. */
  regexp: (): Schema<string> => annotated('regexp', { type: 'string', minLength: 1 }),
  /** Text that must not be shown: `${secret:name}`, or written out (then it is only masked). */
  secret: (): Schema<Secret> => annotated('secret', { type: 'string', minLength: 1 }),
  /** Text that may be plain or `${secret:name}`, as environment variables are. */
  textOrSecret: (): Schema<string | Secret> => annotated('text-or-secret', { type: 'string' }),
  list: <T>(
    items: SchemaOf<T>,
    limits: { readonly minItems?: number; readonly maxItems?: number } = {},
  ): Schema<readonly T[]> => required({ type: 'array', items: items.json, ...limits }),
  /** Names to values of one shape. `names`: a shape of text that each name has to fit, such as `s.ref()`; kept as written. */
  map: <T>(values: SchemaOf<T>, names?: SchemaOf<string>): Schema<Readonly<Record<string, T>>> =>
    required({
      type: 'object',
      ...(names === undefined ? {} : { propertyNames: names.json }),
      additionalProperties: values.json,
    }),
  object: <const S extends Shape>(shape: S): Schema<ObjectOf<S>> =>
    required({
      type: 'object',
      properties: Object.fromEntries(Object.entries(shape).map(([key, value]) => [key, value.json])),
      required: Object.keys(shape).filter((key) => shape[key]!.presence === 'required'),
      additionalProperties: false,
    }),
  /** The first shape that fits. */
  union: <const U extends readonly SchemaOf<any>[]>(...branches: U): Schema<Infer<U[number]>> =>
    // any: branches differ
    required({ anyOf: branches.map((branch) => branch.json) }),
} as const;
