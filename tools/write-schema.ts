// Writes schemas/realm.schema.json: what the built-in plugins can be configured with, for editors.
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { loadPlugins } from '../core/registry/resolve.ts';
import { setUp } from '../core/registry/setup.ts';
import { realmSchema } from '../core/schema/json-schema.ts';

const root = join(import.meta.dirname, '..');
const names = globSync('plugins/*/index.ts', { cwd: root }).map((file) => basename(dirname(file)));
const wishes = names.sort().map((name) => ({ name, at: { file: 'plugins', line: 1, column: 1, path: name } }));
const { plugins, diagnostics } = await loadPlugins(wishes, root);
for (const { message } of diagnostics) console.error(message);
if (plugins.length === 0) throw new Error('the built-in plugins cannot be loaded');

const registry = setUp(plugins, () => ({})); // shapes do not depend on settings
mkdirSync(join(root, 'schemas'), { recursive: true });
const schema = { $comment: 'Written by tools/write-schema.ts.', ...realmSchema(registry.catalog()) };
writeFileSync(join(root, 'schemas/realm.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
