// Where a message goes: one pure function over what it says, the rules, and how the world is.
import type { Ref } from 'realm-runner/plugin';
import type { Match, Priority, Rule } from './settings.ts';

export type Decision = 'route' | 'hold' | 'escalate' | 'drop';

/** What rules may ask of a message. */
export interface Subject {
  readonly from: string;
  readonly to: string;
  readonly type: string;
  readonly priority: Priority;
}

/** How the world is, asked when a rule or a default needs to know. */
export interface Facts {
  readonly now: number;
  readonly agents: readonly string[];
  /** null: nobody knows. */
  isReady(ref: Ref): boolean | null;
  /** Messages in its inbox that it did not acknowledge. */
  waiting(agent: string): number;
  /** ms; when the newest message of this agent came; undefined: none ever. */
  newestFrom(agent: string): number | undefined;
  /** ms; undefined: there is no such file. */
  changedAt(file: string): number | undefined;
}

export interface Verdict {
  readonly decision: Decision;
  /** One clause, with its values. */
  readonly reason: string;
  /** What decided: `rule 2`, or a word for a default. The same for as long as nothing else decides. */
  readonly by: string;
  /** A person is told, though it is held. */
  readonly isUrgent: boolean;
}

const SLA_MS: Readonly<Record<Priority, number>> = {
  urgent: 900_000,
  high: 1_800_000,
  normal: 14_400_000,
  low: 14_400_000,
};

/** By when it should have been routed. */
export const slaOf = (priority: Priority): number => SLA_MS[priority];

export const agentRef = (agent: string): Ref => `agent/${agent}`;

/** Pure. What nobody is called is never routed, whatever the rules say. */
export function decide(message: Subject, rules: readonly Rule[], facts: Facts): Verdict {
  for (const [index, rule] of rules.entries()) {
    if (!isTrue(rule.when, message, facts)) continue;
    if (rule.unless !== undefined && isTrue(rule.unless, message, facts)) continue;
    if (rule.then === 'route' && !facts.agents.includes(message.to)) break;
    const reason = rule.why ?? reasonOf(rule, message, facts);
    return { decision: rule.then, reason, by: `rule ${index + 1}`, isUrgent: false };
  }
  return byDefault(message, facts);
}

function byDefault({ to, priority }: Subject, facts: Facts): Verdict {
  if (!facts.agents.includes(to)) {
    const known = facts.agents.length === 0 ? 'none is declared' : `there are ${facts.agents.join(', ')}`;
    const reason = `no agent is called ${JSON.stringify(to)}; ${known}`;
    return { decision: 'escalate', reason, by: 'unknown', isUrgent: false };
  }
  const isAlive = facts.isReady(agentRef(to));
  if (isAlive === true) return { decision: 'route', reason: `${to} is alive`, by: 'alive', isUrgent: false };
  const reason = isAlive === null ? `nobody knows whether ${to} is alive` : `${to} is not alive`;
  return { decision: 'hold', reason, by: 'not alive', isUrgent: priority === 'urgent' };
}

/** Whether all that is written is true. */
function isTrue(match: Match, message: Subject, facts: Facts): boolean {
  const { from, to, type, priority, alive, ready, waiting, fresh } = match;
  return (
    isOneOf(message.from, from) &&
    isOneOf(message.to, to) &&
    isOneOf(message.type, type) &&
    isOneOf(message.priority, priority) &&
    (alive === undefined || alive === (facts.isReady(agentRef(message.to)) === true)) &&
    listOf(ready ?? []).every((ref) => facts.isReady(ref) === true) &&
    (waiting === undefined || facts.waiting(message.to) > waiting) &&
    (fresh === undefined || staleOf(fresh, facts) === undefined)
  );
}

const listOf = <T extends string>(value: T | readonly T[]): readonly T[] =>
  typeof value === 'string' ? [value] : value;

/** As people write names: `Z` is z. */
const isOneOf = (value: string, wanted: string | readonly string[] | undefined): boolean =>
  wanted === undefined || listOf(wanted).some((one) => one.toLowerCase() === value.toLowerCase());

/** The first that is too old, in one clause; undefined: all is fresh. */
function staleOf({ from, file, within }: NonNullable<Match['fresh']>, facts: Facts): string | undefined {
  const asked: [string, number | undefined][] = [];
  if (from !== undefined) asked.push([`the newest message of ${from}`, facts.newestFrom(from)]);
  if (file !== undefined) asked.push([file, facts.changedAt(file)]);
  for (const [what, at] of asked) {
    if (at === undefined) return `${what} does not exist`;
    const age = facts.now - at;
    if (age > within) return `${what} is ${minutes(age)} old, more than ${minutes(within)}`;
    // Of a clock that is wrong nobody knows how old it is.
    if (-age > within) return `${what} is of a time ${minutes(-age)} ahead`;
  }
  return undefined;
}

const minutes = (ms: number): string => `${Math.floor(ms / 60_000)} min`;

/** Of a rule that does not say why: what of the world made it match. */
function reasonOf({ when, unless }: Rule, { to }: Subject, facts: Facts): string {
  const said: string[] = [];
  if (when.waiting !== undefined) said.push(`${facts.waiting(to)} messages wait in the inbox of ${to}`);
  if (when.alive === false || unless?.alive === true) said.push(`${to} is not alive`);
  for (const ref of listOf(unless?.ready ?? [])) {
    const isReady = facts.isReady(ref);
    if (isReady !== true) said.push(isReady === null ? `nobody knows whether ${ref} is ready` : `${ref} is not ready`);
  }
  const stale = unless?.fresh && staleOf(unless.fresh, facts);
  if (stale !== undefined) said.push(stale);
  return said.length === 0 ? 'a rule says so' : said.join(', and ');
}
