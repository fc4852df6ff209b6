// The roots of a policy as one tree: a root inside another, or given twice, is no second copy of anything.
import { type ByteText, fromText } from '../byte-text.ts';
import type { Root } from '../policy.ts';
import { type Rule, ruleOf } from './globs.ts';

/** A place below `data/` at which a root begins, or that lies on the way to one. */
export interface Plot {
  /** Where it is in the world; empty for `data/` itself, unless a root begins there. */
  from: ByteText;
  readonly rules: Rule[];
  readonly children: Map<ByteText, Plot>;
}

const plot = (from: string): Plot => ({ from: fromText(from), rules: [], children: new Map() });

/** `from` without its last `count` parts. */
const above = (from: string, count: number): string => from.split('/').slice(0, -count).join('/') || '/';

export function plant(roots: readonly Root[]): Plot {
  const top = plot('');
  for (const root of roots) {
    const parts = root.as.split('/').filter((part) => part !== '');
    const from = root.from.replace(/(.)\/+$/, '$1');
    let at = top;
    for (const [index, part] of parts.entries()) {
      const left = parts.length - 1 - index;
      const name = fromText(part);
      const next = at.children.get(name) ?? plot(left === 0 ? from : above(from, left));
      at.children.set(name, next);
      at = next;
    }
    if (at === top) top.from = fromText(from);
    at.rules.push(ruleOf(root));
  }
  return top;
}

/** Where the roots at a plot and below it are in the world. */
export const rootsIn = (one: Plot): readonly ByteText[] => [
  ...(one.rules.length > 0 ? [one.from] : []),
  ...[...one.children.values()].flatMap(rootsIn),
];
