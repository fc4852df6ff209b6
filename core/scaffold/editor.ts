// Files that make an editor understand a realm: types of the contract for plugins, schemas for the YAML.
import { createRequire } from 'node:module';
import { dirname, extname, join, relative } from 'node:path';
import { errnoOf } from '../errors.ts';
import type { NewFile } from './write.ts';

const EXTENSION = extname(import.meta.filename);
/** The folder in which Realm itself is installed. */
export const PACKAGE_ROOT = join(import.meta.dirname, '..', '..');

/** For plugins in `root`: `realm-runner/plugin` resolves to the contract of this very installation. */
export function tsconfigFile(root: string): NewFile {
  const ending = EXTENSION === '.ts' ? '.ts' : '.d.ts';
  const nodeTypes = folderOf('@types/node');
  const config = {
    compilerOptions: {
      target: 'esnext',
      module: 'preserve', // a folder without package.json is still ES modules
      moduleResolution: 'bundler',
      lib: ['esnext'],
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      verbatimModuleSyntax: true,
      moduleDetection: 'force',
      skipLibCheck: true,
      types: nodeTypes === undefined ? [] : ['node'],
      ...(nodeTypes === undefined ? {} : { typeRoots: [fromRoot(root, dirname(nodeTypes))] }),
      paths: {
        'realm-runner/plugin': [fromRoot(root, join(PACKAGE_ROOT, 'core', `plugin${ending}`))],
        'realm-runner/testing': [fromRoot(root, join(PACKAGE_ROOT, 'core', `testing${ending}`))],
      },
    },
    include: ['**/*.ts'],
    exclude: ['node_modules', '.realm'],
  };
  return { path: 'tsconfig.json', text: `${JSON.stringify(config, null, 2)}\n`, existing: 'keep' };
}

/** For the YAML language server of editors; `sections` are those with drop-in folders. */
export function editorSettingsFile(sections: readonly string[]): NewFile {
  const schemas = {
    '.realm/schema/realm.json': ['realm.config.yaml', 'realm.config.yml'],
    ...Object.fromEntries(sections.map((name) => [`.realm/schema/${name}.json`, [`configs/${name}/*.yaml`]])),
  };
  return {
    path: '.vscode/settings.json',
    text: `${JSON.stringify({ 'yaml.schemas': schemas }, null, 2)}\n`,
    existing: 'keep',
  };
}

/** Relative while inside `root`, so that a folder can move together with its own installation. */
function fromRoot(root: string, path: string): string {
  const short = relative(root, path);
  return short.startsWith('..') ? path : `./${short}`;
}

function folderOf(packageName: string): string | undefined {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
  } catch (error) {
    if (errnoOf(error) === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
