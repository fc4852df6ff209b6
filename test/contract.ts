// Compile-time expectations: what must compile, and what must not. The compiler is the runner; an unused expectation is an error.
import { definePlugin, s } from 'realm-runner/plugin';
import type { Context, Infer, Secret, Setup } from 'realm-runner/plugin';

declare module 'realm-runner/plugin' {
  interface RealmEvents {
    'disk.low': { readonly path: string; readonly freeBytes: number };
  }
  interface RealmApis {
    almanac: { sunrise(day: string): number };
  }
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- T is what makes the two sides comparable
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

const shape = s.object({
  a: s.string(),
  b: s.integer().optional(),
  c: s.duration().default('1s'),
  d: s.oneOf('x', 'y'),
  e: s.list(s.object({ f: s.secret() })),
  g: s.map(s.textOrSecret()),
  h: s.union(s.string(), s.integer()),
  i: s.durations(),
  j: s.timeOfDay(),
  k: s.map(s.boolean(), s.ref()),
});
export const inferred: Equal<
  Infer<typeof shape>,
  {
    readonly a: string;
    readonly c: number;
    readonly d: 'x' | 'y';
    readonly e: readonly { readonly f: Secret }[];
    readonly g: Readonly<Record<string, string | Secret>>;
    readonly h: string | number;
    readonly i: { readonly fromMs: number; readonly toMs: number };
    readonly j: { readonly fromMinute: number; readonly toMinute: number };
    readonly k: Readonly<Record<string, boolean>>;
    readonly b?: number;
  }
> = true;

const counted = { spec: s.object({ n: s.integer(), path: s.path() }), state: s.object({ n: s.integer() }) };

export const settings = definePlugin({
  name: 'settings',
  summary: '',
  settings: { section: 'numbers', schema: s.object({ port: s.integer() }) },
  setup(_realm, given) {
    const port: number = given.port;
    void port;
    // @ts-expect-error the settings have no such key
    void given.prot;
    // @ts-expect-error settings are read-only
    given.port = 1;
  },
});

export const declaring = definePlugin({
  name: 'declaring',
  summary: '',
  setup(realm) {
    // @ts-expect-error setup only declares: it cannot state facts
    realm.emit('realm.stopped', { reason: '' });
    // @ts-expect-error nor wake
    realm.wake('file/a');
    // @ts-expect-error nor start runs
    void realm.start({ action: 'a.b', key: 'k', input: {} });
    // @ts-expect-error no such event
    realm.on('resource.aplied', () => {});
    // @ts-expect-error no such hook
    realm.tap('reviw', async () => undefined);
    // @ts-expect-error a wait needs a reason
    realm.tap('review', async () => ({ retryMs: 5 }));
    // @ts-expect-error how it stops is no step
    realm.tap('stopping', async (step: { ref: string }) => void step);
    // @ts-expect-error no such API
    realm.provide('almanack', {});
    // @ts-expect-error an API has the shape it was declared with
    realm.provide('almanac', { sunrise: 6 });
    realm.provide('almanac', { sunrise: (day) => day.length });
    realm.tap('review', async (step) => (step.action === 'remove' ? { why: 'not on Fridays' } : undefined));
    // @ts-expect-error an action's effect is one of three words
    realm.action({ name: 'a.b', summary: '', input: s.object({}), effect: 'harm', run: async () => 1 });
    realm.action({
      name: 'a.c',
      summary: '',
      input: s.object({ who: s.string() }),
      // @ts-expect-error what it returns must match its output
      output: s.object({ n: s.integer() }),
      effect: 'read',
      run: async ({ who }) => ({ n: who }),
    });
  },
});

export const acting = (realm: Setup): void => {
  realm.on('resource.applied', (data, ctx, event) => {
    const ref: `${string}/${string}` = data.ref;
    const seq: number = event.seq;
    void [ref, seq];
    // @ts-expect-error a fact has the shape it was declared with
    ctx.emit('resource.failed', { ref: data.ref });
    // @ts-expect-error a running handler cannot declare
    ctx.kind({});
    // @ts-expect-error nor tap
    ctx.tap('review', async () => undefined);
    // a fact and an API of another plugin, by declaration merging, without importing that plugin
    ctx.emit('disk.low', { path: '/', freeBytes: 1 });
    const time: number | undefined = ctx.find('almanac')?.sunrise('2026-01-01');
    void time;
    // @ts-expect-error it may be absent
    ctx.find('almanac').sunrise('');
  });
  // @ts-expect-error a listener can never veto: it has nothing to answer
  realm.on('resource.applied', () => ({ why: 'no' }));
  realm.follow('mine', ['run.ended', 'disk.low'], async (event) => {
    if (event.type === 'run.ended') void event.seq;
  });
};

export const kinds = (realm: Setup): void => {
  realm.kind({ name: 'data', section: 'data', spec: s.object({}) });
  // @ts-expect-error what is observed must match its schema
  realm.kind({
    ...counted,
    name: 'x',
    section: 'xs',
    observe: async () => ({ n: 'one' }),
  });
  realm.kind({
    ...counted,
    name: 'y',
    section: 'ys',
    observe: async () => null,
    apply: async (want) => {
      const n: number = want.spec.n;
      void n;
      // @ts-expect-error the spec is read-only
      want.spec.n = 2;
      // @ts-expect-error and so is what surrounds it
      want.name = 'z';
    },
  });
  realm.kind({
    ...counted,
    name: 'z',
    section: 'zs',
    // @ts-expect-error identity names a key of the spec
    identity: ['pth'],
    observe: async () => null,
  });
  realm.kind({
    ...counted,
    name: 'v',
    section: 'vs',
    observe: async () => null,
    // @ts-expect-error an outcome is done, again or blocked
    apply: async () => ({ type: 'maybe' }),
  });
  realm.kind({
    ...counted,
    name: 'w',
    section: 'ws',
    observe: async () => null,
    // @ts-expect-error comparing is pure: it answers now, not later
    diff: async () => [],
  });
  // @ts-expect-error a kind needs a spec
  realm.kind({ name: 'u', section: 'us' });
};

export const context = (ctx: Context): void => {
  // @ts-expect-error an override, a condition or a spec cannot be written from inside
  ctx.resources('file')[0]!.spec = {};
  // @ts-expect-error a ref has two halves
  ctx.wake('file');
  // @ts-expect-error how another resource stands is the kernel's to say
  ctx.conditions('file/a')[0]!.since = 0;
  void ctx.start({ action: 'a.b', key: 'k', input: {}, trigger: 'schedule' });
};
