// Keeps the text of secrets out of what is stored and shown: every text that was revealed becomes `(secret NAME)`.
import { RealmError } from './errors.ts';

/** Masking a shorter text than this would make ordinary text unreadable; such a secret is refused with SECRET_SHORT. */
export const SHORTEST_SECRET = 4;
/** A line of a secret, or its form in base64, is masked by itself only from this length on. */
const SHORTEST_PART = 8;
const DEEPEST = 1_000;

type Form = readonly [form: string, mark: string];

/**
 * One for each process: it outlives reloads, so that an old text stays hidden when its secret got another one. Costs
 * nothing while no secret was revealed. Names and keys are never masked: refs, ids, keys of maps.
 */
export class Mask {
  readonly #hidden = new Map<string, Set<string>>();
  /** Longest first, so that of two secrets of which one holds the other none leaves its end behind. */
  #forms: readonly Form[] = [];

  get isEmpty(): boolean {
    return this.#forms.length === 0;
  }

  /** From now on this text is hidden wherever it stands, as it is and in the forms of JSON, URLs and base64. */
  hide(name: string, text: string): void {
    const texts = this.#hidden.get(name) ?? new Set();
    if (texts.has(text)) return;
    this.#hidden.set(name, texts.add(text));
    const forms = new Map<string, string>();
    for (const [one, all] of this.#hidden) {
      const mark = `(secret ${one})`;
      forms.set(mark, mark); // what is masked already stays as it is, whatever another secret says
      for (const hidden of all) for (const form of formsOf(hidden)) if (!forms.has(form)) forms.set(form, mark);
    }
    this.#forms = [...forms].sort(([a], [b]) => b.length - a.length);
  }

  /** The same text without secrets. */
  readonly text = (text: string): string => {
    let pieces = [text]; // what stands at odd places is masked already
    for (const [form, mark] of this.#forms) {
      if (!text.includes(form)) continue;
      pieces = pieces.flatMap((piece, at) => (at % 2 === 1 ? [piece] : alternating(piece.split(form), mark)));
    }
    return pieces.join('');
  };

  /** The same data with every text in it masked, as JSON sees it. Throws a TypeError for what holds itself. */
  value<T>(value: T): T {
    return this.isEmpty ? value : (masked(value, this.text, 0) as T);
  }

  /** The same failure with its sentences masked; what is no error of ours becomes an error of its kind's name. */
  error(error: unknown): unknown {
    if (this.isEmpty) return error;
    if (!(error instanceof Error)) return this.value(error);
    const cause = error.cause === undefined ? {} : { cause: this.error(error.cause) };
    if (!(error instanceof RealmError)) return this.#stranger(error, cause);
    const { code, message, hint, at, diagnostics } = error;
    const found = diagnostics.map((one) => ({
      ...one,
      message: this.text(one.message),
      ...(one.hint === undefined ? {} : { hint: this.text(one.hint) }),
    }));
    const detail = { ...cause, hint: hint === undefined ? undefined : this.text(hint), at, diagnostics: found };
    return new RealmError(code, this.text(message), detail);
  }

  #stranger(error: Error, cause: ErrorOptions): Error {
    const copy = new Error(this.text(error.message), cause);
    copy.name = error.name;
    if (error.stack !== undefined) copy.stack = this.text(error.stack);
    return 'code' in error ? Object.assign(copy, { code: this.value(error.code) }) : copy;
  }
}

const alternating = (parts: readonly string[], mark: string): string[] =>
  parts.flatMap((part, at) => (at === 0 ? [part] : [mark, part]));

function masked(value: unknown, mask: (text: string) => string, depth: number): unknown {
  if (typeof value === 'string') return mask(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > DEEPEST) throw new TypeError(`data nested deeper than ${DEEPEST} levels, or data that holds itself`);
  const inner = (part: unknown): unknown => masked(part, mask, depth + 1);
  if (Array.isArray(value)) return value.map(inner);
  if ('toJSON' in value && typeof value.toJSON === 'function') return inner(value.toJSON());
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inner(part)]));
}

/** As written, and as it looks inside JSON (and that inside JSON), URLs and base64; of several lines also line by line. */
function formsOf(text: string): Set<string> {
  const json = inJson(text);
  const urls = text.isWellFormed() ? [encodeURIComponent(text), encodeURI(text), inQuery(text)] : []; // half a surrogate pair has no form in a URL
  const lines = text.split(/\r?\n/).filter((line) => line.length >= SHORTEST_PART);
  return new Set([text, json, inJson(json), ...urls, ...(lines.length > 1 ? lines : []), ...base64(text)]);
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);
const inQuery = (text: string): string => new URLSearchParams({ q: text }).toString().slice(2);

/** What is certain to stand in the base64 of anything that holds this text (`user:password`), wherever it begins. */
function base64(text: string): string[] {
  const forms = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    return bytes.toString('base64').slice(Math.ceil((before * 4) / 3), Math.floor((bytes.length * 4) / 3));
  });
  return [...forms, ...forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))].filter(
    (form) => form.length >= SHORTEST_PART,
  );
}
