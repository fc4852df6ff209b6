// A freshness promise in one small plugin: a file that is never older than its policy says.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { absent, definePlugin, s } from 'realm-runner/plugin';

export default definePlugin({
  name: 'stamp',
  summary: 'Keeps a file with the time in it fresh: the smallest freshness promise.',
  setup(realm) {
    realm.kind({
      name: 'stamp',
      section: 'stamps',
      summary: 'A file whose newest writing must not be older than `every`.',
      spec: s.object({
        path: s.path().about('The file.'),
        every: s.duration().default('1m').about('How old it may get.'),
      }),
      state: s.object({ writtenAt: s.integer() }),
      resyncMs: 0, // nothing to poll: `next` says when the evidence goes stale
      watch: ({ path }) => [path],
      observe: ({ spec: { path } }) =>
        stat(path).then(({ mtimeMs }) => ({ writtenAt: Math.floor(mtimeMs) }), absent('ENOENT')),
      diff: ({ every }, state, _last, now) => {
        if (state === null) return [{ action: 'create', path: '', because: 'NeverWritten' }];
        if (now - state.writtenAt < every) return [];
        const slot = new Date(state.writtenAt + every).toISOString();
        const values = { path: 'writtenAt', from: state.writtenAt, to: now, slot };
        return [{ action: 'update', ...values, because: 'Stale', reason: 'drift' }];
      },
      conditions: ({ every }, state, now) => {
        const isFresh = state !== null && now - state.writtenAt < every;
        const age = state === null ? 'never written' : `${Math.round((now - state.writtenAt) / 1000)} s old`;
        return [
          {
            type: 'Fresh',
            status: isFresh ? 'True' : 'False',
            reason: isFresh ? 'Recent' : 'Stale',
            message: `${age}, may be ${every / 1000} s`,
          },
        ];
      },
      next: ({ every }, state) => (state === null ? undefined : state.writtenAt + every),
      apply: async ({ spec: { path } }, _changes, ctx) => {
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, `${new Date(ctx.now()).toISOString()}\n`);
      },
    });
  },
});
