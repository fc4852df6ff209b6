// A plugin that does everything wrong, each on request: its text says how.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { absent, definePlugin, s } from 'realm-runner/plugin';

const never = () => new Promise<never>(() => {});

export default definePlugin({
  name: 'bad',
  summary: 'Throws, hangs and lies on request.',
  setup(realm) {
    realm.kind({
      name: 'bad',
      section: 'bads',
      spec: s.object({ path: s.path(), how: s.string() }),
      state: s.object({ how: s.string() }),
      observe: async ({ spec: { path, how } }) => {
        if (how === 'observe-throws') throw new Error('eyes shut');
        if (how === 'observe-hangs') return never();
        return readFile(path, 'utf8')
          .then((text) => ({ how: text }))
          .catch(absent('ENOENT'));
      },
      conditions: ({ how }) => {
        if (how === 'conditions-throw') throw new Error('no opinion');
        return [];
      },
      apply: async ({ spec: { path, how } }) => {
        if (how === 'apply-throws') throw new Error('hands tied');
        if (how === 'apply-hangs') return never();
        if (how === 'lies') return;
        await writeFile(path, how);
      },
      remove: ({ spec: { path } }) => rm(path, { force: true }),
    });
    realm.tap('review', async ({ ref }) => {
      if (ref === 'file/reviewed') throw new Error('review broke');
    });
    realm.on('resource.applied', () => {
      throw new Error('ears broke');
    });
  },
});
