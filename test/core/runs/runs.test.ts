// The runs over a real store: one run for each key, events with their rows, cancel, deadline, lease, and many lives.
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { RealmError } from '../../../core/errors.ts';
import { chooseExecutor } from '../../../core/runs/executor.ts';
import { systemClock } from '../../../core/clock.ts';
import { systemRandom } from '../../../core/random.ts';
import { Ledger } from '../../../core/runs/ledger.ts';
import { isEnded, RUN_STATES } from '../../../core/runs/life-cycle.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { live, newFolder, Puppet, request } from './scene.ts';

const SEED = Number(process.env['REALM_SEED'] ?? 1);
const START = '2026-05-01T00:00:00Z';
const types = (life: ReturnType<typeof live>): string[] =>
  life.store.journal.read().map(({ type, data }) => `${type} ${'state' in data ? data.state : ''}`.trim());

async function refusal(work: Promise<unknown>): Promise<RealmError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RealmError);
  return error as RealmError;
}

test('a run is stored with its events before it begins, and ends with its output', async () => {
  const puppet = new Puppet();
  const clock = virtualClock(START);
  const life = live(newFolder(), puppet, { clock });
  const begin = puppet.begin.bind(puppet);
  puppet.begin = (run, hooks) => {
    expect(life.runs.get(run.id)).toMatchObject({ state: 'running', attempt: 1, process: { mark: `${run.id}/1` } });
    begin(run, hooks);
  };
  const { id, isNew } = await life.runs.start(request('k', { forRef: 'backup/daily', trigger: 'schedule' }));
  expect(isNew).toBe(true);
  puppet.hooks.get(id)!.progress({ phase: 'copy', done: 1, total: 2 });
  expect(life.runs.get(id)?.progress).toEqual({ phase: 'copy', done: 1, total: 2 });
  await clock.advance(5_000);
  puppet.end(id, { state: 'succeeded', output: { files: 3 }, exitCode: 0 });
  const run = life.runs.get(id)!;
  expect(run).toMatchObject({
    state: 'succeeded',
    output: { files: 3 },
    exitCode: 0,
    reason: null,
    forRef: 'backup/daily',
    leaseUntil: null,
  });
  expect(run.endedAt! - run.startedAt!).toBe(5_000);
  expect(life.woken).toEqual([id]);
  const events = life.store.journal.read();
  expect(events.map(({ type, actor, ref }) => [type, actor, ref])).toEqual([
    ['run.queued', 'user:test', 'backup/daily'],
    ['run.started', 'kernel', 'backup/daily'],
    ['run.ended', 'kernel', 'backup/daily'],
  ]);
  expect(events[2]).toMatchObject({ durationMs: 5_000, status: 'succeeded' });
  puppet.end(id, { state: 'failed', reason: 'told twice' });
  expect(life.runs.get(id)?.state).toBe('succeeded');
  expect(await life.runs.whenEnded(id)).toEqual(run);
});

test('the same key is the same run, at once, later, ended, skipped, and in another life', async () => {
  const folder = newFolder();
  const puppet = new Puppet();
  const first = live(folder, puppet);
  const both = await Promise.all([first.runs.start(request('k')), first.runs.start(request('k'))]);
  expect(both.map((one) => one.isNew)).toEqual([true, false]);
  expect(both[0].id).toBe(both[1].id);
  puppet.end(both[0].id);
  expect(await first.runs.start(request('k'))).toEqual({ id: both[0].id, isNew: false });
  const skipped = await first.runs.skip(request('s'), 'a newer slot is due');
  expect(first.runs.get(skipped.id)).toMatchObject({
    state: 'skipped',
    reason: 'a newer slot is due',
    startedAt: null,
  });
  expect(first.woken).toEqual([both[0].id, skipped.id]);
  first.die();
  const second = live(folder, puppet);
  await second.runs.recover();
  expect((await second.runs.start(request('k'))).isNew).toBe(false);
  expect((await second.runs.start(request('s'))).isNew).toBe(false);
  expect(puppet.begun).toEqual(['k']);
});

test('at most so many at once, the oldest first, and the room of one that ended is used', async () => {
  const puppet = new Puppet();
  const { runs } = live(newFolder(), puppet, { most: 2 });
  const ids = await Promise.all(['a', 'b', 'c', 'd'].map(async (key) => (await runs.start(request(key))).id));
  expect(puppet.begun).toEqual(['a', 'b']);
  const cancelled = runs.cancel(ids[2]!, 'not needed', 'user:me');
  expect(await cancelled).toMatchObject({ state: 'cancelled', reason: 'not needed', startedAt: null });
  puppet.end(ids[0]!);
  expect(puppet.begun).toEqual(['a', 'b', 'd']);
  expect(runs.list({ state: 'running' }).map((run) => run.key)).toEqual(['d', 'b']);
});

test('cancel: stored first, then asked; a run that still succeeds has succeeded', async () => {
  const puppet = new Puppet();
  const life = live(newFolder(), puppet);
  const [one, two] = await Promise.all([life.runs.start(request('one')), life.runs.start(request('two'))]);
  const ask = puppet.cancel.bind(puppet);
  puppet.cancel = (run, why) => {
    expect(life.runs.get(run.id)?.process).toMatchObject({ cancel: { why, actor: 'user:me' } });
    ask(run, why);
  };
  const first = life.runs.cancel(one.id, 'too slow', 'user:me');
  const second = life.runs.cancel(two.id, 'too slow', 'user:me');
  expect(puppet.cancelled).toEqual(['one: too slow', 'two: too slow']);
  puppet.end(one.id, { state: 'failed', reason: 'exit 143', exitCode: 143 });
  puppet.end(two.id, { state: 'succeeded', output: 1 });
  expect(await first).toMatchObject({ state: 'cancelled', reason: 'too slow', exitCode: 143 });
  expect(await second).toMatchObject({ state: 'succeeded', reason: null, output: 1 });
  expect((await refusal(life.runs.cancel(one.id, 'again', 'user:me'))).code).toBe('RUN_ENDED');
  expect((await refusal(life.runs.cancel('nope', 'again', 'user:me'))).code).toBe('RUN_UNKNOWN');
  expect((await refusal(life.runs.whenEnded('nope'))).code).toBe('RUN_UNKNOWN');
  expect(life.store.journal.read({ type: 'run.ended' })[0]).toMatchObject({
    actor: 'user:me',
    data: { reason: 'too slow' },
  });
});

test('a deadline counts from the start of the run, not from the queue, and says its value', async () => {
  const puppet = new Puppet();
  const clock = virtualClock(START);
  const { runs } = live(newFolder(), puppet, { clock, most: 1 });
  const blocker = await runs.start(request('blocker'));
  const { id } = await runs.start(request('late', { deadlineMs: 60_000 }));
  await clock.advance(300_000);
  puppet.end(blocker.id);
  await clock.advance(59_999);
  expect(puppet.cancelled).toEqual([]);
  await clock.advance(1);
  expect(puppet.cancelled).toEqual(['late: it took longer than its deadline of 60 s']);
  puppet.end(id, { state: 'failed', reason: 'exit 143' });
  expect(runs.get(id)).toMatchObject({ state: 'cancelled', reason: 'it took longer than its deadline of 60 s' });
});

test('the lease is renewed while the run is alive, and a deadline holds over lives', async () => {
  const folder = newFolder();
  const puppet = new Puppet();
  const clock = virtualClock(START);
  const first = live(folder, puppet, { clock });
  const { id } = await first.runs.start(request('k', { deadlineMs: 600_000 }));
  for (let minute = 0; minute < 5; minute++) {
    await clock.advance(60_000);
    expect(first.runs.get(id)!.leaseUntil).toBeGreaterThan(clock.now());
  }
  await first.runs.close();
  first.die();
  await clock.advance(200_000);
  puppet.found = () => 'going';
  const second = live(folder, puppet, { clock });
  await second.runs.recover();
  expect(puppet.cancelled).toEqual([]);
  await clock.advance(100_000);
  expect(puppet.cancelled).toEqual(['k: it took longer than its deadline of 600 s']);
});

test('recover: each run is what its executor finds; the queued begin; nothing stays running unwatched', async () => {
  const folder = newFolder();
  const puppet = new Puppet();
  const first = live(folder, puppet, { most: 6 });
  const ids = new Map<string, string>();
  for (const key of ['done', 'lost', 'going', 'never', 'nevercancelled', 'goingcancelled', 'queued'])
    ids.set(key, (await first.runs.start(request(key))).id);
  for (const key of ['nevercancelled', 'goingcancelled']) void first.runs.cancel(ids.get(key)!, 'enough', 'user:me');
  first.die();
  const later = new Puppet();
  later.found = ({ key }) => {
    if (key.startsWith('never')) return 'never started';
    if (key.startsWith('going')) return 'going';
    return key === 'done' ? { state: 'succeeded', output: 7 } : { state: 'lost', reason: 'nobody knows' };
  };
  const second = live(folder, later);
  await second.runs.recover();
  const states = Object.fromEntries([...ids].map(([key, id]) => [key, second.runs.get(id)!.state]));
  expect(states).toEqual({
    done: 'succeeded',
    lost: 'lost',
    going: 'running',
    never: 'running',
    nevercancelled: 'cancelled',
    goingcancelled: 'running',
    queued: 'running',
  });
  expect(second.runs.get(ids.get('lost')!)?.reason).toBe('nobody knows');
  expect(second.runs.get(ids.get('never')!)).toMatchObject({ attempt: 2, process: { mark: `${ids.get('never')}/2` } });
  expect(later.begun).toEqual(['never', 'queued']);
  expect(later.cancelled).toEqual(['goingcancelled: enough']);
  later.end(ids.get('goingcancelled')!, { state: 'lost', reason: 'gone' });
  expect(second.runs.get(ids.get('goingcancelled')!)).toMatchObject({ state: 'cancelled', reason: 'enough' });
  later.found = () => {
    throw new Error('no such folder');
  };
  second.die();
  const third = live(folder, later);
  await third.runs.recover();
  expect(third.runs.get(ids.get('going')!)).toMatchObject({
    state: 'lost',
    reason: 'looking for it failed: no such folder',
  });
});

test('a full disk: no new run, but the end of one is written as soon as there is room', async () => {
  const puppet = new Puppet();
  const clock = virtualClock(START);
  const life = live(newFolder(), puppet, { clock });
  const { id } = await life.runs.start(request('k'));
  const transaction = life.store.transaction.bind(life.store);
  life.store.transaction = () => {
    throw new RealmError('STORE_FULL', 'the disk is full');
  };
  expect((await refusal(life.runs.start(request('other')))).code).toBe('STORE_FULL');
  puppet.hooks.get(id)!.progress({ phase: 'lost, and that is right' });
  puppet.end(id, { state: 'succeeded', output: 5 });
  await clock.advance(30_000);
  expect(life.runs.get(id)?.state).toBe('running');
  life.store.transaction = transaction;
  await clock.advance(5_000);
  expect(life.runs.get(id)).toMatchObject({ state: 'succeeded', output: 5 });
  expect(life.woken).toEqual([id]);
});

test('a damaged store starts nothing', async () => {
  const puppet = new Puppet();
  const life = live(newFolder(), puppet);
  Object.defineProperty(life.store, 'damage', { value: new RealmError('STORE_CORRUPT', 'the database is damaged') });
  expect((await refusal(life.runs.start(request('k')))).code).toBe('STORE_CORRUPT');
  expect(puppet.begun).toEqual([]);
});

test('a run keeps to the executor it began with, and one that nobody knows is lost', async () => {
  const folder = newFolder();
  const [a, b] = [new Puppet(), new Puppet()];
  const both = chooseExecutor((run) => (run.key === 'x' ? 'absent' : run.key), { a, b });
  const first = live(folder, both);
  const ids = await Promise.all(['a', 'b', 'x'].map(async (key) => (await first.runs.start(request(key))).id));
  expect([a.begun, b.begun]).toEqual([['a'], ['b']]);
  expect(first.runs.get(ids[2]!)).toMatchObject({ state: 'failed', reason: 'nobody here can carry it out' });
  first.die();
  b.found = () => 'going';
  const second = live(
    folder,
    chooseExecutor(() => 'b', { b }),
  );
  await second.runs.recover();
  expect(second.runs.get(ids[0]!)).toMatchObject({ state: 'lost', reason: 'nobody here knows how to look for it' });
  expect(second.runs.get(ids[1]!)?.state).toBe('running');
});

class Died extends Error {}

test('death at any moment: every acknowledged key runs to an end, none twice', async () => {
  let explored = 0;
  const deaths = new Set<string>();
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('start' as const), n: fc.integer({ min: 0, max: 9 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('end' as const), n: fc.integer({ min: 0, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), n: fc.integer({ min: 0, max: 9 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('die' as const), n: fc.integer({ min: 0, max: 8 }) }) },
  );
  const walk = fc.array(step, { minLength: 25, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(walk, async (steps) => {
      const folder = newFolder();
      const clock = virtualClock(START);
      /** What really happened, kept outside: how often the work of a key was begun. */
      const world = new Map<string, { begun: number; ended: boolean }>();
      const acknowledged = new Set<string>();
      let countdown = -1;
      const crash = (name: string): void => {
        if (countdown < 0 || countdown-- > 0) return;
        deaths.add(name);
        throw new Died(name);
      };
      const open = (): { life: ReturnType<typeof live>; puppet: Puppet } => {
        const puppet = new Puppet();
        const begin = puppet.begin.bind(puppet);
        puppet.begin = (run, hooks) => {
          world.set(run.key, { begun: (world.get(run.key)?.begun ?? 0) + 1, ended: false });
          begin(run, hooks);
        };
        puppet.found = ({ key }) => {
          const real = world.get(key);
          if (real === undefined) return 'never started';
          return real.ended ? { state: 'succeeded', output: null } : 'going';
        };
        return { puppet, life: live(folder, puppet, { clock, crash, most: 3 }) };
      };
      let { life, puppet } = open();
      const act = async (one: (typeof steps)[number]): Promise<void> => {
        const key = `k${one.n}`;
        const run = life.store.runs.byKey(key);
        if (one.do === 'start') {
          await life.runs.start(request(key));
          acknowledged.add(key);
        } else if (one.do === 'end' && run?.state === 'running') {
          world.get(key)!.ended = true;
          puppet.end(run.id);
        } else if (one.do === 'cancel' && run !== undefined && !isEnded(run.state)) {
          await Promise.race([life.runs.cancel(run.id, 'enough', 'user:me'), Promise.resolve()]); // a death rejects at once
        }
      };
      const again = async (): Promise<void> => {
        life.die();
        countdown = -1;
        ({ life, puppet } = open());
        await life.runs.recover();
      };
      for (const one of steps) {
        explored += 1;
        try {
          if (one.do === 'die') countdown = one.n;
          else await act(one);
        } catch (error) {
          if (!(error instanceof Died)) throw error;
          await again();
        }
      }
      await again();
      for (let guard = 0; guard < 50; guard++) {
        for (const run of life.runs.list({ state: 'running' })) {
          world.get(run.key)!.ended = true;
          puppet.end(run.id);
        }
      }
      for (const key of acknowledged) expect(life.store.runs.byKey(key)?.state, key).toMatch(/succeeded|cancelled/);
      for (const run of life.runs.list()) expect(isEnded(run.state)).toBe(true);
      for (const [key, { begun }] of world) expect(begun, key).toBe(1);
      const ended = life.store.journal.read({ type: 'run.ended' }).map((event) => (event.data as { key: string }).key);
      expect(ended.toSorted()).toEqual(
        life.runs
          .list()
          .map((run) => run.key)
          .toSorted(),
      );
      life.die();
    }),
    { numRuns: 16, seed: SEED },
  );
  console.log(`runs: ${explored} steps, died at ${[...deaths].toSorted().join(' ')}`);
  expect(SEED === 1 ? deaths.size : 8).toBe(8); // with another seed some places may be missed
});

test('the events of a run stand in the journal in order', async () => {
  const puppet = new Puppet();
  const life = live(newFolder(), puppet);
  const { id } = await life.runs.start(request('k'));
  puppet.end(id, { state: 'failed', reason: 'exit 3', exitCode: 3 });
  expect(types(life)).toEqual(['run.queued', 'run.started', 'run.ended failed']);
  expect(life.runs.get(id)).toMatchObject({ reason: 'exit 3', exitCode: 3 });
});

test('an illegal move writes nothing and tells nothing', async () => {
  const puppet = new Puppet();
  const life = live(newFolder(), puppet);
  const ledger = new Ledger(life.store, systemClock, systemRandom);
  const { id } = await life.runs.start(request('k'));
  puppet.end(id);
  const before = [life.runs.get(id), life.store.journal.lastSeq];
  for (const state of RUN_STATES) expect(ledger.move(id, state, { reason: 'forged' }, 'kernel')).toBe(false);
  expect(ledger.move('nope', 'running', {}, 'kernel')).toBe(false);
  expect([life.runs.get(id), life.store.journal.lastSeq]).toEqual(before);
});
