// Keeps text files equal to their declaration: the model plugin.
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { absent, definePlugin, s } from 'realm-runner/plugin';

const read = async (path: string) => ({ text: await readFile(path, 'utf8'), mode: (await stat(path)).mode & 0o7777 });
const write = async (path: string, text: string, mode?: number) => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  if (mode !== undefined) await chmod(path, mode);
};

export default definePlugin({
  name: 'file',
  summary: 'Keeps text files equal to their declaration.',
  setup(realm) {
    realm.kind({
      name: 'file',
      section: 'files',
      spec: s.object({ path: s.path(), text: s.string(), mode: s.mode().optional() }),
      state: s.object({ text: s.string(), mode: s.mode() }),
      identity: ['path'],
      watch: ({ path }) => [path],
      observe: ({ spec }) => read(spec.path).catch(absent('ENOENT')),
      apply: ({ spec }) => write(spec.path, spec.text, spec.mode),
      remove: ({ spec }) => rm(spec.path, { force: true }),
    });
  },
});
