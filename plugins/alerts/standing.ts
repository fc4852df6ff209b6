// What stands open, in rows: each change of state becomes one item for each alert that wants it, however often it is heard.
import type { Context, RealmEvent, Ref, Resource } from 'realm-runner/plugin';
import { alertsHere } from './here.ts';
import { CONDITION_TOPICS, isOver, type News, newsOf } from './news.ts';
import { itemOf, put } from './outbox.ts';
import type { AlertSpec, Severity } from './spec.ts';
import { wants } from './wanted.ts';

export interface Standing {
  readonly subject: string;
  readonly topic: string;
  readonly state: string;
  readonly severity: Severity;
  readonly message: string;
  readonly hint: string;
  /** ms */
  readonly since: number;
  /** Alerts that were told, and will be told of its end. */
  readonly told: readonly string[];
  /** Only the daemon that has ended knew whether this is still so: when nobody says it again until then, it is over. */
  readonly doubtAt?: number;
}

const DOUBT_MS = 60_000;
const keyFor = ({ subject, topic }: Pick<News, 'subject' | 'topic'>): string => `open/${subject}#${topic}`;
/** What only lives in the memory of a daemon. */
const FLEETING = /^(plugin\/|realm\/state$)/;

type Heard = Pick<RealmEvent, 'seq' | 'at' | 'type'>;

/** The items are stored before the state that they speak of: after a crash in between they are stored again, the same. */
export function hear(event: RealmEvent, ctx: Context): void {
  if (event.type === 'realm.started') doubt(ctx);
  if (event.type === 'realm.started' || event.type === 'journal.gap') recheck(event, ctx);
  for (const [index, news] of newsOf(event).entries()) {
    const order = orderOf(event.seq, index);
    if (news.how === 'once') tell(wanting(news, event, ctx), news, order, event, ctx);
    else if (news.how === 'opens') open(news, order, event, ctx);
    else if (news.how === 'clears') close(keyFor(news), news, order, event, ctx);
    else
      for (const [place, { key }] of ctx.rows.list(`open/${news.subject}#`).entries())
        close(key, news, `${order}.${place}`, event, ctx);
  }
}

/** Texts in the order of the events. */
export const orderOf = (seq: number, index: number): string => `${String(seq).padStart(16, '0')}.${index}`;

/** Events are counted anew after their database was lost, so the time is in it. */
export const idOf = (order: string, at: number, { realm }: Pick<Context, 'realm'>): string =>
  `${realm.name}-${order}-${at}`;

export const standingNow = ({ rows }: Pick<Context, 'rows'>): readonly Standing[] =>
  rows.list('open/').map(({ value }) => value as Standing);

/** Closes what stayed in doubt for too long; answers when to look again. */
export function settleDoubts(ctx: Context): number | undefined {
  let next: number | undefined;
  for (const { key, value } of ctx.rows.list('open/')) {
    const { doubtAt, subject, topic } = value as Standing;
    if (doubtAt === undefined) continue;
    const now = ctx.now();
    if (doubtAt > now && doubtAt <= now + DOUBT_MS) next = Math.min(next ?? doubtAt, doubtAt);
    else {
      const over = { subject, topic, state: 'recovered', message: 'not seen again since Realm was started' };
      const order = `${String(doubtAt).padStart(16, '0')}.doubt.${subject}`;
      const at = { seq: doubtAt, at: doubtAt, type: 'realm.started' } as const;
      close(key, { ...over, severity: 'info', hint: '', how: 'clears' }, order, at, ctx);
    }
  }
  return next;
}

function open(news: News, order: string, event: Heard, ctx: Context): void {
  const key = keyFor(news);
  const standing = ctx.rows.get(key) as Standing | undefined;
  if (standing?.state === news.state) {
    const { doubtAt, ...sure } = standing;
    if (doubtAt !== undefined) ctx.rows.set(key, sure);
    return;
  }
  const told = wanting(news, event, ctx);
  tell(told, news, order, event, ctx);
  const { subject, topic, state, severity, message, hint } = news;
  const names = [...new Set([...(standing?.told ?? []), ...told.map(({ name }) => name)])];
  ctx.rows.set(key, { subject, topic, state, severity, message, hint, since: event.at, told: names });
}

function close(key: string, news: News, order: string, event: Heard, ctx: Context): void {
  const standing = ctx.rows.get(key) as Standing | undefined;
  if (standing === undefined) return;
  const told = alertsHere(ctx).filter(({ name }) => standing.told.includes(name));
  tell(told, { ...news, severity: standing.severity }, order, event, ctx);
  ctx.rows.delete(key);
}

function tell(alerts: readonly Resource<AlertSpec>[], news: News, order: string, event: Heard, ctx: Context): void {
  const item = itemOf(idOf(order, event.at, ctx), news, event.at, ctx.now());
  for (const alert of alerts) put(alert, order, item, ctx);
}

const wanting = (news: News, { type }: Heard, ctx: Context): readonly Resource<AlertSpec>[] =>
  alertsHere(ctx).filter((alert) => wants(alert, news, type));

/** Events about the end of something may be among those that are lost; conditions say how it is. */
function recheck(event: RealmEvent, ctx: Context): void {
  const types = new Map(Object.entries(CONDITION_TOPICS).map(([type, topic]) => [topic, type]));
  for (const [place, { key, value }] of ctx.rows.list('open/').entries()) {
    const { subject, topic } = value as Standing;
    const condition = ctx.conditions(subject as Ref).find(({ type }) => type === types.get(topic));
    if (condition?.status !== 'False') continue;
    const over = { subject, topic, state: 'recovered', message: isOver(topic), severity: 'info', hint: '' } as const;
    close(key, { ...over, how: 'clears' }, `${orderOf(event.seq, 0)}.${place}`, event, ctx);
  }
}

function doubt(ctx: Context): void {
  for (const { key, value } of ctx.rows.list('open/')) {
    const standing = value as Standing;
    if (FLEETING.test(standing.subject)) ctx.rows.set(key, { ...standing, doubtAt: ctx.now() + DOUBT_MS });
  }
}
