// realm init: writes the smallest realm that does something, and what an editor needs to help with it.
import { join } from 'node:path';
import { loadRealm } from '../../kernel/load.ts';
import { newRealm } from '../../scaffold/realm.ts';
import { writeNew } from '../../scaffold/write.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { writeJson } from '../render/json.ts';
import { writeSchemas } from '../../config/schema-files.ts';
import type { Call } from '../shell.ts';

const NEXT = `
Next:
  realm plan     see what it would change
  realm apply    change it
  realm up       keep it so from now on
`;

export async function run({ flags, globals, cwd, shell, out }: Call<{ readonly vscode?: boolean }>): Promise<number> {
  const { written, kept } = writeNew(cwd, newRealm({ root: cwd, vscode: flags.vscode === true }));
  const { file, stateDir } = await placeOf(cwd, { config: join(cwd, 'realm.config.yaml') });
  const { registry } = await loadRealm({ file, stateDir, env: shell.env });
  writeSchemas(stateDir, registry.catalog());
  if (globals.json) writeJson(out, { written, kept });
  else out.write(filesText(written, kept) + NEXT);
  return EXIT.done;
}

export const filesText = (written: readonly string[], kept: readonly string[]): string =>
  written.map((path) => `wrote ${path}\n`).join('') + kept.map((path) => `kept  ${path}\n`).join('');
