// realm schema: the JSON Schema of the config for the plugins in use, for editors.
import { RealmError } from '../../errors.ts';
import { loadRealm } from '../../kernel/load.ts';
import { dropInSchema, realmSchema } from '../../schema/json-schema.ts';
import { makeStateFolder } from '../../store/folder.ts';
import { EXIT } from '../exit-codes.ts';
import { placeOf } from '../place.ts';
import { shortPath } from '../render/frame.ts';
import { writeJson } from '../render/json.ts';
import { schemaText, writeSchemas } from '../../config/schema-files.ts';
import type { Call } from '../shell.ts';
import { didYouMean } from '../suggest.ts';

export async function run({
  args,
  flags,
  globals,
  cwd,
  shell,
  out,
}: Call<{ readonly write?: boolean }>): Promise<number> {
  const { file, stateDir } = await placeOf(cwd, globals);
  const { registry } = await loadRealm({ file, stateDir, env: shell.env, profile: globals.profile });
  const catalog = registry.catalog();
  if (flags.write === true) {
    makeStateFolder(stateDir);
    const written = writeSchemas(stateDir, catalog).map((path) => shortPath(path, shell.cwd));
    if (globals.json) writeJson(out, { written });
    else out.write(written.map((path) => `wrote ${path}\n`).join(''));
    return EXIT.done;
  }
  const [section] = args;
  const schema = section === undefined ? realmSchema(catalog) : dropInSchema(catalog, section);
  if (schema === undefined)
    throw new RealmError('USAGE', `No plugin in use owns a section \`${section}\`.`, {
      hint: didYouMean(section!, catalog.kinds.keys()) ?? `One of: ${[...catalog.kinds.keys()].join(', ')}.`,
    });
  out.write(schemaText(schema));
  return EXIT.done;
}
