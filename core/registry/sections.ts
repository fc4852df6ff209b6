// Who owns which section of the config: Realm itself, a kind, or one plugin's settings.
import { inspect } from 'node:util';
import { RealmError } from '../errors.ts';
import { commonKeys, RESERVED } from '../schema/reserved.ts';
import type { SettingsEntry } from './registry.ts';
import type { LoadedPlugin } from './resolve.ts';
import { throwAll } from './problems.ts';

/** Taken off every resource before its kind sees the spec. */
export const COMMON_KEYS: readonly string[] = Object.keys(commonKeys.json['properties'] as object);

const NAME = /^[a-z][a-z0-9-]*$/;

/** The name of a plugin, kind or section: lower case letters, digits and `-`. */
export const isName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name);

export function sectionProblem(plugin: string, section: unknown): RealmError | undefined {
  if (!isName(section))
    return new RealmError('KIND_INVALID', `The plugin "${plugin}" claims the section ${quoted(section)}.`, {
      hint: 'A section is lower case letters, digits and "-", starting with a letter.',
    });
  if ((RESERVED as readonly string[]).includes(section))
    return new RealmError(
      'SECTION_RESERVED',
      `The plugin "${plugin}" claims the section "${section}", which is Realm's own.`,
      {
        hint: `Rename it, for example to "${plugin}-${section}".`,
      },
    );
  return undefined;
}

export const quoted = (value: unknown): string =>
  typeof value === 'string' ? `"${value}"` : inspect(value, { depth: 1, breakLength: Infinity });

/** The settings sections of plugins and their schemas, without running any setup. */
export function describe(plugins: readonly LoadedPlugin[]): ReadonlyMap<string, SettingsEntry> {
  const settings = new Map<string, SettingsEntry>();
  const problems: RealmError[] = [];
  for (const { plugin, at } of plugins) {
    if (plugin.settings === undefined) continue;
    const { section, schema } = plugin.settings;
    const problem = sectionProblem(plugin.name, section);
    const earlier = settings.get(section);
    if (problem !== undefined) problems.push(new RealmError(problem.code, problem.message, { at, hint: problem.hint }));
    else if (earlier !== undefined)
      problems.push(
        new RealmError(
          'KIND_DUPLICATE',
          `The plugins "${earlier.plugin}" and "${plugin.name}" both claim "${section}".`,
          {
            at,
            hint: `Remove one of the two from plugins:.`,
          },
        ),
      );
    else settings.set(section, { plugin: plugin.name, schema });
  }
  if (plugins[0] !== undefined) throwAll(problems, plugins[0].at);
  return settings;
}
