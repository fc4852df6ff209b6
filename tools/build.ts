// Writes dist/: the package as it is published, in plain JavaScript, with a manifest of its own.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly [key: string]: unknown;
}

const OLDEST_NODE = '>=24.15'; // the first release line in which node:sqlite is no experiment
const dist = 'dist';

function compile(): void {
  rmSync(dist, { recursive: true, force: true });
  const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('tsc found errors; nothing was built');
}

/** Everything that is not compiled goes along as it is: scripts, generated JavaScript, pages. */
function copyAssets(): void {
  const compiled = (path: string): boolean => path.endsWith('.ts') && !path.endsWith('.d.ts');
  const assets = globSync(['{core,plugins,schemas}/**/*', 'bin/*', 'README.md', 'LICENSE'], { withFileTypes: true });
  for (const entry of assets) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || compiled(path)) continue;
    mkdirSync(dirname(join(dist, path)), { recursive: true });
    cpSync(path, join(dist, path));
  }
}

/** The repository's manifest without what only the repository needs; its own Node among that. */
function manifest(): object {
  const { name, version, description, license, bin, type, exports, dependencies, devDependencies } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  ) as Manifest;
  const built = Object.entries(exports).map(([door, file]) => {
    const path = file.replace(/\.ts$/, '');
    return [door, { types: `${path}.d.ts`, default: `${path}.js` }];
  });
  return {
    name,
    version,
    description,
    license,
    bin,
    type,
    dependencies,
    engines: { node: OLDEST_NODE },
    exports: Object.fromEntries(built) as object,
    peerDependencies: { vitest: `^${devDependencies['vitest']}` }, // only for realm-runner/testing
    peerDependenciesMeta: { vitest: { optional: true } },
  };
}

compile();
copyAssets();
writeFileSync(join(dist, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
const missing = ['bin/realm', 'core/cli/main.js', 'core/plugin.js', 'core/plugin.d.ts'].filter(
  (file) => !existsSync(join(dist, file)),
);
if (missing.length > 0) throw new Error(`dist/ lacks ${missing.join(', ')}`);
console.log(`${globSync(`${dist}/**/*.*`).length} files in ${dist}/`);
