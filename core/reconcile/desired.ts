// The desired state a pass works from: the declaration, the kinds, and the overrides in force.
import type { Kind, Override, Resource, Until } from '../contract/kind.ts';
import type { Declared } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { decodeSpec, encodeSpec } from '../model/spec.ts';
import type { ResourceRow } from '../store/resources.ts';
import type { Subject } from './look.ts';

/** What is remembered of the last successful apply: enough to compare, to remove, to order removals, and to guard it. */
export interface Applied {
  readonly spec: unknown;
  readonly after: readonly Ref[];
  readonly host: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly protect: boolean;
  /** `realm.locked` at that time: taking a lock away counts only once the edit that does it is in force. */
  readonly locked: readonly string[];
  /** Keyed hashes of the texts behind its secrets, by name; only of kinds that mind. */
  readonly marks?: Readonly<Record<string, string>>;
}

/** A declared resource with its kind, ready to be looked at. */
export interface Wanted extends Subject {
  readonly declared: Declared;
  readonly row: ResourceRow;
  /** An operator's word that keeps the kernel from changing it. */
  readonly heldBy: Override | undefined;
  /** When the first of the operator's words ends by itself, ms since the epoch. */
  readonly wordEndsAt: number | undefined;
  /** An `Applied`, encoded: stored once the world is so. */
  readonly toRemember: string;
}

export type KindOf = (kind: string) => { readonly plugin: string; readonly kind: Kind } | undefined;

export interface WantedParts {
  readonly row: ResourceRow;
  readonly kindOf: KindOf;
  readonly overrides: readonly Override[];
  readonly locked: readonly string[];
  readonly awaited: readonly Until[];
}

export function wantedOf(declared: Declared, { row, kindOf, overrides, locked, awaited }: WantedParts): Wanted {
  const { plugin, kind } = kindOf(declared.kind)!;
  const own = kind.overrides ?? [];
  const seen = overrides.filter(({ effect }) => (own as readonly string[]).includes(effect));
  const heldBy = overrides.find((override) => !seen.includes(override));
  const ends = overrides.flatMap(({ until }) => until ?? []);
  return {
    declared,
    row,
    kind,
    plugin,
    want: resourceOf(declared, row.generation, { overrides: seen, held: heldBy, awaited }),
    // Most often it is the declared one, which saves reading it.
    last: row.lastSpec !== null && row.lastHash === declared.specHash ? declared.spec : appliedOf(row)?.spec,
    heldBy,
    wordEndsAt: ends.length === 0 ? undefined : Math.min(...ends),
    get toRemember() {
      return toRemember(declared, locked);
    },
  };
}

/** A declared resource is remembered in the same words at each look. */
const encoded = new WeakMap<Declared, { readonly locked: readonly string[]; readonly text: string }>();

function toRemember(declared: Declared, locked: readonly string[]): string {
  const known = encoded.get(declared);
  if (known?.locked === locked) return known.text;
  const { spec, after, host, labels, protect } = declared;
  const refs = after.map((edge) => edge.ref);
  const text = encodeSpec({ spec, after: refs, host: host ?? null, labels, protect, locked } satisfies Applied);
  encoded.set(declared, { locked, text });
  return text;
}

export function resourceOf(
  declared: Declared,
  generation: number,
  { overrides, held, awaited }: Pick<Resource, 'overrides' | 'awaited'> & { readonly held: Override | undefined },
): Resource {
  const { ref, name, spec, host, labels, after } = declared;
  return {
    ref,
    name,
    spec,
    generation,
    labels,
    after,
    awaited,
    overrides,
    ...(held === undefined ? {} : { held }),
    ...(host === undefined ? {} : { host }),
  };
}

/** The last applied state of a row with its secrets as objects again, or undefined when nothing was ever applied. */
export function appliedOf({ lastSpec }: Pick<ResourceRow, 'lastSpec'>): Applied | undefined {
  return typeof lastSpec === 'string' ? (decodeSpec(lastSpec) as Applied) : undefined;
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
    after: applied.after.map((other) => ({ ref: other, until: 'Ready', onLoss: 'ignore' })),
    awaited: [],
    overrides: [],
    ...(applied.host === null ? {} : { host: applied.host }),
  };
}

/** Which thing a spec means: equal in every identity key. A kind without identity has one thing for each ref. */
export function identityOf(kind: Kind, spec: unknown): string {
  const record = spec as Record<string, unknown>;
  return encodeSpec(((kind.identity ?? []) as readonly string[]).map((key) => record[key] ?? null));
}

/** Something that may be in the world under a ref. `sure`: Realm made it; else a pass that was cut off may have. */
export interface Thing {
  readonly spec: string;
  readonly sure: boolean;
}

/**
 * Everything of a ref that may exist: what was last applied, what replacements left behind, and what an interrupted pass
 * may have made. No two of them are the same thing.
 */
export function mayExist({ lastSpec, intent }: ResourceRow, kind: Kind): Thing[] {
  const things = new Map<string, Thing>();
  const add = (spec: unknown, sure: boolean): void => {
    if (typeof spec !== 'string') return;
    const identity = identityOf(kind, appliedOf({ lastSpec: spec })!.spec);
    if (!things.has(identity)) things.set(identity, { spec, sure });
  };
  add(lastSpec, true);
  for (const { spec, sure } of intent?.left ?? []) add(spec, sure);
  add(intent?.spec, intent?.existed === false);
  return [...things.values()];
}

/** What removing a resource of this kind means. */
export const removalOf = ({ removal, remove }: Kind): NonNullable<Kind['removal']> =>
  remove === undefined ? 'forget' : (removal ?? 'delete');
