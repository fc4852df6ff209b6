// Which paths below a root are saved: its include and exclude globs, compiled once.
import picomatch from 'picomatch';
import { asUtf8, type ByteText, joined } from '../byte-text.ts';
import type { Root } from '../policy.ts';

type Test = (path: string) => boolean;

/** A root as a walk carries it down. */
export interface Rule {
  /** Below the root. */
  readonly at: ByteText;
  /** It is in: everything is, or one of its globs named this path or a folder above it. */
  readonly isIn: boolean;
  readonly includes: Test | undefined;
  readonly excludes: Test | undefined;
}

/** `./a` and `a/` are ways to write `a`. */
const matcher = (globs: readonly string[]): Test =>
  picomatch(
    globs.map((glob) => glob.replace(/^\.\//, '').replace(/(.)\/$/, '$1')),
    { dot: true },
  );

export function ruleOf({ include, exclude }: Root): Rule {
  const includes = include === undefined ? undefined : matcher(include);
  const excludes = exclude.length === 0 ? undefined : matcher(exclude);
  return { at: '' as ByteText, isIn: includes === undefined, includes, excludes };
}

/** The rules for one name of a folder: those that exclude it are gone. */
export function below(rules: readonly Rule[], name: ByteText): readonly Rule[] {
  if (rules.every(({ isIn, excludes }) => isIn && excludes === undefined)) return rules;
  const left: Rule[] = [];
  for (const rule of rules) {
    const at = joined(rule.at, name);
    const text = asUtf8(at) ?? at;
    if (rule.excludes?.(text) === true) continue;
    left.push({ ...rule, at, isIn: rule.isIn || rule.includes?.(text) === true });
  }
  return left;
}
