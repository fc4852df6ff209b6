// greeting.ts: keeps a greeting for everyone who is named.
import { readFile, rm } from 'node:fs/promises';
import { absent, definePlugin, s, writeAtomic } from 'realm-runner/plugin';

export default definePlugin({
  name: 'greeting',
  summary: 'Keeps a greeting for everyone who is named.',
  setup(realm) {
    realm.kind({
      name: 'greeting',
      section: 'greetings',
      spec: s.object({ path: s.path(), to: s.string({ minLength: 1 }).about('Who is greeted.') }),
      state: s.object({ to: s.string() }),
      identity: ['path'],
      watch: ({ path }) => [path],
      observe: async ({ spec: { path } }) =>
        readFile(path, 'utf8').then((text) => ({ to: /^Hello, (.+)!\n$/.exec(text)?.[1] ?? '' }), absent('ENOENT')),
      apply: async ({ spec: { path, to } }) => writeAtomic(path, `Hello, ${to}!\n`),
      remove: ({ spec }) => rm(spec.path, { force: true }),
    });
  },
});
