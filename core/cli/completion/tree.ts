// What can be typed where: the command tree as the three shells need it.
import type { Command, Option } from 'commander';

/** What fits a place; the dynamic ones are asked of `realm __complete`. */
export type Offer = 'refs' | 'runs' | 'approvals' | 'codes' | 'shells' | 'files' | 'none';

export interface Choice {
  readonly word: string;
  readonly about: string;
}
export interface Place {
  /** The words so far, `plugin list`; empty at the start. */
  readonly path: string;
  readonly commands: readonly Choice[];
  readonly flags: readonly FlagChoice[];
  /** What its arguments are. */
  readonly offer: Offer;
}
export interface FlagChoice {
  readonly long: string | undefined;
  readonly short: string | undefined;
  readonly about: string;
  /** What follows it; undefined when nothing does. */
  readonly value: Offer | undefined;
}

const OFFERS: Readonly<Record<string, Offer>> = {
  ref: 'refs',
  run: 'runs',
  approval: 'approvals',
  code: 'codes',
  shell: 'shells',
  plan: 'files',
  file: 'files',
  path: 'files',
  dir: 'files',
};
const offerOf = (name: string | undefined): Offer => OFFERS[name ?? ''] ?? 'none';

/** Offers that `realm __complete` answers. */
export const isDynamic = (offer: Offer): boolean => ['refs', 'runs', 'approvals', 'codes'].includes(offer);
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

function flagOf({ long, short, description, flags, required, optional }: Option): FlagChoice {
  const name = /<([^>.]+)/.exec(flags)?.[1];
  return {
    long: long ?? undefined,
    short: short ?? undefined,
    about: description,
    value: required || optional ? offerOf(name) : undefined,
  };
}

const flagsOf = (command: Command): FlagChoice[] => command.options.filter(({ hidden }) => !hidden).map(flagOf);

/** All places, the deepest first, so that the first match is the right one. */
export function placesOf(program: Command): readonly Place[] {
  const globals = flagsOf(program).filter(({ long }) => long !== '--version');
  const visit = (command: Command, path: string): Place[] => {
    const shown = command.commands.filter((child) => !child.name().startsWith('_'));
    const place: Place = {
      path,
      commands: shown.map((child) => ({ word: child.name(), about: child.summary() })),
      flags: [...(command === program ? [] : flagsOf(command)), ...globals],
      offer: offerOf(command.registeredArguments[0]?.name()),
    };
    return [...shown.flatMap((child) => visit(child, path === '' ? child.name() : `${path} ${child.name()}`)), place];
  };
  return visit(program, '');
}

/** Flags with a value, anywhere: their values are no commands. */
export function valueFlags(places: readonly Place[]): readonly { readonly name: string; readonly value: Offer }[] {
  const all = new Map<string, Offer>();
  for (const { flags } of places)
    for (const { long, short, value } of flags)
      for (const name of [long, short]) if (name !== undefined && value !== undefined) all.set(name, value);
  return Array.from(all, ([name, value]) => ({ name, value }));
}
