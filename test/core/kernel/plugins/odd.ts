// A plugin with the kinds that files are not: one that only holds data, one that gives up, one that is never seen.
import { definePlugin, RealmError, s, unknown } from 'realm-runner/plugin';

export default definePlugin({
  name: 'odd',
  summary: 'Data, a failure that trying again does not help, a state that cannot be seen.',
  setup(realm) {
    realm.kind({ name: 'datum', section: 'data', spec: s.object({ value: s.string() }) });
    realm.kind({
      name: 'hopeless',
      section: 'hopeless',
      spec: s.object({ value: s.string() }),
      state: s.object({ value: s.string() }),
      observe: async () => null,
      apply: async () => {
        throw new RealmError('LOOK_ONLY', 'this never works');
      },
    });
    realm.kind({
      name: 'hidden',
      section: 'hidden',
      spec: s.object({ value: s.string() }),
      state: s.object({ value: s.string() }),
      observe: async () => unknown('behind a curtain'),
      apply: async () => {
        throw new Error('applied without being seen');
      },
    });
  },
});
