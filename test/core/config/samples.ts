// Runs one sample folder: reads and declares its configuration, with the environment that env.json gives.
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { DeclareResult } from '../../../core/config/declare.ts';
import { declare } from '../../../core/config/declare.ts';
import { CONFIG_NAMES } from '../../../core/config/find.ts';
import { readSource } from '../../../core/config/source.ts';
import type { Diagnostic } from '../../../core/errors.ts';
import { catalogOf } from './catalog.ts';

interface Sample {
  readonly env?: Readonly<Record<string, string>>;
  readonly profile?: string;
}

export const SAMPLES = join(import.meta.dirname, '../../samples');

export async function runSample(name: string): Promise<DeclareResult> {
  const root = join(SAMPLES, name);
  const file = CONFIG_NAMES.map((config) => join(root, config)).find((path) => existsSync(path));
  if (file === undefined) throw new Error(`${name} has no configuration`);
  const options = join(root, 'env.json');
  const { env = {}, profile } = existsSync(options) ? (JSON.parse(readFileSync(options, 'utf8')) as Sample) : {};
  const source = await readSource({ file, profile, env });
  return declare(source, catalogOf(source.plugins.map((plugin) => plugin.name)));
}

/** As `validate --json` prints it, with files and texts independent of where the checkout is. */
export function flat(sample: string, { code, severity, message, at, hint }: Diagnostic): object {
  const root = join(SAMPLES, sample);
  const local = (text: string | undefined): string | null => text?.replaceAll(root, '<root>') ?? null;
  const { line, column, path } = at;
  return {
    code,
    severity,
    message: local(message),
    file: relative(root, at.file),
    line,
    column,
    path,
    hint: local(hint),
  };
}
