// What is still to be told, in rows: each item stays until every target of its alert has got it.
import type { Context, Resource } from 'realm-runner/plugin';
import type { News } from './news.ts';
import type { AlertSpec, Severity } from './spec.ts';
import { keyOf } from './target.ts';

export interface Item {
  /** The same for every try, so that a receiver can tell a repetition. */
  readonly id: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly state: string;
  readonly message: string;
  readonly hint: string;
  /** ms: when it happened. */
  readonly at: number;
  /** ms: when it came here. */
  readonly queuedAt: number;
}

export interface Waiting {
  readonly key: string;
  readonly item: Item;
  /** Keys of the targets that have not got it. */
  readonly left: readonly string[];
}

/** How one target does. */
export interface Progress {
  /** ms; null: never. */
  readonly lastSentAt: number | null;
  /** Failed in a row. */
  readonly tries: number;
  /** ms; counts while there were failed tries. */
  readonly retryAt: number;
  readonly why: string;
}

type Held = Pick<Context, 'rows'>;
/** Of one alert; then the oldest go. */
export const MOST_WAITING = 1_000;
const MOST_TEXT = 4_000;
const FRESH: Progress = { lastSentAt: null, tries: 0, retryAt: 0, why: '' };
// Escapes and other controls would be obeyed by a terminal, and NUL ends a variable.
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Of anything: plugins may state events of Realm's names with other values in them. */
const clean = (said: unknown): string => {
  const text = typeof said === 'string' ? said : (JSON.stringify(said) ?? '');
  const plain = text.replace(CONTROLS, '\uFFFD');
  return plain.length > MOST_TEXT ? `${plain.slice(0, MOST_TEXT)}…` : plain;
};

export const itemOf = (id: string, news: News, at: number, queuedAt: number): Item => ({
  id,
  severity: news.severity,
  subject: clean(news.subject),
  state: clean(news.state),
  message: clean(news.message),
  hint: clean(news.hint),
  at,
  queuedAt,
});

/** Putting one with the same id again changes nothing but who has not got it. */
export const put = ({ name, spec }: Resource<AlertSpec>, order: string, item: Item, { rows }: Held): void =>
  rows.set(`out/${name}/${order}`, { item, left: [...new Set(spec.to.map(keyOf))] });

/** The oldest first. Without a name: of all alerts. */
export function waitingOf(name: string | undefined, { rows }: Held): readonly Waiting[] {
  return rows
    .list(name === undefined ? 'out/' : `out/${name}/`)
    .map(({ key, value }) => ({ key, ...(value as Omit<Waiting, 'key'>) }));
}

export const alertOf = ({ key }: Waiting): string => key.split('/')[1]!;

/** These targets need not be told of it any more. */
export function strike(waiting: Waiting, targets: readonly string[], { rows }: Held): void {
  const stored = rows.get(waiting.key) as Omit<Waiting, 'key'> | undefined;
  if (stored === undefined) return;
  const left = stored.left.filter((one) => !targets.includes(one));
  if (left.length === 0) rows.delete(waiting.key);
  else if (left.length < stored.left.length) rows.set(waiting.key, { item: stored.item, left });
}

export const progressOf = (alert: string, target: string, { rows }: Held): Progress =>
  (rows.get(`target/${alert}/${target}`) as Progress | undefined) ?? FRESH;

export const setProgress = (alert: string, target: string, progress: Progress, { rows }: Held): void =>
  rows.set(`target/${alert}/${target}`, progress);
