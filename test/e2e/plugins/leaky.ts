// A plugin that puts the text of its secrets everywhere a plugin can put text; the test that looks for it is beside it.
import { again, blocked, type Context, definePlugin, s, type Secret, type Setup, unknown } from 'realm-runner/plugin';

interface Spec {
  readonly token: Secret;
  readonly way: string;
}

/** Plain, and in every form in which tools pass it on. */
const forms = (text: string): string =>
  [
    text,
    JSON.stringify({ text }),
    encodeURIComponent(text),
    new URLSearchParams({ text }).toString(),
    ...['', 'u:', 'us:'].map((user) => Buffer.from(user + text).toString('base64url')),
    Buffer.from(`user:${text}`).toString('base64'),
  ].join(' | ');
const nested = (text: string): object => ({ text, in: { a: [{ list: [forms(text)] }] }, as: { toJSON: () => text } });

let known: string[] = [];
const told = ({ token }: Spec, ctx: Pick<Context, 'reveal'>): string => {
  const text = ctx.reveal(token);
  if (!known.includes(text)) known = [...known, text];
  return forms(text);
};
const all = (): string => known.map(forms).join(' & ');
const tell = (ctx: Context): string[] => ctx.resources<Spec>('leak').map(({ spec }) => told(spec, ctx));

function actions(realm: Setup): void {
  const input = s.object({ text: s.string().default('') });
  realm.action({
    name: 'leaky.short',
    summary: 'Answers.',
    input,
    effect: 'write',
    async run({ text }, ctx) {
      ctx.progress({ phase: `progress: ${all()}`, why: all() });
      return { said: text, all: known.map(nested), forms: tell(ctx) };
    },
  });
  realm.action({
    name: 'leaky.long',
    summary: 'Answers from a process of its own.',
    input,
    effect: 'write',
    long: true,
    async run({ text }, ctx) {
      const forms = tell(ctx);
      ctx.progress({ phase: `progress: ${all()}`, why: all() });
      ctx.log.info(`logged: ${all()}`, { known: known.map(nested) });
      console.error(`printed: ${all()}`);
      return { said: text, forms, nested: known.map(nested) };
    },
  });
  realm.action({
    name: 'leaky.broken',
    summary: 'Fails from a process of its own.',
    input,
    effect: 'write',
    long: true,
    async run(_, ctx) {
      throw new Error(`run: ${tell(ctx).join()}`);
    },
  });
  realm.action({
    name: 'leaky.read',
    summary: 'Answers whoever looks.',
    input,
    effect: 'read',
    run: async (_, ctx) => ({ forms: tell(ctx), nested: known.map(nested) }),
  });
  realm.action({
    name: 'leaky.throw',
    summary: 'Fails.',
    input,
    effect: 'read',
    async run(_, ctx) {
      throw new Error(`action: ${tell(ctx).join()}`, { cause: new Error(all()) });
    },
  });
  realm.stream({
    name: 'leaky.stream',
    summary: 'Goes on.',
    input,
    item: s.any(),
    async *open(_, ctx) {
      yield { forms: tell(ctx), nested: known.map(nested) };
      throw new Error(`stream: ${all()}`);
    },
  });
}

export default definePlugin({
  name: 'leaky',
  summary: 'Tells everything.',
  setup(realm) {
    realm.kind<Spec, { text: string; plain: string }>({
      name: 'leak',
      section: 'leaks',
      spec: s.object({ token: s.secret(), way: s.string() }),
      state: s.object({ text: s.string(), plain: s.string() }),
      resyncMs: 3_000,
      keeps: () => all(),
      async observe({ spec, ref }, ctx) {
        const text = told(spec, ctx);
        console.log(`printed: ${text}`);
        ctx.log.warn(`logged: ${text}`, nested(ctx.reveal(spec.token)));
        if (spec.way === 'unknown') return unknown(`unknown: ${text}`);
        if (spec.way === 'throws') throw new Error(`thrown: ${text}`, { cause: new Error(text) });
        return { text, plain: ctx.reveal(spec.token), ref };
      },
      diff({ way }, state) {
        if (way === 'fails') throw new TypeError(`compared: ${state?.text}`);
        if (way === 'drifts')
          return [{ action: 'update', path: `at.${state?.plain}`, from: 1, to: 2, reason: 'drift' }];
        return [{ action: 'update', path: 'text', from: { in: [state!.text] }, to: state!.text, because: state!.text }];
      },
      conditions: (_, state) => [
        { type: 'Told', status: 'True', reason: state?.text ?? '', message: `condition: ${state?.text}` },
      ],
      async apply({ spec, name }, _changes, ctx) {
        const text = told(spec, ctx);
        const plain = ctx.reveal(spec.token);
        ctx.emit('leaky.told' as never, nested(plain) as never, { status: plain });
        ctx.rows.set('told', nested(plain));
        for (const verb of ['short', 'long', 'broken'] as const)
          await ctx.start({ action: `leaky.${verb}`, key: `${name}:${verb}:${plain}`, input: { text } });
        if (spec.way === 'again') return again(60_000, `again: ${text}`);
        if (spec.way === 'blocked') return blocked(`blocked: ${text}`);
        throw new RangeError(`applied: ${text}`);
      },
      remove: async () => blocked(`removed: ${all()}`),
    });

    actions(realm);
    realm.tap('review', async ({ ref }) => {
      if (ref === 'leak/approval') return { why: `review: ${all()}`, approval: true };
      if (ref === 'leak/waits') return { why: `review: ${all()}`, retryMs: 60_000 };
      return undefined;
    });
    realm.on('resource.failed', async () => {
      throw new Error(`heard: ${all()}`);
    });
    realm.background('loop', async (ctx) => {
      throw new Error(`loop: ${tell(ctx).join()}`);
    });
  },
});
