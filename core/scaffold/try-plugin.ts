// What `realm plugin test PATH` does: runs the tests beside a plugin, or a made-up one for each of its kinds, in vitest.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join } from 'node:path';
import { execa } from 'execa';
import { errnoOf, RealmError } from '../errors.ts';
import type { KindEntry } from '../registry/registry.ts';
import { resolvePlugin } from '../registry/resolve.ts';
import type { LoadedPlugin } from '../registry/resolve.ts';
import { setUp } from '../registry/setup.ts';
import { decode } from '../schema/decode.ts';
import { PACKAGE_ROOT } from './editor.ts';
import { samplesOf } from './sample.ts';

export interface TryOptions {
  /** A path, or a name as under `plugins:`. */
  readonly plugin: string;
  /** The folder to which a path is relative, and in whose node_modules a name is looked up. */
  readonly root: string;
  /** `inherit` shows vitest's own output as it comes. Default `pipe`. */
  readonly output?: 'inherit' | 'pipe';
  readonly signal?: AbortSignal;
}
export interface Tried {
  readonly passed: boolean;
  /** Beside the plugin, or made up from the schemas of its kinds. */
  readonly tests: 'own' | 'made-up';
  /** What vitest said; empty when inherited. */
  readonly output: string;
}

/** Throws what loading a plugin throws, PLUGIN_UNTESTABLE and PLUGIN_TEST_UNAVAILABLE. */
export async function tryPlugin({ plugin: name, root, output = 'pipe', signal }: TryOptions): Promise<Tried> {
  const isPath = existsSync(join(root, name)) && !name.startsWith('.') && !name.startsWith('/');
  const loaded = await resolvePlugin(isPath ? `./${name}` : name, root);
  const vitest = vitestProgram();
  const workplace = mkdtempSync(join(tmpdir(), 'realm-plugin-test-'));
  try {
    const own = testsOf(loaded);
    const tests = own.length > 0 ? own : [MADE_UP];
    const folder = own.length > 0 ? loaded.folder : workplace;
    if (own.length === 0) writeFileSync(join(workplace, MADE_UP), suiteFor(loaded));
    const config = join(workplace, 'vitest.config.mjs');
    writeFileSync(config, configFor(folder, tests, workplace));
    const run = await execa(process.execPath, [vitest, 'run', '--config', config], {
      cwd: folder,
      stdin: 'ignore',
      stdout: output,
      stderr: output,
      all: output === 'pipe',
      reject: false,
      extendEnv: true,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    return { passed: run.exitCode === 0, tests: own.length > 0 ? 'own' : 'made-up', output: run.all ?? '' };
  } finally {
    rmSync(workplace, { recursive: true, force: true });
  }
}

const MADE_UP = 'made-up.test.mjs';
const TEST_FILE = /\.test\.m?[jt]s$/;

/** All beside an index file, which has its folder to itself; else those of the same name. */
function testsOf({ file, folder }: LoadedPlugin): readonly string[] {
  const name = basename(file, extname(file));
  const tests = readdirSync(folder).filter((entry) => TEST_FILE.test(entry));
  return name === 'index' ? tests : tests.filter((entry) => entry.startsWith(`${name}.test.`));
}

/** Only test files go through vitest; the plugin and Realm are run by Node itself, as they are in real life. */
function configFor(root: string, tests: readonly string[], workplace: string): string {
  const ending = import.meta.filename.slice(-3);
  const contract = (door: string): string => join(PACKAGE_ROOT, 'core', `${door}${ending}`);
  const options = {
    root,
    cacheDir: join(workplace, 'cache'),
    resolve: {
      alias: { 'realm-runner/plugin': contract('plugin'), 'realm-runner/testing': contract('testing') },
    },
    test: {
      include: tests,
      pool: 'forks',
      testTimeout: 30_000,
      reporters: ['verbose'],
      server: { deps: { external: ['__NOT_A_TEST__'] } },
    },
  };
  return `export default ${JSON.stringify(options, null, 2).replace('"__NOT_A_TEST__"', '/^(?!.*\\.test\\.m?[jt]s).*$/')};\n`;
}

/** One kindSuite for each kind, with specs made up from its schema. */
function suiteFor(loaded: LoadedPlugin): string {
  const { plugin, folder } = loaded;
  const settings = plugin.settings === undefined ? undefined : (samplesOf(plugin.settings.schema)?.spec ?? {});
  const registry = setUp([loaded], () => decode(plugin.settings!.schema, settings, { root: folder }));
  const kinds = [...registry.kinds.values()];
  if (kinds.length === 0)
    throw new RealmError('PLUGIN_UNTESTABLE', `The plugin "${plugin.name}" declares no kind.`, {
      hint: 'Its actions, hooks and listeners need a test of their own beside it.',
    });
  return [
    "import { kindSuite } from 'realm-runner/testing';",
    ...kinds.map((entry) => suiteCall(loaded, entry, settings)),
    '',
  ].join('\n');
}

function suiteCall({ file }: LoadedPlugin, { plugin, kind }: KindEntry, settings: object | undefined): string {
  const samples = samplesOf(kind.spec, kind.identity);
  if (samples === undefined)
    throw new RealmError('PLUGIN_UNTESTABLE', `No spec of the kind "${kind.name}" can be made up from its schema.`, {
      hint: 'Give its keys .example(…) or .default(…), or write a test with kindSuite beside the plugin.',
    });
  const options = {
    plugin: file,
    kind: kind.name,
    ...samples,
    ...(settings === undefined ? {} : { settings: { [plugin]: settings } }),
    secrets: { sample: 'sample', 'sample-2': 'sample-2' },
  };
  return `kindSuite(${JSON.stringify(options, null, 2)});`;
}

function vitestProgram(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
  } catch (error) {
    if (errnoOf(error) !== 'MODULE_NOT_FOUND') throw error;
    throw new RealmError('PLUGIN_TEST_UNAVAILABLE', 'vitest is not installed beside Realm.', {
      hint: 'npm install vitest',
      cause: error,
    });
  }
}
