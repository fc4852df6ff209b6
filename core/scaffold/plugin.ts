// What `realm plugin new NAME` writes: a plugin that works as it stands, its test, and types for the editor.
import { RealmError } from '../errors.ts';
import { builtInPlugins } from '../registry/find.ts';
import { isName, quoted, sectionProblem } from '../registry/sections.ts';
import { tsconfigFile } from './editor.ts';
import type { NewFile } from './write.ts';

/** Files for `root`, the folder of the config. Throws USAGE for a name that no plugin can have. */
export function newPlugin(name: string, root: string): readonly NewFile[] {
  if (!isName(name))
    throw new RealmError('USAGE', `${quoted(name)} is no name for a plugin.`, {
      hint: 'Use lower case letters, digits and "-", starting with a letter: realm plugin new my-plugin',
    });
  const problem = sectionProblem(name, sectionOf(name));
  if (builtInPlugins().includes(name) || problem !== undefined)
    throw new RealmError('USAGE', `"${name}" is taken by Realm itself.`, { hint: `Try my-${name}.` });
  return [
    { path: `plugins/${name}/index.ts`, text: pluginText(name) },
    { path: `plugins/${name}/index.test.ts`, text: testText(name) },
    tsconfigFile(root),
  ];
}

/** The line that goes under `plugins:`, and an example of its section. */
export function useOf(name: string): string {
  return `plugins: [./plugins/${name}]\n${sectionOf(name)}:\n  demo: { path: demo }\n`;
}

const sectionOf = (name: string): string => `${name}s`;

const pluginText = (name: string): string => `// Keeps folders there, with the rights they are declared with.
import { chmod, mkdir, rmdir, stat } from 'node:fs/promises';
import { absent, definePlugin, s } from 'realm-runner/plugin';

export default definePlugin({
  name: '${name}',
  summary: 'Keeps folders there, with the rights they are declared with.',
  setup(realm) {
    realm.kind({
      name: '${name}',
      section: '${sectionOf(name)}',
      spec: s.object({ path: s.path(), mode: s.mode().default('0755') }),
      state: s.object({ mode: s.mode() }),
      identity: ['path'],
      watch: ({ path }) => [path],
      observe: ({ spec }) => stat(spec.path).then(({ mode }) => ({ mode: mode & 0o7777 }), absent('ENOENT')),
      apply: ({ spec: { path, mode } }) => mkdir(path, { recursive: true }).then(() => chmod(path, mode)),
      remove: ({ spec }) => rmdir(spec.path).catch(absent('ENOENT')).then(() => {}), // refuses while something is in it
    });
  },
});
`;

const testText = (name: string): string => `// What every kind must keep; run it with: realm plugin test plugins/${name}
import { kindSuite } from 'realm-runner/testing';

kindSuite({
  plugin: new URL('./index.ts', import.meta.url),
  kind: '${name}',
  spec: { path: 'demo' },
  other: { path: 'demo', mode: '0700' },
  moved: { path: 'elsewhere' },
});
`;
