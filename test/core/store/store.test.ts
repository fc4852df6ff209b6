// Transactions: rows and events together or not at all, durable where asked, told only after the commit.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hasProgram } from '../../program.ts';
import type { RealmError } from '../../../core/errors.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { folder, place, said, say, START } from './places.ts';

const root = join(import.meta.dirname, '../../..');

test('rows and events of a transaction commit together and survive reopening', () => {
  const at = place();
  const store = at.open();
  store.transaction(() => {
    store.resources.put('file/a', { generation: 3, lastSpec: { text: 'x' } });
    say(store, 'one');
  });
  store.close();
  const again = at.open();
  expect(again.resources.get('file/a')).toMatchObject({
    ref: 'file/a',
    kind: 'file',
    generation: 3,
    lastSpec: { text: 'x' },
  });
  expect(said(again.journal.read())).toEqual(['one']);
});

test('a throw undoes rows, events and numbers; what was pending before stays', () => {
  const store = place().open();
  say(store, 'before');
  expect(() =>
    store.transaction(() => {
      store.resources.put('file/a', {});
      say(store, 'undone');
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(store.resources.all()).toEqual([]);
  expect(store.journal.lastSeq).toBe(1);
  expect(say(store, 'after')).toBe(2);
  store.journal.flush();
  expect(said(store.journal.read())).toEqual(['before', 'after']);
});

test('a nested transaction joins: its throw undoes its own part only, the outer throw undoes both', () => {
  const store = place().open();
  const heard: string[] = [];
  store.journal.listen((events) => heard.push(...said(events)));
  store.transaction(() => {
    store.resources.put('file/outer', {});
    say(store, 'outer');
    expect(() =>
      store.transaction(() => {
        store.resources.put('file/inner', {});
        say(store, 'inner');
        throw new Error('inner');
      }),
    ).toThrow('inner');
    store.transaction(() => say(store, 'second'));
    expect(heard).toEqual([]);
  });
  expect(heard).toEqual(['outer', 'second']);
  expect(store.resources.all().map((row) => row.ref)).toEqual(['file/outer']);
  expect(() =>
    store.transaction(() => {
      store.transaction(() => store.resources.put('file/inner', {}));
      throw new Error('outer');
    }),
  ).toThrow('outer');
  expect(store.resources.get('file/inner')).toBeUndefined();
});

test('listeners hear after the commit, in order, also what they append themselves', () => {
  const store = place().open();
  const heard: number[] = [];
  const seen: number[] = [];
  store.journal.listen((events) => {
    seen.push(store.journal.read().length);
    if (events[0]!.seq === 1) {
      say(store, 'reaction');
      store.journal.flush();
    }
  });
  store.journal.listen((events) => heard.push(...events.map((event) => event.seq)));
  store.transaction(() => say(store, 1));
  expect(heard).toEqual([1, 2]);
  expect(seen).toEqual([1, 2]); // already in the table when heard
});

test('a listener that throws hurts neither the emitter nor the next listener', () => {
  const at = place();
  const store = at.open();
  const heard: string[] = [];
  store.journal.listen(() => {
    throw new Error('listener');
  });
  store.journal.listen((events) => heard.push(...said(events)));
  store.transaction(() => say(store, 'fact'));
  expect(heard).toEqual(['fact']);
  expect(at.troubles).toEqual(['a listener of the journal: Error: listener']);
});

test('outside a transaction events commit after 10 ms, or at 512, whichever is first', async () => {
  const clock = virtualClock(START);
  const store = place(clock).open();
  say(store, 'lonely');
  await clock.advance(9);
  expect(store.journal.pending).toBe(1);
  await clock.advance(1);
  expect(store.journal.pending).toBe(0);
  for (let index = 0; index < 511; index += 1) say(store, index);
  expect(store.journal.pending).toBe(511);
  say(store, 'last');
  expect(store.journal.pending).toBe(0);
  expect(store.journal.read({ limit: 2000 })).toHaveLength(513);
});

test('an event is written as it was when stated, and one that JSON cannot hold is refused', () => {
  const store = place().open();
  const data = { plugin: 'then' };
  store.journal.append({ type: 'plugin.recovered', actor: 'kernel', data });
  data.plugin = 'now';
  store.journal.flush();
  expect(said(store.journal.read())).toEqual(['then']);
  const bad = { plugin: 1n } as unknown as { plugin: string };
  expect(() => store.journal.append({ type: 'plugin.recovered', actor: 'kernel', data: bad })).toThrow(
    expect.objectContaining({ code: 'EVENT_NOT_JSON' }) as RealmError,
  );
  expect(say(store, 'next')).toBe(2);
});

test('the state folder and the database are for their owner alone', () => {
  const at = place();
  at.open();
  expect(statSync(at.dir).mode & 0o777).toBe(0o700);
  expect(statSync(`${at.dir}/realm.db`).mode & 0o777).toBe(0o600);
});

test('closing says how it went: clean leaves a copy and no mark, anything else is unclean', () => {
  const at = place();
  at.open().close({ clean: true });
  const second = at.open();
  expect(second.unclean).toBe(false);
  second.close();
  expect(at.open().unclean).toBe(true);
});

test('a durable commit is synced before it returns, also one that joined a transaction that is not; others are not', () => {
  if (!hasProgram('strace', ['-qq', '-o', '/dev/null', 'true'], 'what a commit syncs')) return;
  const dir = folder();
  const program = `
    import { writeFileSync } from 'node:fs';
    import { openStore } from ${JSON.stringify(join(root, 'core/store/store.ts'))};
    import { systemClock } from ${JSON.stringify(join(root, 'core/clock.ts'))};
    import { systemRandom } from ${JSON.stringify(join(root, 'core/random.ts'))};
    const store = openStore({ dir: ${JSON.stringify(join(dir, '.realm'))}, clock: systemClock, random: systemRandom, mode: 'write' });
    const mark = (what) => { try { process.chdir('/nowhere-' + what); } catch {} };
    const put = () => store.rows.set('t', 'k', Math.random());
    mark('plain'); store.transaction(put);
    mark('durable'); store.transaction(put, { durable: true });
    mark('joined'); store.transaction(() => { store.transaction(put, { durable: true }); });
    mark('again'); store.transaction(put);
    mark('end');`;
  const args = ['-f', '-e', 'trace=fsync,fdatasync,chdir', process.execPath, '--input-type=module', '-e', program];
  const { stderr } = spawnSync('strace', args, { encoding: 'utf8' });
  const syncs = (from: string, to: string): number =>
    stderr.slice(stderr.indexOf(`nowhere-${from}`), stderr.indexOf(`nowhere-${to}`)).split(/f(?:data)?sync\(/).length -
    1;
  expect(syncs('plain', 'durable')).toBe(0);
  expect(syncs('durable', 'joined')).toBeGreaterThan(0);
  expect(syncs('joined', 'again')).toBeGreaterThan(0);
  expect(syncs('again', 'end')).toBe(0);
});
