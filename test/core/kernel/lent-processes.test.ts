// Processes as plugins get them: each its own, for as long as its signal, and nobody's mistake is another's.
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ProcessHandle } from '../../../core/contract/processes.ts';
import { LentProcesses } from '../../../core/kernel/lent-processes.ts';
import { lookedAtProcesses } from '../../../core/kernel/looked-at-processes.ts';
import { systemWorld, type World } from '../../../core/kernel/world.ts';
import { seededRandom } from '../../../core/random.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';
import { virtualMachine } from '../../../core/simulate/processes.ts';
import { programOf, wishFor } from '../simulate/benches.ts';

function setting() {
  const folder = mkdtempSync(join(tmpdir(), 'realm-lent-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const clock = virtualClock();
  const machine = virtualMachine({ clock, random: seededRandom(1), programs: programOf });
  const world: World = { ...systemWorld, clock, processes: () => machine.processes() };
  const troubles: string[] = [];
  const lent = new LentProcesses(world, (plugin, _, message) => {
    if (message !== null) troubles.push(`${plugin}: ${message}`);
  });
  const soon = async <T>(work: Promise<T>): Promise<T> => {
    await clock.advance(100);
    return work;
  };
  return { folder, clock, world, troubles, lent, soon };
}

test('a plugin lists and hears its own processes, until its signal aborts; one that throws is in trouble alone', async () => {
  const { folder, clock, lent, troubles, soon } = setting();
  const stop = new AbortController();
  const heard: string[] = [];
  const plugins = ['red', 'blue', 'green'].map((name) => ({ name, processes: lent.for(name, stop.signal) }));
  for (const { name, processes } of plugins) {
    processes.exits(() => {
      heard.push(name);
      if (name === 'red') throw new Error('what was that');
    });
  }
  const start = (name: string): Promise<ProcessHandle[]> =>
    Promise.all(plugins.map(({ processes }, index) => processes.start(wishFor(folder, `${name}${index}`, {}))));
  const handles = await soon(start('a'));
  expect(plugins.map(({ processes }) => processes.list())).toEqual(handles.map((handle) => [handle]));
  for (const handle of handles) plugins[0]!.processes.signal(handle, 'SIGKILL');
  await clock.advance(100);
  expect(heard.toSorted()).toEqual(['blue', 'green', 'red']);
  expect(troubles).toEqual(['red: what was that']);
  const later = await soon(start('b'));
  stop.abort();
  for (const handle of later) lent.all.signal(handle, 'SIGKILL');
  await clock.advance(100);
  expect(later.map(({ exit }) => exit?.status)).toEqual([137, 137, 137]);
  expect(heard).toHaveLength(3);
});

test('who no longer hears leaves nothing at the signal of the plugin set, however often', () => {
  const { lent } = setting();
  const stop = new AbortController();
  const processes = lent.for('red', stop.signal);
  for (let tries = 0; tries < 100; tries++) processes.exits(() => {})();
  expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
});

test('another plugin set goes on with what the earlier one started; a start that failed is nobody’s', async () => {
  const { folder, clock, lent, soon } = setting();
  const first = lent.for('red', new AbortController().signal);
  const wish = wishFor(folder, 'one', {});
  const handle = await soon(first.start(wish));
  const second = lent.for('red', new AbortController().signal);
  expect(second.list()).toEqual([handle]);
  expect(second.adopt(wish.dir, wish.token)).toBe(handle);
  expect(lent.for('blue', new AbortController().signal).list()).toEqual([]);
  await expect(second.start({ ...wish, argv: [] })).rejects.toThrow('the command is empty');
  await clock.advance(0);
});

test('where nothing may be changed, processes can be looked at and no more', async () => {
  const { folder, world, lent, soon } = setting();
  const wish = wishFor(folder, 'one', {});
  const handle = await soon(lent.for('red', new AbortController().signal).start(wish));
  const refuse = (what: string): never => {
    throw new Error(`no: ${what}`);
  };
  const looked = lookedAtProcesses(world, refuse);
  expect(looked.look(wish.dir, wish.token)).toMatchObject({ state: 'running', shim: handle.shim });
  expect(looked.look(wish.dir, 'another')).toEqual({ state: 'absent', mayStart: true });
  await expect(looked.start(wish)).rejects.toThrow('no: start a process');
  expect(() => looked.adopt(wish.dir, wish.token)).toThrow('no: adopt');
  expect(() => looked.signal(handle, 'SIGKILL')).toThrow('no: signal');
  expect(() => looked.members(handle)).toThrow('no: search');
  expect(() => looked.exits(() => {})).toThrow('no: wait');
  expect(looked.list()).toEqual([]);
});
