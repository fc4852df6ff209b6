// A kind that holds a token, and minds another text behind it when its spec says so.
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, s } from 'realm-runner/plugin';

export default definePlugin({
  name: 'vows',
  summary: 'Keeps tokens.',
  setup(realm) {
    realm.kind({
      name: 'vow',
      section: 'vows',
      spec: s.object({ env: s.map(s.textOrSecret()), how: s.oneOf('minds', 'does not', 'throws', 'fails') }),
      state: s.object({ there: s.boolean() }),
      mindsSecrets({ how }) {
        if (how === 'throws') throw new Error('no mind');
        return how !== 'does not';
      },
      observe: async (_, ctx) => ((ctx.rows.get('made') ?? false) ? { there: true } : null),
      diff: (_, state) => (state === null ? [{ action: 'create', path: '' }] : []),
      async apply({ spec, name }, changes, ctx) {
        const told = changes.map(({ path, reason, because, from, to }) => ({ path, reason, because, from, to }));
        appendFileSync(join(ctx.paths.root, `${name}.log`), `${JSON.stringify(told)}\n`);
        for (const value of Object.values(spec.env))
          ctx.emit('vow.made' as never, { with: ctx.reveal(value) } as never);
        if (spec.how === 'fails' && changes[0]!.path !== '') throw new Error('cannot');
        ctx.rows.set('made', true);
      },
    });
  },
});
