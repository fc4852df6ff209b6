// A freshness kind whose change carries the time, and a guard that wants a person's yes for it.
import { readFile } from 'node:fs/promises';
import { absent, definePlugin, s, writeAtomic } from 'realm-runner/plugin';

export default definePlugin({
  name: 'fresh',
  summary: 'Evidence that must not get old.',
  setup(realm) {
    realm.kind({
      name: 'evidence',
      section: 'evidence',
      spec: s.object({
        path: s.path(),
        maxAge: s.duration(),
        how: s.oneOf('update', 'replace'),
        nameless: s.boolean().default(false),
      }),
      state: s.object({ at: s.integer() }),
      resyncMs: 30_000,
      observe: async ({ spec: { path } }) =>
        readFile(path, 'utf8')
          .then((text) => ({ at: Number(text) }))
          .catch(absent('ENOENT')),
      diff: ({ maxAge, how, nameless }, state, _last, now) => {
        const at = state?.at ?? 0;
        if (now - at < maxAge) return [];
        const change = { action: how, path: 'at', from: now - at, to: now, reason: 'drift' } as const;
        return [nameless ? change : { ...change, slot: `after ${new Date(at).toISOString()}` }];
      },
      apply: async ({ spec: { path } }, _changes, ctx) => writeAtomic(path, String(ctx.now())),
    });
    realm.tap('review', async ({ changes }) =>
      changes.some(({ action }) => action === 'update') ? { why: 'somebody must watch', approval: true } : undefined,
    );
  },
});
