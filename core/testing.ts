// For tests of plugins: the suite that every kind must pass, and a small realm to try a plugin in.
import { isAbsolute } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, test } from 'vitest';
import { resolvePlugin } from './registry/resolve.ts';
import { kindChecks } from './testing/checks.ts';
import type { Bench } from './testing/checks.ts';
import { testRealm } from './testing/realm.ts';
import type { AnyPlugin, TestRealm } from './testing/realm.ts';

export { testRealm };
export type { VirtualMachine } from './simulate/processes.ts';
export type { Program } from './simulate/programs.ts';
export type { AnyPlugin, Passed, TestRealm, TestRealmOptions } from './testing/realm.ts';

/** A spec as it is written in the YAML; a function gets the test's own folder, to which relative paths refer anyway. */
export type WrittenSpec = object | ((root: string) => object);

export interface KindSuiteOptions {
  /** The plugin, or the path or file URL of its module: then it is also looked at with writes denied by the runtime. */
  readonly plugin: AnyPlugin | string | URL;
  readonly kind: string;
  readonly spec: WrittenSpec;
  /** The same thing, declared differently. */
  readonly other?: WrittenSpec;
  /** Another thing, by the kind's `identity`. */
  readonly moved?: WrittenSpec;
  /** Harms the thing behind Realm's back, inside the test's folder. */
  readonly spoil?: (root: string) => Promise<void> | void;
  /** Makes the folder ready before each test: what the spec refers to. */
  readonly prepare?: (root: string) => Promise<void> | void;
  /** Plugins it needs. */
  readonly with?: readonly AnyPlugin[];
  /** Written settings by plugin name. */
  readonly settings?: Readonly<Record<string, object>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** `system` for kinds that wait for real processes. Default `virtual`. */
  readonly clock?: 'virtual' | 'system';
}

/** Registers one vitest test for each rule that every kind must keep. Call it at the top of a test file. */
export function kindSuite(options: KindSuiteOptions): void {
  describe(`kind ${options.kind}`, () => {
    for (const check of kindChecks) {
      test(check.name, async ({ skip }) => {
        await using realm = await realmFor(options);
        const bench = benchOf(options, realm);
        if (!check.applies(bench)) skip('this kind does not promise it, or the suite was not given what it takes');
        await check.run(bench);
      });
    }
  });
}

async function realmFor({ plugin, with: needed = [], settings = {}, secrets = {}, clock, prepare }: KindSuiteOptions) {
  const path = pathOf(plugin);
  const subject = path === undefined ? (plugin as AnyPlugin) : (await resolvePlugin(path, '/')).plugin;
  const realm = await testRealm({ plugins: [...needed, subject], settings, secrets, clock: clock ?? 'virtual' });
  await prepare?.(realm.root);
  return realm;
}

function benchOf(options: KindSuiteOptions, realm: TestRealm): Bench {
  const { kind, spec, other, moved, spoil, settings = {}, secrets = {} } = options;
  const written = (one: WrittenSpec): object => (typeof one === 'function' ? (one(realm.root) as object) : one);
  return {
    realm,
    kind,
    spec: written(spec),
    other: other && written(other),
    moved: moved && written(moved),
    spoil: spoil && (() => spoil(realm.root)),
    module: pathOf(options.plugin),
    settings,
    secrets,
  };
}

function pathOf(plugin: AnyPlugin | string | URL): string | undefined {
  if (plugin instanceof URL) return fileURLToPath(plugin);
  if (typeof plugin !== 'string') return undefined;
  if (plugin.startsWith('file:')) return fileURLToPath(plugin);
  if (isAbsolute(plugin)) return plugin;
  throw new TypeError(`kindSuite takes a plugin, an absolute path or a file URL, not ${plugin}`);
}
