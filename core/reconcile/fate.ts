// What is to become of things that are no longer declared here: known by looking alone, so that a plan loads nothing that acts.
import type { ResourceRow } from '../store/resources.ts';
import { appliedOf, identityOf, mayExist, removalOf, type Thing, type Wanted } from './desired.ts';
import type { PassDeps } from './pass.ts';
import type { RemovalDeps } from './remove.ts';

/** What happens to a thing that is no longer declared; the plan shows it, and the removal does it. */
export type Fate =
  | { readonly type: 'drop' }
  | { readonly type: 'forget'; readonly kept: string }
  | { readonly type: 'remove'; readonly confirm: boolean; readonly things: readonly Thing[] }
  | { readonly type: 'orphan'; readonly why: string };

export function fateOf(row: ResourceRow, { kindOf, heirOf }: Pick<RemovalDeps, 'kindOf' | 'heirOf'>): Fate {
  const kind = kindOf(row.kind)?.kind;
  if (kind === undefined)
    return { type: 'orphan', why: `no plugin in use knows the kind ${row.kind}; add the plugin to remove it` };
  const all = mayExist(row, kind);
  const first = all[0];
  if (first === undefined || kind.observe === undefined) return { type: 'drop' };
  if (removalOf(kind) === 'forget')
    return { type: 'forget', kept: kind.keeps?.(specOf(first) as never) ?? 'it stays as it is' };
  const things = all.filter((thing) => heirOf(kind, specOf(thing), row.ref) === undefined);
  if (things.length > 0) return { type: 'remove', confirm: removalOf(kind) === 'confirm', things };
  return { type: 'forget', kept: `it is ${heirOf(kind, specOf(first), row.ref)} now` };
}

/**
 * Only what an edit moved away. When the machine is another host than before, by its network or by what it was told, the
 * same declaration may mean this very machine again a minute later: then nothing is touched.
 */
export function leftHere({ row, kind, declared }: Wanted, heirOf: PassDeps['heirOf']): Thing[] {
  if (removalOf(kind) === 'forget') return [];
  return mayExist(row, kind).filter(({ spec }) => {
    const applied = appliedOf({ lastSpec: spec })!;
    return applied.host !== (declared.host ?? null) && heirOf(kind, applied.spec, declared.ref) === undefined;
  });
}

/** Other things of this ref that may exist: what an edit replaced, or what it is to take over, and did not get to take. */
export function othersOf({ row, kind, want, declared }: Wanted): Thing[] {
  if (row.intent === null && row.lastHash === declared.specHash) return []; // what was last applied is what is declared
  if (removalOf(kind) === 'forget') return [];
  const identity = identityOf(kind, want.spec);
  return mayExist(row, kind).filter((thing) => identityOf(kind, specOf(thing)) !== identity);
}

/** Of those, what nobody else is now: to be taken away once the wanted one is there. */
export const replacedBy = (wanted: Wanted, heirOf: PassDeps['heirOf']): Thing[] =>
  othersOf(wanted).filter((thing) => heirOf(wanted.kind, specOf(thing), wanted.want.ref) === undefined);

const specOf = ({ spec }: Thing): unknown => appliedOf({ lastSpec: spec })!.spec;

export const changesOf = (things: readonly Thing[]) =>
  things.map(({ spec }) => ({ action: 'remove', path: '', from: appliedOf({ lastSpec: spec })!.spec }) as const);

/**
 * Removals at once that need `--allow-deletions` (design §3): more than two and more than 30 % of `remembered`, which are
 * the resources that were there before the edit; or all of them.
 */
export function brakeOf(removals: number, declared: number, remembered: number): string | undefined {
  if (removals === 0) return undefined;
  if (declared === 0)
    return `the config declares nothing any more; removing the last ${removals === 1 ? 'resource' : `${removals} resources`} needs \`realm apply --allow-deletions\``;
  if (removals > 2 && removals > 0.3 * remembered)
    return `${removals} of ${remembered} resources would be removed; that needs \`realm apply --allow-deletions\``;
  return undefined;
}
