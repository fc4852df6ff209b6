// The immutable list of all resources of one valid config, and what kinds it was checked against.
import type { Edge, Kind } from '../contract/kind.ts';
import type { Diagnostic, Location } from '../errors.ts';
import type { SchemaOf } from '../schema/schema.ts';
import type { Ref } from './ref.ts';

/** One declared thing, before the store gives it a generation. */
export interface Declared<Spec = unknown> {
  readonly ref: Ref;
  readonly kind: string;
  readonly name: string;
  /** Decoded and deeply frozen; common keys taken off. */
  readonly spec: Readonly<Spec>;
  /** SHA-256 (hex) of the decoded spec as canonical JSON; secrets count by name. Equal hash, equal meaning. */
  readonly specHash: string;
  /** In the order of the config. */
  readonly after: readonly Edge[];
  readonly host: string | undefined;
  readonly protect: boolean;
  readonly enabled: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** The name it had before a rename. */
  readonly was: string | undefined;
  /** Where its name is written; for a derived one, where its owner's is. */
  readonly at: Location;
  /** The resource that stands for this one. */
  readonly owner: Ref | undefined;
}

export interface RealmSettings {
  readonly name: string;
  /** IANA zone for schedules and display. Default: the system's. */
  readonly timezone: string;
  readonly flavour: 'rpg' | 'plain';
  /** Globs over dotted config paths whose change needs an approval. */
  readonly locked: readonly string[];
  /** Log level, and one per plugin. */
  readonly log: { readonly level: LogLevel; readonly plugins: Readonly<Record<string, LogLevel>> };
}
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Declaration {
  readonly realm: RealmSettings;
  /** In the order of the config. */
  readonly resources: ReadonlyMap<Ref, Declared>;
  /** Decoded settings by plugin name. */
  readonly settings: ReadonlyMap<string, unknown>;
  /** Absolute paths of every file read, the root config first. */
  readonly files: readonly string[];
  /** Absolute paths of folders in which a new file would matter (drop-ins, include globs). */
  readonly folders: readonly string[];
  /** Over all of the above; equal hash, equal meaning. */
  readonly hash: string;
  readonly warnings: readonly Diagnostic[];
}

/** What the plugins in use can be configured with. Kinds by section, settings by section. */
export interface Catalog {
  readonly kinds: ReadonlyMap<string, { readonly plugin: string; readonly kind: Kind }>;
  readonly settings: ReadonlyMap<string, { readonly plugin: string; readonly schema: SchemaOf<unknown> }>;
}
