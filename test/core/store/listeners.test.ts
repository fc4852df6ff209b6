// Live listeners: order kept, slow and throwing ones contained, drops counted and told.
import { expect, test } from 'vitest';
import type { RealmEvent } from '../../../core/contract/events.ts';
import { Listeners } from '../../../core/store/listeners.ts';

const event = (seq: number, type: string = 'plugin.recovered'): RealmEvent =>
  ({
    seq,
    at: seq,
    type,
    ref: undefined,
    actor: 'kernel',
    status: undefined,
    durationMs: undefined,
    data: {},
  }) as unknown as RealmEvent;
const events = (from: number, to: number): RealmEvent[] =>
  Array.from({ length: to - from + 1 }, (_, index) => event(from + index));

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  return Promise.withResolvers<void>();
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('each hears its types, in order, after the emitter went on', async () => {
  const listeners = new Listeners(() => {});
  const heard: number[] = [];
  listeners.add('one', ['run.ended'], (one) => void heard.push(one.seq));
  listeners.deliver([event(1, 'run.ended'), event(2), event(3, 'run.ended')]);
  expect(heard).toEqual([]);
  await turn();
  expect(heard).toEqual([1, 3]);
});

test('a throwing, a rejecting and a hanging listener do not keep another from hearing', async () => {
  const troubles: string[] = [];
  const listeners = new Listeners((where, error) => troubles.push(`${where}: ${String(error)}`));
  const heard: number[] = [];
  listeners.add('throws', undefined, () => {
    throw new Error('a');
  });
  listeners.add('rejects', undefined, () => Promise.reject(new Error('b')));
  listeners.add('hangs', undefined, () => new Promise(() => {}));
  listeners.add('hears', undefined, (one) => void heard.push(one.seq));
  listeners.deliver(events(1, 3));
  await turn();
  expect(heard).toEqual([1, 2, 3]);
  expect(troubles.filter((line) => line === 'throws: Error: a')).toHaveLength(3);
  expect(troubles.filter((line) => line === 'rejects: Error: b')).toHaveLength(3);
});

test('a slow listener loses the oldest, counts them, and is told the gap before the rest', async () => {
  const troubles: string[] = [];
  const listeners = new Listeners((where, error) => troubles.push(`${where}: ${String(error)}`), 10);
  const gate = deferred();
  const heard: (number | string)[] = [];
  const slow = listeners.add('slow', undefined, async (one) => {
    heard.push(
      one.type === 'journal.gap'
        ? `${(one.data as { from: number }).from}-${(one.data as { to: number }).to}`
        : one.seq,
    );
    await gate.promise;
  });
  listeners.deliver(events(1, 1));
  await turn();
  listeners.deliver(events(2, 30));
  listeners.deliver(events(31, 40));
  expect(slow).toMatchObject({ dropped: 29, waiting: 10 });
  expect(troubles).toHaveLength(1);
  gate.resolve();
  await turn();
  expect(heard).toEqual([1, '2-30', 31, 32, 33, 34, 35, 36, 37, 38, 39, 40]);
});

test('one that stopped hears nothing more', async () => {
  const listeners = new Listeners(() => {});
  const heard: number[] = [];
  const subscription = listeners.add('one', undefined, (one) => {
    heard.push(one.seq);
    subscription.stop();
  });
  listeners.deliver(events(1, 3));
  await turn();
  listeners.deliver(events(4, 4));
  await turn();
  expect(heard).toEqual([1]);
});

test('one that rests hears no more; the next of its name takes over all that waits, its gap too', async () => {
  const listeners = new Listeners(() => {}, 10);
  const heard: string[] = [];
  const by = (who: string) => (one: RealmEvent) =>
    void heard.push(`${who}:${one.type === 'journal.gap' ? 'gap' : one.seq}`);
  const stuck = listeners.add('ear', undefined, (one) => {
    by('old')(one);
    return new Promise(() => {});
  });
  const other = listeners.add('other', undefined, () => {});
  listeners.deliver(events(1, 3));
  await turn();
  stuck.rest();
  other.rest();
  listeners.deliver(events(4, 15));
  await turn();
  expect(heard).toEqual(['old:1']);
  const young = listeners.add('ear', undefined, by('new'));
  listeners.forgetRested();
  await turn();
  listeners.deliver(events(16, 16));
  await turn();
  expect(heard).toEqual(['old:1', 'new:gap', ...events(6, 16).map(({ seq }) => `new:${seq}`)]);
  expect(young.dropped).toBe(4);
  listeners.add('other', undefined, by('too late'));
  await turn();
  expect(heard.filter((line) => line.startsWith('too late'))).toEqual([]);
});
