// A kind that asks people a question about each of its resources, and shows what they said.
import { definePlugin, s } from 'realm-runner/plugin';

export default definePlugin({
  name: 'curious',
  summary: 'Asks people.',
  setup(realm) {
    realm.kind({
      name: 'wonder',
      section: 'wonders',
      spec: s.object({ about: s.list(s.string()) }),
      state: s.object({ told: s.list(s.string()), open: s.integer() }),
      observe: async ({ name }, ctx) => {
        const all = ctx.questions.list(`${name} `);
        const told = all.filter(({ state }) => state !== 'waiting');
        return { told: told.map(({ state, by, why }) => `${state} by ${by}: ${why}`), open: all.length - told.length };
      },
      diff: (spec, state) =>
        (state?.open ?? 0) + (state?.told.length ?? 0) < spec.about.length
          ? [{ action: 'update', path: 'about', to: spec.about }]
          : [],
      conditions: (_spec, state) => [
        {
          type: 'Told',
          status: state!.told.length > 0 ? 'True' : 'False',
          reason: 'Told',
          message: state!.told.join('; '),
        },
      ],
      apply: async ({ ref, name, spec }, _changes, ctx) => {
        for (const about of spec.about) ctx.questions.ask({ key: `${name} ${about}`, ref, what: `is ${about} right?` });
      },
    });
    realm.action({
      name: 'curious.who',
      summary: 'Says who asks.',
      input: s.object({ close: s.string().optional() }),
      effect: 'write',
      run: async ({ close }, ctx) => {
        if (close !== undefined) ctx.questions.close(close, 'of no interest');
        return { version: 1, actor: ctx.actor };
      },
    });
    realm.action({
      name: 'curious.long',
      summary: 'Says who asks, after a while.',
      input: s.object({}),
      effect: 'write',
      long: true,
      run: async (_input, ctx) => ({ version: 1, actor: ctx.actor }),
    });
    realm.action({
      name: 'curious.look',
      summary: 'Lists its questions, and tries to ask another.',
      input: s.object({ ask: s.boolean().default(false) }),
      effect: 'read',
      run: async ({ ask }, ctx) => {
        if (ask) ctx.questions.ask({ key: 'k', ref: 'wonder/a', what: 'why?' });
        return { version: 1, all: ctx.questions.list().map(({ key, state }) => `${key} ${state}`) };
      },
    });
  },
});
