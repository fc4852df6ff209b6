// What a module must export to be a plugin; each broken rule is one sentence for its author.
import type { Plugin } from '../contract/plugin.ts';
import { messageOf, RealmError } from '../errors.ts';
import type { Location } from '../errors.ts';
import type { FoundPlugin } from './find.ts';
import { describesObject } from './kind-rules.ts';
import { isName, quoted } from './sections.ts';

const HOW = 'Write export default definePlugin({ name, summary, setup(realm) { … } }).';

/** The plugin that the module exports. Throws PLUGIN_INVALID. */
export function checkPlugin(name: string, found: FoundPlugin, module: object, at: Location): Plugin<unknown> {
  const invalid = (problem: string, hint = HOW): never => {
    throw new RealmError('PLUGIN_INVALID', `The plugin ${name} ${problem}.`, { at, hint });
  };
  let plugin: Record<keyof Plugin, unknown>;
  try {
    plugin = { ...(module as { default?: Record<keyof Plugin, unknown> }).default } as typeof plugin;
  } catch (error) {
    return invalid(`throws when it is looked at: ${messageOf(error)}`);
  }
  if (!('default' in module)) invalid('has no default export');
  if (Object.keys(plugin).length === 0) invalid('exports something else than a plugin by default');
  if (!isName(plugin.name))
    invalid(
      `is called ${quoted(plugin.name)}`,
      'A name is lower case letters, digits and "-", starting with a letter.',
    );
  const expected = expectedName(name, found);
  if (expected !== undefined && plugin.name !== expected)
    invalid(
      `calls itself ${quoted(plugin.name)}`,
      `Messages must name what stands under plugins: call it "${expected}".`,
    );
  if (typeof plugin.summary !== 'string') invalid('has no summary', 'Add one sentence: summary: "…".');
  if (typeof plugin.setup !== 'function') invalid('has no setup function');
  for (const key of ['needs', 'wants'] as const) {
    const names = plugin[key];
    if (names !== undefined && !(Array.isArray(names) && names.every((one) => typeof one === 'string')))
      invalid(`has ${key} that are not a list of plugin names`, `Write ${key}: ['services'].`);
  }
  checkSettings(plugin.settings, invalid);
  return (module as { default: Plugin<unknown> }).default;
}

/** A path may hold a plugin of any name; a name under `plugins:` is the plugin's own. */
function expectedName(name: string, { from, packageName }: FoundPlugin): string | undefined {
  if (from === 'built-in') return name;
  return packageName?.startsWith('realm-plugin-') === true ? packageName.slice('realm-plugin-'.length) : undefined;
}

function checkSettings(settings: unknown, invalid: (problem: string, hint: string) => never): void {
  if (settings === undefined) return;
  const { section, schema } = (settings ?? {}) as { section?: unknown; schema?: { json: object } };
  if (typeof section !== 'string' || !describesObject(schema))
    invalid(
      'has settings without a section or schema',
      "Write settings: { section: 'tavern', schema: s.object({ … }) }.",
    );
}
