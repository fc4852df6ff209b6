// Checks between resources: references exist, nothing waits for itself, hosts are declared, schedules and time zones parse.
import type { Kind, Problem } from '../contract/kind.ts';
import type { Diagnostic, ErrorCode, Location } from '../errors.ts';
import { messageOf, RealmError } from '../errors.ts';
import type { Declared } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { isRef, splitRef } from '../model/ref.ts';
import { parsePath } from '../model/path.ts';
import { parseSchedule } from '../schedule.ts';
import { nearest } from '../schema/nearest.ts';
import { asResource } from './derive.ts';
import type { Link } from './shape.ts';
import type { Entry } from './tree.ts';
import { locate, nodeAt } from './tree.ts';

/** A resource with the place it comes from; a derived one points at its owner's entry. */
export interface Member {
  readonly ref: Ref;
  readonly at: Location;
  readonly owner: Ref | undefined;
  readonly after: readonly Ref[];
  readonly host: string | undefined;
  /** undefined: it is not valid. */
  readonly declared: Declared | undefined;
  readonly links: readonly Link[];
  readonly entry: Entry;
  readonly kind: Kind;
  readonly plugin: string;
  readonly path: readonly string[];
}

/** Every name that is written, valid or not: what is only invalid is not missing. */
export type Known = ReadonlySet<Ref>;

export function crossCheck(
  members: readonly Member[],
  known: Known,
  kinds: ReadonlyMap<string, unknown>,
): Diagnostic[] {
  const context = { known, kinds, names: undefined as string[] | undefined };
  const diagnostics: Diagnostic[] = [];
  for (const member of members) {
    for (const link of member.links) {
      const found = link.annotation === 'ref' ? missingRef(link, context) : LINKS[link.annotation]?.(link.text);
      if (found !== undefined) diagnostics.push(told(member, link.path, found));
    }
    const host = member.owner === undefined ? missingHost(member.host, context) : undefined;
    if (host !== undefined) diagnostics.push(told(member, ['host'], host));
  }
  return [...diagnostics, ...kindChecks(members)];
}

interface Wrong {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
}
interface Context {
  readonly known: Known;
  readonly kinds: ReadonlyMap<string, unknown>;
  names: string[] | undefined;
}

function missingRef({ text }: Link, context: Context): Wrong | undefined {
  if (isRef(text) && context.known.has(text)) return undefined;
  const { kind, name } = splitRef(text as Ref);
  if (!context.kinds.has(kind)) {
    const similar = nearest(kind, context.kinds.keys());
    const hint =
      similar === undefined
        ? `kinds in use: ${[...context.kinds.keys()].join(', ')}`
        : `did you mean ${similar}/${name}?`;
    return { code: 'CONFIG_REF_UNKNOWN', message: `${text} is not declared: no plugin in use keeps a ${kind}`, hint };
  }
  const names = (context.names ??= [...context.known]);
  const prefix = `${kind}/`;
  const similar = nearest(
    name,
    names.filter((ref) => ref.startsWith(prefix)).map((ref) => ref.slice(prefix.length)),
  );
  const hint = similar === undefined ? 'declare it, or remove the reference' : `did you mean ${prefix}${similar}?`;
  return { code: 'CONFIG_REF_UNKNOWN', message: `${text} is not declared`, hint };
}

function missingHost(host: string | undefined, context: Context): Wrong | undefined {
  if (host === undefined || !context.kinds.has('host') || context.known.has(`host/${host}`)) return undefined;
  const hosts = [...context.known].filter((ref) => ref.startsWith('host/')).map((ref) => ref.slice(5));
  const similar = nearest(host, hosts);
  const hint = similar === undefined ? `declared hosts: ${hosts.join(', ') || 'none'}` : `did you mean ${similar}?`;
  return { code: 'CONFIG_HOST_UNKNOWN', message: `the host ${host} is not declared`, hint };
}

const remembered = (look: (text: string) => Wrong | undefined): ((text: string) => Wrong | undefined) => {
  const answers = new Map<string, Wrong | undefined>();
  return (text) => {
    if (!answers.has(text)) answers.set(text, look(text));
    return answers.get(text);
  };
};

const LINKS: Partial<Record<Link['annotation'], (text: string) => Wrong | undefined>> = {
  schedule: remembered((text) => {
    try {
      parseSchedule(text, 'UTC');
      return undefined;
    } catch (error) {
      if (!(error instanceof RealmError)) throw error;
      return { code: 'CONFIG_SCHEDULE', message: error.message, hint: error.hint };
    }
  }),
  timezone: remembered((text) => {
    if (isZone(text)) return undefined;
    const similar = nearest(text, Intl.supportedValuesOf('timeZone'));
    const hint = similar === undefined ? 'an IANA name such as Europe/Berlin' : `did you mean ${similar}?`;
    return { code: 'CONFIG_TIMEZONE', message: `${JSON.stringify(text)} is no time zone`, hint };
  }),
};

export const checkTimezone = (text: string): Wrong | undefined => LINKS.timezone!(text);

function isZone(text: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: text }) !== undefined;
  } catch {
    return false; // it throws for nothing else
  }
}

function kindChecks(members: readonly Member[]): Diagnostic[] {
  const groups = new Map<Kind, Member[]>();
  for (const member of members) {
    if (member.kind.check === undefined || member.declared === undefined) continue;
    const group = groups.get(member.kind);
    if (group === undefined) groups.set(member.kind, [member]);
    else group.push(member);
  }
  return [...groups.values()].flatMap(kindCheck);
}

function kindCheck(group: readonly Member[]): Diagnostic[] {
  const { kind, plugin } = group[0]!;
  let problems: readonly Problem[];
  try {
    problems = kind.check!(group.map(({ declared }) => asResource(declared!)));
  } catch (error) {
    const message = `checking all of ${kind.section} together failed: ${messageOf(error)}`;
    return [told(group[0]!, [], { code: 'CONFIG_CHECK', message, hint: `this is a defect of the plugin ${plugin}` })];
  }
  return problems.map(({ ref, path, message, hint }) => {
    const member = group.find((one) => one.ref === ref) ?? group[0]!;
    return told(member, parsePath(path ?? '') ?? [], { code: 'CONFIG_CHECK', message, hint });
  });
}

/** At the value itself; for a derived resource, at its owner, with its name in the sentence. */
export function told(member: Member, path: readonly string[], wrong: Wrong): Diagnostic {
  const { code, hint } = wrong;
  const isDerived = member.owner !== undefined;
  const message = isDerived ? `${member.ref}: ${wrong.message}` : wrong.message;
  const at = isDerived ? member.at : placeOf(member, path);
  return { code, severity: 'error', message, at, ...(hint === undefined ? {} : { hint }) };
}

function placeOf(member: Member, path: readonly string[]): Location {
  const found = path.length === 0 ? undefined : nodeAt(member.entry.value, path);
  return locate(found?.node ?? member.entry, [...member.path, ...path]);
}
