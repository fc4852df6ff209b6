// The desired state a pass works from: the declaration, the kinds, and the overrides in force.
import type { Kind, Override, Resource } from '../contract/kind.ts';
import type { Declaration, Declared } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { decodeSpec } from '../model/spec.ts';
import type { ResourceRow } from '../store/resources.ts';
import type { Subject } from './look.ts';

/** What is remembered of the last successful apply: enough to compare, to remove, and to order removals. */
export interface Applied {
  readonly spec: unknown;
  readonly after: readonly Ref[];
  readonly host: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly protect: boolean;
}

/** A declared resource with its kind, ready to be looked at. */
export interface Wanted extends Subject {
  readonly declared: Declared;
  readonly row: ResourceRow;
  /** An operator's word that keeps the kernel from changing it. */
  readonly heldBy: Override | undefined;
}

export type KindOf = (kind: string) => { readonly plugin: string; readonly kind: Kind } | undefined;

export function wantedOf(declared: Declared, row: ResourceRow, kindOf: KindOf, overrides: readonly Override[]): Wanted {
  const { plugin, kind } = kindOf(declared.kind)!;
  const own = kind.overrides ?? [];
  const seen = overrides.filter(({ effect }) => (own as readonly string[]).includes(effect));
  return {
    declared,
    row,
    kind,
    plugin,
    want: resourceOf(declared, row.generation, seen),
    last: appliedOf(row)?.spec,
    heldBy: overrides.find((override) => !seen.includes(override)),
  };
}

export function resourceOf(declared: Declared, generation: number, overrides: readonly Override[] = []): Resource {
  const { ref, name, spec, host, labels } = declared;
  return {
    ref,
    name,
    spec: spec as Readonly<unknown>,
    generation,
    labels,
    overrides,
    ...(host === undefined ? {} : { host }),
  };
}

/** The last applied state of a row with its secrets as objects again, or undefined when nothing was ever applied. */
export function appliedOf(row: ResourceRow): Applied | undefined {
  return row.lastSpec === null ? undefined : (decodeSpec(row.lastSpec as string) as Applied);
}

export function envelope(declared: Declared): Applied {
  const { spec, after, host, labels, protect } = declared;
  return { spec, after, host: host ?? null, labels, protect };
}

/** The resource that is to be removed, as its kind last applied it. */
export function resourceOfApplied(ref: Ref, applied: Applied, generation: number): Resource {
  const name = ref.slice(ref.indexOf('/') + 1);
  return {
    ref,
    name,
    spec: applied.spec as Readonly<unknown>,
    generation,
    labels: applied.labels,
    overrides: [],
    ...(applied.host === null ? {} : { host: applied.host }),
  };
}

/** The declared resource of the same kind that is the same thing as `spec`: equal in every identity key. */
export function sameThing(declaration: Declaration, kind: Kind, spec: unknown, except: Ref): Ref | undefined {
  if (kind.identity === undefined || kind.identity.length === 0) return undefined;
  const key = identityKey(kind, spec);
  for (const declared of declaration.resources.values()) {
    if (declared.kind === kind.name && declared.ref !== except && identityKey(kind, declared.spec) === key)
      return declared.ref;
  }
  return undefined;
}

function identityKey(kind: Kind, spec: unknown): string {
  const record = spec as Record<string, unknown>;
  return JSON.stringify((kind.identity as readonly string[]).map((key) => record[key] ?? null));
}
