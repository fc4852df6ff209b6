// Which paths a snapshot was meant to hold: what lies outside is none of a restore's business.
import picomatch from 'picomatch';
import { asUtf8, type ByteText, fromText } from '../byte-text.ts';
import type { Root } from '../policy.ts';
import { below, type Rule, ruleOf } from '../tree/globs.ts';
import { parentOf } from './holder.ts';
import { isAtOrBelow, isIn } from './place.ts';

/** Whether one of the globs names the path or a folder above it. Names that begin with a dot are names as any other. */
export function anyOf(globs: readonly string[]): (path: ByteText) => boolean {
  if (globs.length === 0) return () => false;
  const matches = picomatch([...globs, ...globs.map((glob) => `${glob.replace(/\/+$/, '')}/**`)], { dot: true });
  return (path) => matches(asUtf8(path) ?? path);
}

export interface Scope {
  /** Whether a file at this path (below `data/`) would have been saved. */
  holds(path: ByteText): boolean;
  /** It is excluded with all that is in it. */
  isClosed(path: ByteText): boolean;
}

export const everything: Scope = { holds: () => true, isClosed: () => false };

export const both = (one: Scope, other: Scope): Scope => ({
  holds: (path) => one.holds(path) && other.holds(path),
  isClosed: (path) => one.isClosed(path) || other.isClosed(path),
});

export function scopeOf(roots: readonly Root[]): Scope {
  const scopes = roots.map((root) => new RootScope(root));
  return {
    holds: (path) => scopes.some((one) => one.rulesFor(path).some((rule) => rule.isIn)),
    isClosed: (path) => scopes.every((one) => one.isClosed(path)),
  };
}

class RootScope {
  readonly #as: ByteText;
  readonly #top: readonly Rule[];
  /** Of the folder asked last, since paths come folder by folder. */
  #last: { readonly folder: ByteText; readonly rules: readonly Rule[] };

  constructor(root: Root) {
    this.#as = fromText(root.as);
    this.#top = [ruleOf(root)];
    this.#last = { folder: this.#as, rules: this.#top };
  }

  isClosed(path: ByteText): boolean {
    return !isAtOrBelow(this.#as, path) && this.rulesFor(path).length === 0;
  }

  rulesFor(path: ByteText): readonly Rule[] {
    if (path === this.#as) return this.#top;
    if (!isIn(path, this.#as)) return [];
    const folder = parentOf(path);
    if (folder !== this.#last.folder) this.#last = { folder, rules: this.rulesFor(folder) };
    return below(this.#last.rules, path.slice(folder === '' ? 0 : folder.length + 1) as ByteText);
  }
}
