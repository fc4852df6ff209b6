// What a target gets: one or more items as JSON for programs, and as text for people.
import { hostname } from 'node:os';
import type { Context } from 'realm-runner/plugin';
import type { Item } from './outbox.ts';
import { SEVERITIES } from './spec.ts';

/** Version 1. More keys may come; none of these goes. */
export interface Body {
  readonly version: 1;
  /** Of the only item, or one that stands for this digest. */
  readonly id: string;
  readonly realm: string;
  readonly host: string;
  /** The worst of its items. */
  readonly severity: string;
  /** `digest` when there are several. */
  readonly subject: string;
  readonly state: string;
  readonly message: string;
  /** UTC, ISO 8601: when the first of them happened. */
  readonly at: string;
  readonly hint: string;
  /** Each once. A receiver that remembers their ids can tell repetitions. */
  readonly items: readonly ItemBody[];
}
type ItemBody = Pick<Body, 'id' | 'severity' | 'subject' | 'state' | 'message' | 'at' | 'hint'>;

export function bodyOf(items: readonly Item[], { realm }: Pick<Context, 'realm'>): Body {
  const bodies = items.map(({ queuedAt: _, at, ...item }) => ({ ...item, at: new Date(at).toISOString() }));
  const about = { version: 1, realm: realm.name, host: hostname() } as const;
  const [first] = bodies;
  if (bodies.length === 1) return { ...about, ...first!, items: bodies };
  const rank = (item: Item): number => SEVERITIES.indexOf(item.severity);
  const worst = items.reduce((most, item) => (rank(item) < rank(most) ? item : most));
  return {
    ...about,
    id: `${first!.id}+${bodies.length - 1}`,
    severity: worst.severity,
    subject: 'digest',
    state: 'digest',
    message: `${bodies.length} messages:\n${items.map(lineOf).join('\n')}`,
    at: first!.at,
    hint: worst.hint,
    items: bodies,
  };
}

/** One line, then what there is to say. */
export function textOf({ items, realm, host, ...body }: Body): string {
  const where = `(${realm} on ${host})`;
  if (items.length > 1) return `${body.message}\n${where}`;
  const hint = body.hint === '' ? '' : `\n→ ${body.hint}`;
  return `[${body.severity}] ${body.subject}: ${body.message}${hint}\n${where}`;
}

const lineOf = ({ severity, subject, message }: Item): string => `[${severity}] ${subject}: ${message.split('\n')[0]}`;
