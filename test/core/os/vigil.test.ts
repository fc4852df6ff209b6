// What goes wrong with one process is its own trouble: it is told, the others do not notice, and it is over when it is mended.
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import type { System } from '../../../core/os/identity.ts';
import { machineWith } from '../../../core/os/machine.ts';
import { type OpenProcesses, processesOn, systemProcesses } from '../../../core/os/processes.ts';
import { alive, place, system, until } from './place.ts';

const TIGHT = 'EMFILE: too many open files';

function lifeOn(machine: System): { readonly life: OpenProcesses; readonly told: (string | null)[] } {
  const told: (string | null)[] = [];
  const life = systemProcesses(systemClock, machine, {
    sweepMs: 50,
    trouble: ({ dir }, message) => told.push(message && `${basename(dir)} ${message}`),
  });
  onTestFinished(() => life.close());
  return { life, told };
}

test('a file where the folder of one was', async () => {
  const { folder, wish } = place();
  const { life, told } = lifeOn(system);
  const [bad, good] = await Promise.all(['bad', 'good'].map((name) => life.start(wish(name, 'exec sleep 30'))));
  renameSync(join(folder, 'bad'), join(folder, 'aside'));
  writeFileSync(join(folder, 'bad'), '');
  for (const handle of [bad!, good!]) life.signal(handle, 'SIGKILL');
  await until('the trouble is told', () => told.length > 0);
  await until('the other one is seen to end', () => good!.exit !== undefined);
  rmSync(join(folder, 'bad'));
  renameSync(join(folder, 'aside'), join(folder, 'bad'));
  await until('this one is seen to end', () => bad!.exit !== undefined);
  expect(told).toEqual([expect.stringMatching(/^bad ENOTDIR: /), null]);
  expect(life.list()).toEqual([]);
});

test('a machine that has no more files to open for a moment', async () => {
  const { wish } = place();
  const state = { isTight: false, asked: 0 };
  const { life, told } = lifeOn({
    ...system,
    isAlive(identity) {
      state.asked += 1;
      if (state.isTight) throw new Error(TIGHT);
      return system.isAlive(identity);
    },
  });
  const handle = await life.start(wish('one', 'exec sleep 30'));
  state.isTight = true;
  await until('the trouble is told', () => told.length > 0);
  const { asked } = state;
  await until('all are looked at again and again', () => state.asked > asked + 10);
  state.isTight = false;
  await until('it is over', () => told.length > 1);
  expect(told).toEqual([`one ${TIGHT}`, null]);
  life.signal(handle, 'SIGKILL');
  await until('its end', () => handle.exit !== undefined);
});

test('what is left behind and cannot be searched for keeps nothing from its start, and ends as soon as it can', async () => {
  const { processes, wish } = place();
  const state = { isTight: true };
  const { life, told } = lifeOn({
    ...system,
    *walk() {
      if (state.isTight) throw new Error(TIGHT);
      yield* system.walk();
    },
  });
  const follows = await processes.start(wish('one', 'setsid sleep 30 & sleep 0.05'));
  await until('its end', () => follows.exit !== undefined);
  const handle = await life.start(wish('one', 'exec sleep 30', { follows }));
  expect(told).toEqual([`one ${TIGHT}`]);
  expect(processes.members(follows)).toHaveLength(1);
  state.isTight = false;
  await until('nothing is left', () => processes.members(follows).length === 0);
  await until('the trouble is over', () => told.length > 1);
  expect(told).toEqual([`one ${TIGHT}`, null]);
  expect(alive(handle.command)).toBe(true);
});

test('what it follows cannot even be looked up: it runs, and its end is seen', async () => {
  const { folder, wish } = place();
  const { life, told } = lifeOn(system);
  writeFileSync(join(folder, 'file'), '');
  const follows = await life.start(wish('gone', 'exit 0'));
  await until('its end', () => follows.exit !== undefined);
  const handle = await life.start(
    wish('one', 'exec sleep 30', { follows: { ...follows, dir: join(folder, 'file'), shim: undefined } }),
  );
  expect(told).toEqual([expect.stringMatching(/^one ENOTDIR: /)]);
  process.kill(handle.shim!.pid, 'SIGKILL');
  process.kill(handle.command!.pid, 'SIGKILL');
  await until('its end', () => handle.exit !== undefined);
});

test('what cannot be sent was not started, and never will be', async () => {
  const { folder, wish, processes } = place();
  const launcher = () => ({
    send: (): never => {
      throw new Error('EAGAIN: no more processes');
    },
    close: () => {},
  });
  const life = processesOn(systemClock, { ...machineWith(system), launcher });
  onTestFinished(() => life.close());
  const first = wish('one', 'exec sleep 30');
  const refused = life.start(first);
  await expect(refused).rejects.toMatchObject({
    code: 'PROCESS_START_FAILED',
    message: expect.stringContaining('EAGAIN') as string,
  });
  expect(life.list()).toEqual([]);
  expect(life.look(join(folder, 'one'), first.token)).toEqual({ state: 'absent', mayStart: false });
  expect((await processes.start(wish('one', 'exec sleep 30'))).exit).toBeUndefined();
});
