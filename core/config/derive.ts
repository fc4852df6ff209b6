// Resources that others stand for: derived purely, checked by their own kind, owned by the one that is written.
import type { Derived, Resource } from '../contract/kind.ts';
import type { Diagnostic } from '../errors.ts';
import { messageOf } from '../errors.ts';
import type { Catalog, Declared } from '../model/declaration.ts';
import { formatPath } from '../model/path.ts';
import type { Ref } from '../model/ref.ts';
import { isRef, splitRef } from '../model/ref.ts';
import { checker } from '../schema/check.ts';
import { decode } from '../schema/decode.ts';
import { commonKeys, NAME_PATTERN } from '../schema/reserved.ts';
import type { SchemaOf } from '../schema/schema.ts';
import { withSecretText } from '../schema/secret-text.ts';
import { findings } from './findings.ts';
import type { Offered } from './resource.ts';
import { COMMON_KEYS, declare } from './resource.ts';
import type { Link } from './shape.ts';

/** agent -> service is one; a chain this long is a defect. */
const DEEPEST = 8;

export interface DerivedResult {
  readonly derived: readonly { readonly declared: Declared; readonly links: readonly Link[] }[];
  readonly diagnostics: readonly Diagnostic[];
}

export const byKind = (catalog: Catalog): Map<string, Offered> =>
  new Map([...catalog.kinds.values()].map((offered) => [offered.kind.name, offered]));

/** What a kind's pure functions are given before the store knows the resource. */
export const asResource = (declared: Declared): Resource => ({
  ref: declared.ref,
  name: declared.name,
  spec: declared.spec,
  generation: 0,
  ...(declared.host === undefined ? {} : { host: declared.host }),
  labels: declared.labels,
  after: declared.after,
  awaited: [],
  overrides: [],
});

/** All that `owner` stands for, directly and indirectly. */
export function deriveAll(owner: Declared, kinds: ReadonlyMap<string, Offered>, root: string): DerivedResult {
  const derived: { declared: Declared; links: readonly Link[] }[] = [];
  const diagnostics: Diagnostic[] = [];
  const visit = (parent: Declared, depth: number): void => {
    const offered = kinds.get(parent.kind);
    if (offered?.kind.derive === undefined) return;
    if (depth > DEEPEST) {
      diagnostics.push(wrong(parent, `resources stand for others more than ${DEEPEST} levels deep`));
      return;
    }
    for (const wish of wishes(parent, offered, diagnostics)) {
      const made = make(parent, wish, kinds, root);
      diagnostics.push(...made.diagnostics);
      if (made.declared === undefined) continue;
      derived.push({ declared: made.declared, links: made.links });
      visit(made.declared, depth + 1);
    }
  };
  visit(owner, 1);
  return { derived, diagnostics };
}

function wishes(parent: Declared, { kind, plugin }: Offered, diagnostics: Diagnostic[]): readonly Derived[] {
  try {
    return kind.derive!(asResource(parent));
  } catch (error) {
    const hint = `this is a defect of the plugin ${plugin}`;
    diagnostics.push(wrong(parent, `saying what ${parent.ref} stands for failed: ${messageOf(error)}`, hint));
    return [];
  }
}

interface Made {
  readonly declared: Declared | undefined;
  readonly links: readonly Link[];
  readonly diagnostics: readonly Diagnostic[];
}

function make(parent: Declared, wish: Derived, kinds: ReadonlyMap<string, Offered>, root: string): Made {
  const nothing = (message: string, hint?: string): Made => ({
    declared: undefined,
    links: [],
    diagnostics: [wrong(parent, message, hint)],
  });
  const { kind: kindName, name } = splitRef(wish.ref);
  if (!isRef(wish.ref) || !new RegExp(NAME_PATTERN).test(name)) {
    return nothing(`${parent.ref} stands for ${JSON.stringify(wish.ref)}, which is no reference`);
  }
  const offered = kinds.get(kindName);
  if (offered === undefined) {
    const message = `${parent.ref} stands for ${wish.ref}, and no plugin in use keeps a ${kindName}`;
    return nothing(message, `add the plugin of ${kindName} to \`plugins:\``);
  }
  const written = withSecretText(wish.spec) as Record<string, unknown>;
  const entries = Object.entries(written);
  const common = fit(commonKeys, Object.fromEntries(entries.filter(([key]) => COMMON_KEYS.includes(key))), root);
  const spec = fit(offered.kind.spec, Object.fromEntries(entries.filter(([key]) => !COMMON_KEYS.includes(key))), root);
  const problems = [...common.problems, ...spec.problems];
  if (problems.length > 0) {
    const diagnostics = problems.map((problem) =>
      wrong(parent, `${parent.ref} stands for ${wish.ref}, which is not valid: ${problem}`),
    );
    return { declared: undefined, links: [], diagnostics };
  }
  const values = { ...common.value!, host: common.value!.host ?? parent.host };
  const { at, enabled, protect } = parent;
  const inherited = { ...values, enabled: values.enabled && enabled, protect: values.protect || protect };
  const declared = declare(offered.kind, name, spec.value, withoutUndefined(inherited), at, parent.ref);
  return { declared, links: [...common.links, ...spec.links], diagnostics: [] };
}

const withoutUndefined = <T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as never; // only keys are dropped

function fit<T>(
  schema: SchemaOf<T>,
  value: unknown,
  root: string,
): { value: T | undefined; links: Link[]; problems: string[] } {
  const links: Link[] = [];
  const errors = checker(schema)(value);
  const found = errors.length > 0 ? findings({ json: schema.json, value }, errors) : [];
  if (found.length > 0) return { value: undefined, links, problems: found.map(({ message }) => message) };
  const seen = (annotation: Link['annotation'], text: string, path: readonly string[]): void =>
    void links.push({ annotation, text, path: [...path] });
  const decoded = decode(schema, value, { root, seen });
  if (decoded.ok) return { value: decoded.value, links, problems: [] };
  return { value: undefined, links, problems: [`\`${formatPath(decoded.path)}\` ${decoded.why}`] };
}

function wrong(owner: { readonly ref: Ref; readonly at: Declared['at'] }, message: string, hint?: string): Diagnostic {
  return { code: 'CONFIG_DERIVE', severity: 'error', message, at: owner.at, ...(hint === undefined ? {} : { hint }) };
}
