// The JSON Schemas that editors use, beside the state of the realm: one for the root config, one per section for drop-ins.
import { join } from 'node:path';
import { makeFolder, writeAtomic } from '../files.ts';
import { dropInSchema, realmSchema } from '../schema/json-schema.ts';
import type { Shapes } from '../schema/json-schema.ts';

export const schemaText = (schema: object): string => `${JSON.stringify(schema, null, 2)}\n`;

/** Writes `schema/realm.json` and `schema/<section>.json` below the state folder; answers their paths. */
export function writeSchemas(stateDir: string, shapes: Shapes): readonly string[] {
  const schemas: [name: string, schema: object][] = [['realm', realmSchema(shapes)]];
  for (const section of shapes.kinds.keys()) schemas.push([section, dropInSchema(shapes, section)!]);
  makeFolder(stateDir, 0o700); // nobody else's, like all of the state
  return schemas.map(([name, schema]) => {
    const path = join(stateDir, 'schema', `${name}.json`);
    writeAtomic(path, schemaText(schema));
    return path;
  });
}
