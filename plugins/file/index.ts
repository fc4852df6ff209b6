// Keeps text files equal to their declaration: the model plugin.
import { rm } from 'node:fs/promises';
import { absent, definePlugin, readRegular, s, writeAtomic } from 'realm-runner/plugin';

export default definePlugin({
  name: 'file',
  summary: 'Keeps text files equal to their declaration.',
  setup(realm) {
    realm.kind({
      name: 'file',
      section: 'files',
      spec: s.object({ path: s.path(), text: s.string(), mode: s.mode().default('0644') }),
      state: s.object({ text: s.string(), mode: s.mode() }),
      identity: ['path'],
      watch: ({ path }) => [path],
      observe: ({ spec }) => readRegular(spec.path).catch(absent('ENOENT')),
      apply: async ({ spec: { path, text, mode } }) => writeAtomic(path, text, { mode }),
      remove: ({ spec }) => rm(spec.path, { force: true }),
    });
  },
});
