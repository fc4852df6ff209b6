// The kernel's questions: order, time, failing and lying plugins.
import { expect, test } from 'vitest';
import type { Context } from '../../core/contract/context.ts';
import type { HookName, RealmHooks, Step, TapOptions } from '../../core/contract/hooks.ts';
import { HOOKS } from '../../core/contract/hooks.ts';
import { createHooks } from '../../core/hooks.ts';
import type { Tap } from '../../core/hooks.ts';
import { virtualClock } from '../../core/simulate/clock.ts';

const step: Step = { ref: 'file/a', action: 'apply', changes: [] };
const never = new Promise<never>(() => {});

function tap<K extends HookName>(plugin: string, hook: K, answer: RealmHooks[K], options: TapOptions = {}): Tap {
  return { plugin, hook, answer, options }; // a list of taps forgets which hook each one answers
}

function ask(...taps: readonly Tap[]) {
  const clock = virtualClock();
  const trouble: string[] = [];
  const hooks = createHooks(taps, {
    clock,
    contextFor: (plugin, signal) => ({ plugin, signal }) as unknown as Context,
    onTrouble: (plugin, hook, message) => trouble.push(`${plugin} ${hook}: ${message}`),
  });
  return { clock, hooks, trouble };
}

/** A review that notes who was asked and goes ahead. */
const noting = (log: string[], plugin: string, options: TapOptions = {}) =>
  tap(plugin, 'review', async () => void log.push(plugin), options);

test('nobody taps: go ahead', async () => {
  const { hooks } = ask();
  expect(await hooks.review(step)).toBeUndefined();
  await Promise.all([hooks.settled(step), hooks.starting(), hooks.stopping({ budgetMs: 10, everything: false })]);
});

test('order is before, then stage, then the order given', async () => {
  const log: string[] = [];
  const { hooks } = ask(
    noting(log, 'a', { before: 'd' }),
    noting(log, 'b', { stage: 5 }),
    noting(log, 'c'),
    noting(log, 'd'),
    noting(log, 'e', { stage: -1 }),
    noting(log, 'f', { before: 'absent' }),
  );
  await hooks.review(step);
  expect(log).toEqual(['e', 'c', 'a', 'd', 'f', 'b']);
});

test('the first wait wins, names its plugin, and nobody after it is asked', async () => {
  const log: string[] = [];
  const wait = { why: 'disk is full', retryMs: 30_000 };
  const { hooks } = ask(
    noting(log, 'a'),
    tap('guard', 'review', async () => wait),
    noting(log, 'z'),
  );
  expect(await hooks.review(step)).toEqual({ ...wait, plugin: 'guard' });
  expect(log).toEqual(['a']);
});

test('a throwing tap is no answer: its plugin is named and the next one is asked', async () => {
  const log: string[] = [];
  const broken = () => {
    throw new Error('oops');
  };
  const { hooks, trouble } = ask(tap('bad', 'review', broken), noting(log, 'z'));
  expect(await hooks.review(step)).toBeUndefined();
  expect(trouble).toEqual(['bad review: oops']);
  expect(log).toEqual(['z']);
});

test('a tap that hangs is given up after five seconds, its signal aborts, and the next one is asked', async () => {
  const log: string[] = [];
  let signal: AbortSignal | undefined;
  const hang = (_: Step, ctx: Context) => ((signal = ctx.signal), never);
  const { hooks, trouble, clock } = ask(tap('slow', 'review', hang), noting(log, 'z'));
  const answer = hooks.review(step);
  await clock.advance(4_999);
  expect([trouble, log]).toEqual([[], []]);
  await clock.advance(1);
  expect(await answer).toBeUndefined();
  expect(trouble).toEqual(['slow review: review of plugin slow did not answer within 5000 ms']);
  expect(signal?.aborted).toBe(true);
  expect(log).toEqual(['z']);
});

test('a guard that hangs or throws holds, and is named in the wait', async () => {
  const guard = { onFailure: 'hold', timeoutMs: 10 } as const;
  const { hooks, clock } = ask(tap('guard', 'review', () => never, guard));
  const answer = hooks.review(step);
  await clock.advance(10);
  expect(await answer).toEqual({ plugin: 'guard', why: 'the guard "guard" gave no answer', retryMs: 5_000 });

  const thrown = ask(tap('guard', 'review', () => Promise.reject(new Error('x')), guard));
  expect((await thrown.hooks.review(step))?.plugin).toBe('guard');
});

for (const nonsense of [true, 'later', {}, { why: '' }, { why: 7 }, { why: 'x', retryMs: Number.NaN }]) {
  test(`a review that answers ${JSON.stringify(nonsense)} is trouble, not a wait`, async () => {
    const { hooks, trouble } = ask(tap('liar', 'review', (async () => nonsense) as unknown as RealmHooks['review']));
    expect(await hooks.review(step)).toBeUndefined();
    expect(trouble).toHaveLength(1);
  });
}

test('a plain JavaScript tap may answer without a promise', async () => {
  const plain = (() => ({ why: 'not on Fridays' })) as unknown as RealmHooks['review'];
  expect(await ask(tap('js', 'review', plain)).hooks.review(step)).toEqual({ why: 'not on Fridays', plugin: 'js' });
});

test('settled and starting ask everybody, whatever one of them does', async () => {
  const log: string[] = [];
  const fail = () => Promise.reject(new Error('no'));
  const { hooks, trouble } = ask(
    tap('a', 'settled', fail),
    tap('b', 'settled', async (seen) => void log.push(`settled ${seen.ref}`)),
    tap('a', 'starting', fail),
    tap('b', 'starting', async (ctx) => void log.push(`starting ${(ctx as unknown as { plugin: string }).plugin}`)),
  );
  await hooks.settled(step);
  await hooks.starting();
  expect(log).toEqual(['settled file/a', 'starting b']);
  expect(trouble).toEqual(['a settled: no', 'a starting: no']);
});

test('stopping ends within its budget: each tap sees what is left, and who gets nothing is named', async () => {
  const left: number[] = [];
  const { hooks, trouble, clock } = ask(
    tap('c', 'stopping', async (how) => void left.push(how.budgetMs)),
    tap('b', 'stopping', (how) => (left.push(how.budgetMs), never)),
    tap('a', 'stopping', (how) => (left.push(how.budgetMs), never), { timeoutMs: 300 }),
  );
  let ended = false;
  void hooks.stopping({ budgetMs: 1_000, everything: false }).then(() => (ended = true));
  await clock.advance(999);
  expect(ended).toBe(false);
  await clock.advance(1);
  expect(ended).toBe(true);
  expect(left).toEqual([1_000, 700]);
  expect(trouble.at(-1)).toBe('c stopping: was not asked: no time was left to stop');
});

test('stopping asks in the reverse order, and says whether everything is to end', async () => {
  const asked: string[] = [];
  const note = (plugin: string, options = {}) =>
    tap(plugin, 'stopping', async (how) => void asked.push(`${plugin} ${how.everything}`), options);
  const { hooks } = ask(note('services'), note('agents'), note('last', { stage: 1 }));
  await hooks.stopping({ budgetMs: 100, everything: true });
  expect(asked).toEqual(['agents true', 'services true', 'last true']);
});

test('every hook has its one line', () => {
  expect(Object.values(HOOKS).every((line) => /^[A-Z].*[.?]$/.test(line))).toBe(true);
});
