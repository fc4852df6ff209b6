// What a life left behind, when the next one cannot be started.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Machine, machineWith } from './machine.ts';

test('a start that fails leaves nothing of the last life beside the next one', async () => {
  const machine = await machineWith('  web: { command: [web] }\n', 1, ({ programs }) =>
    programs.set('web', { leaves: [{}] }),
  );
  onTestFinished(() => machine.close());
  await machine.pass(60_000);
  const log = join(machine.realm.root, '.realm/logs/services/web.log');
  rmSync(log, { force: true });
  mkdirSync(log);
  machine.kill('web');
  await machine.pass(2_000);
  expect(machine.message('web')).toContain('web.log');
  expect(machine.machine.running()).toEqual([]);
  rmSync(log, { recursive: true });
  await machine.pass(600_000);
  expect(
    machine.machine
      .running()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['left by web', 'shim', 'web']);
});

test('what ended and left nothing is not said to have left something: its shim is none of it', async () => {
  const machine = await machineWith('  web: { command: [web], restart: never }\n', 1, ({ programs }) =>
    programs.set('web', { lastsMs: 50, exit: 1 }),
  );
  onTestFinished(() => machine.close());
  await machine.pass(10_000);
  const said = machine.events('condition.changed').map(({ data }) => JSON.stringify(data));
  expect(said.filter((text) => text.includes('Exited'))).not.toEqual([]);
  expect(said.filter((text) => text.includes('left behind'))).toEqual([]);
});

test('a start that was on its way when the word to stop came is called off for ever', async () => {
  const machine = await machineWith('  web: { command: [web] }\n');
  onTestFinished(() => machine.close());
  await machine.pass(1_000);
  await machine.stopWord('web');
  await machine.pass(1_000);
  const folder = join(machine.realm.root, '.realm/data/services/web');
  const life = JSON.parse(readFileSync(join(folder, 'life.json'), 'utf8')) as object;
  // As a daemon leaves it that dies when it has remembered the next start, and before or after it sent the line.
  writeFileSync(join(folder, 'life.json'), JSON.stringify({ ...life, token: 'late' }));
  machine.kernel.wake('service/web');
  await machine.pass(1_000);
  expect(statSync(join(folder, 'started-late')).isDirectory()).toBe(true);
  expect(machine.message('web')).toBe('user:ann: a test');
});

const lifeOf = (machine: Machine): object =>
  JSON.parse(readFileSync(join(machine.realm.root, '.realm/data/services/web/life.json'), 'utf8')) as object;

test('once nothing is left of the life before, it is not searched for again', async () => {
  const machine = await machineWith('  web: { command: [web] }\n', 1, ({ programs }) =>
    programs.set('web', { leaves: [{}] }),
  );
  onTestFinished(() => machine.close());
  await machine.pass(60_000);
  const before = machine.running('left by web')[0]!;
  machine.kill('web');
  await machine.pass(1_000);
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.running('left by web')).not.toContain(before);
  expect(lifeOf(machine)).not.toHaveProperty('follows');
});

/** Its first life left something behind, and the daemon dies before that was found: the second one runs beside it. */
async function unsearched(): Promise<Machine> {
  const machine = await machineWith('  web: { command: [web] }\n', 1, ({ programs }) =>
    programs.set('web', { leaves: [{}] }),
  );
  onTestFinished(() => machine.close());
  await machine.pass(60_000);
  machine.programs.set('web', {});
  const { system } = machine.machine;
  const { walk } = system;
  system.walk = () => {
    throw new Error('no more files can be opened');
  };
  machine.kill('web');
  await machine.pass(100);
  machine.machine.killDaemon();
  system.walk = walk;
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.running('left by web')).toHaveLength(1);
  expect(lifeOf(machine)).toHaveProperty('follows');
  return machine;
}

test('what the life before left behind is searched for by the next daemon too, when the last one died over it', async () => {
  const machine = await unsearched();
  const begun = machine.begun('web');
  await machine.killDaemon();
  await machine.pass(10_000);
  expect(machine.running('left by web')).toEqual([]);
  expect(machine.running('web')).toHaveLength(1);
  expect(machine.begun('web')).toBe(begun);
});

test('what the life before the last one left behind is not forgotten when the last one ended unseen', async () => {
  const machine = await unsearched();
  await machine.pass(60_000); // long enough for the next restart to be urgent, too
  machine.kill('web');
  await machine.killDaemon();
  await machine.pass(10_000);
  expect(machine.running('left by web')).toEqual([]);
  expect(machine.running('web')).toHaveLength(1);
});
