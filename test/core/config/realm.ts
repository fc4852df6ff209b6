// A configuration in a folder of its own, for tests that read real files.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { DeclareResult } from '../../../core/config/declare.ts';
import { declare } from '../../../core/config/declare.ts';
import type { Source } from '../../../core/config/source.ts';
import { readSource } from '../../../core/config/source.ts';
import type { Declaration, Declared } from '../../../core/model/declaration.ts';
import { catalogOf } from './catalog.ts';

export interface TestRealm {
  readonly root: string;
  write(path: string, content: string | Uint8Array): void;
  source(options?: { profile?: string; env?: Record<string, string> }): Promise<Source>;
  declare(options?: { profile?: string; env?: Record<string, string> }): Promise<DeclareResult>;
  /** Throws unless the configuration is valid. */
  valid(options?: { profile?: string; env?: Record<string, string> }): Promise<Declaration>;
}

/** Removed when the test ends. `files` by path; the root config is `realm.config.yaml`. */
export function testRealm(files: Readonly<Record<string, string | Uint8Array>>): TestRealm {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'realm-config-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const write: TestRealm['write'] = (path, content) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  for (const [path, content] of Object.entries(files)) write(path, content);
  const source: TestRealm['source'] = ({ profile, env = {} } = {}) =>
    readSource({ file: join(root, 'realm.config.yaml'), profile, env });
  const declareIt: TestRealm['declare'] = async (options) => {
    const read = await source(options);
    return declare(read, catalogOf(read.plugins.map(({ name }) => name)));
  };
  const valid: TestRealm['valid'] = async (options) => {
    const { declaration, diagnostics } = await declareIt(options);
    if (declaration === undefined) throw new Error(JSON.stringify(diagnostics, null, 2));
    return declaration;
  };
  return { root, write, source, declare: declareIt, valid };
}

export function resource(declaration: Declaration, ref: string): Declared<Record<string, unknown>> {
  const found = declaration.resources.get(ref as Declared['ref']);
  if (found === undefined) throw new Error(`${ref} is not declared`);
  return found;
}
