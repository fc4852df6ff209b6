// Keeps text files equal to their declaration: the model plugin.
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { absent, definePlugin, s } from 'realm-runner/plugin';

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
      observe: ({ spec: { path } }) =>
        Promise.all([readFile(path, 'utf8'), stat(path)])
          .then(([text, { mode }]) => ({ text, mode: mode & 0o7777 }))
          .catch(absent('ENOENT')),
      apply: async ({ spec }) => {
        await writeFile(spec.path, spec.text);
      },
      remove: ({ spec }) => rm(spec.path, { force: true }),
    });
  },
});
(void chmod, mkdir, dirname);
