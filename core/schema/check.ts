// Checks a value against a schema with ajv, which never changes it: prebuilt code for built-in schemas, compiled on first use otherwise.
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as AjvLibrary from 'ajv/dist/2020.js';
import type { Json, SchemaOf } from './schema.ts';
import { ofPlugins } from './compiled/index.ts';
import { validators } from './compiled/realm.ts';

/** One finding, as ajv words it. `schemaPath` is a JSON pointer into the schema, behind `#`. */
export interface AjvError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly params: Readonly<Record<string, unknown>>;
}
export type Check = (value: unknown) => readonly AjvError[];

/** A function as ajv makes it: true when the value fits, else its findings are left in `errors`. */
export interface Validator {
  (value: unknown): boolean;
  errors?: readonly AjvError[] | null;
}

export const AJV_OPTIONS = {
  allErrors: true,
  strict: true,
  strictTypes: false,
  ownProperties: true,
  keywords: ['x-realm'],
} as const;

/** Generated, so its types say nothing. */
type Compiled = Readonly<Record<string, unknown>>;
/** By `schemaId`. */
const prebuilt = new Map(Object.entries(validators as Compiled as Record<string, Validator>));
const checks = new WeakMap<Json, Check>();
let ajv: AjvLibrary.Ajv2020 | undefined;

/** The check of a schema; made once for each schema value. An empty list means that the value fits. */
export function checker(schema: SchemaOf<unknown>): Check {
  let check = checks.get(schema.json);
  if (check === undefined) {
    const validate = prebuilt.get(schemaId(schema.json)) ?? compile(schema.json);
    check = (value) => (validate(value) ? [] : (validate.errors ?? []));
    checks.set(schema.json, check);
  }
  return check;
}

/** To be awaited before sections of a built-in plugin are checked: a command reads the checks of those that it uses. */
export const readSectionChecks = async (plugin: string): Promise<void> => take(await ofPlugins.get(plugin)?.());

/** To be awaited before inputs of actions are checked: most commands have none, and need not read what checks them. */
export const readInputChecks = async (): Promise<void> => take(await import('./compiled/inputs.ts'));

function take(compiled: { readonly validators: Compiled } | undefined): void {
  for (const [id, validate] of Object.entries(compiled?.validators ?? {})) prebuilt.set(id, validate as Validator);
}

/** Names a schema by its content. */
export const schemaId = (json: Json): string =>
  createHash('sha256').update(JSON.stringify(json)).digest('hex').slice(0, 16);

function compile(json: Json): Validator {
  if (ajv === undefined) {
    // Loaded only here: ajv costs more than the rest of a cold start.
    const library = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof AjvLibrary;
    ajv = new library.Ajv2020({ ...AJV_OPTIONS, keywords: [...AJV_OPTIONS.keywords] });
  }
  return ajv.compile(json) as Validator;
}
