// Checks between resources: references exist, nothing waits for itself or is declared twice, hosts are declared, schedules and time zones parse.
import type { Kind, Problem } from '../contract/kind.ts';
import type { Diagnostic, ErrorCode, Location } from '../errors.ts';
import { messageOf, RealmError } from '../errors.ts';
import type { Declared } from '../model/declaration.ts';
import type { Ref } from '../model/ref.ts';
import { isRef, splitRef } from '../model/ref.ts';
import { parsePath } from '../model/path.ts';
import { encodeSpec } from '../model/spec.ts';
import { parseSchedule } from '../schedule.ts';
import { withoutSlashes } from '../schema/decode.ts';
import { nearest } from '../schema/nearest.ts';
import { isZone } from '../zone.ts';
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
      if (found !== undefined) diagnostics.push(told(member, link.path, found, link.path.at(-1) === link.text));
    }
    diagnostics.push(...vainLosses(member));
    const host = member.owner === undefined ? missingHost(member.host, context) : undefined;
    if (host !== undefined) diagnostics.push(told(member, ['host'], host));
  }
  return [...diagnostics, ...hostChecks(members), ...twinsCheck(members), ...kindChecks(members)];
}

/** Only what can be stopped can act on a loss; elsewhere the word would mean nothing, and nobody would notice. */
function vainLosses(member: Member): Diagnostic[] {
  const { kind, declared } = member;
  if (declared === undefined || kind.overrides?.includes('stop') === true) return [];
  return declared.after.flatMap(({ ref, onLoss }) => {
    if (onLoss === 'ignore') return [];
    const message = `a ${kind.name} cannot be stopped, so \`onLoss: ${onLoss}\` means nothing to it`;
    const hint = 'leave `onLoss` out';
    return [told(member, ['after', ref, 'onLoss'], { code: 'CONFIG_VALUE', message, hint })];
  });
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

function canOf(host: Member | undefined): readonly string[] | undefined {
  const spec: { readonly can?: readonly string[] } | undefined = host?.declared?.spec;
  return spec?.can;
}
const nameOf = ({ ref }: Member): string => splitRef(ref).name;

/** A host that says what it can is taken at its word. */
function hostChecks(members: readonly Member[]): Diagnostic[] {
  const hosts = new Map(members.filter(({ kind }) => kind.name === 'host').map((member) => [member.ref, member]));
  return members.flatMap((member) => {
    const { host, kind, declared } = member;
    if (host === undefined || kind.hostCan === undefined || declared === undefined) return [];
    const can = canOf(hosts.get(`host/${host}`));
    const missing = can === undefined ? [] : kind.hostCan(declared.spec).filter((need) => !can.includes(need));
    if (missing.length === 0) return [];
    const message = `it needs a host that can ${missing.join(' and ')}, and ${host} can only ${can!.join(', ')}`;
    const able = [...hosts.values()].filter((one) => missing.every((need) => canOf(one)?.includes(need) === true));
    const hint = able.length === 0 ? 'no declared host can' : `hosts that can: ${able.map(nameOf).join(', ')}`;
    return [told(member, ['host'], { code: 'HOST_UNABLE', message, hint })];
  });
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
  regexp: remembered((text) => {
    const why = whyNoRegExp(text);
    if (why === undefined) return undefined;
    const hint = 'a backslash in front of a sign takes its meaning away';
    return { code: 'CONFIG_REGEXP', message: `${JSON.stringify(text)} is no regular expression: ${why}`, hint };
  }),
  timezone: remembered((text) => {
    if (isZone(text)) return undefined;
    const similar = nearest(text, Intl.supportedValuesOf('timeZone'));
    const hint = similar === undefined ? 'an IANA name such as Europe/Berlin' : `did you mean ${similar}?`;
    return { code: 'CONFIG_TIMEZONE', message: `${JSON.stringify(text)} is no time zone`, hint };
  }),
};

/** In the engine's words, without repeating the expression; undefined when it is one. */
function whyNoRegExp(text: string): string | undefined {
  try {
    RegExp(withoutSlashes(text));
    return undefined;
  } catch (error) {
    return messageOf(error)
      .replace(/^Invalid regular expression: .*: /s, '')
      .toLowerCase();
  }
}

export const checkTimezone = (text: string): Wrong | undefined => LINKS.timezone!(text);

/**
 * Resources that are equal in every identity key would undo each other for ever. What is on different hosts is not the same,
 * and what is not enabled is left alone.
 */
function twinsCheck(members: readonly Member[]): Diagnostic[] {
  const firsts = new Map<string, Ref>();
  return members.flatMap((member) => {
    const { ref, kind, declared, host = '' } = member;
    const keys: readonly string[] = kind.identity ?? [];
    if (keys.length === 0 || declared?.enabled !== true) return [];
    const spec = declared.spec as Readonly<Record<string, unknown>>;
    const thing = `${kind.name} ${host} ${keys.map((key) => encodeSpec(spec[key])).join(' ')}`;
    const first = firsts.get(thing);
    if (first === undefined) {
      firsts.set(thing, ref);
      return [];
    }
    const same = keys.map((key) => `\`${key}\``).join(' and ');
    const message = `this is the same ${kind.name} as ${first}: ${same} ${keys.length === 1 ? 'is' : 'are'} equal`;
    return [told(member, [keys[0]!], { code: 'CONFIG_CHECK', message, hint: 'change it, or keep only one of them' })];
  });
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
  return problems.map(({ ref, path, message, hint, isWarning = false }) => {
    const member = group.find((one) => one.ref === ref) ?? group[0]!;
    const found = told(member, parsePath(path ?? '') ?? [], { code: 'CONFIG_CHECK', message, hint });
    return isWarning ? { ...found, severity: 'warning' } : found;
  });
}

/** At the value itself, or at its key when that is at fault; for a derived resource, at its owner, with its name in the sentence. */
export function told(member: Member, path: readonly string[], wrong: Wrong, onKey = false): Diagnostic {
  const { code, hint } = wrong;
  const isDerived = member.owner !== undefined;
  const message = isDerived ? `${member.ref}: ${wrong.message}` : wrong.message;
  const at = isDerived ? member.at : placeOf(member, path, onKey);
  return { code, severity: 'error', message, at, ...(hint === undefined ? {} : { hint }) };
}

function placeOf(member: Member, path: readonly string[], onKey: boolean): Location {
  const found = path.length === 0 ? undefined : nodeAt(member.entry.value, path);
  return locate((onKey ? found?.entry : found?.node) ?? member.entry, [...member.path, ...path]);
}
