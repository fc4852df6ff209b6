// `watch:`: what is changed restarts a service, once, with the reason; what is not, does not.
import { mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Machine, machineWith } from './machine.ts';

async function opened(watch: string): Promise<Machine> {
  const machine = await machineWith('  other: { command: [other] }\n');
  onTestFinished(() => machine.close());
  mkdirSync(join(machine.realm.root, 'src/deep'), { recursive: true });
  machine.realm.write('src/deep/a.js', 'one');
  machine.realm.write('web.js', 'one');
  await machine.edit(web(watch));
  await machine.pass(3_000);
  expect(machine.begun('web')).toBe(1);
  return machine;
}
const web = (watch: string): string => `  other: { command: [other] }\n  web: { command: [web], watch: [${watch}] }\n`;

test('a file that is saved restarts it once; saved as it was, or touched, it does not', async () => {
  const machine = await opened('web.js');
  const path = join(machine.realm.root, 'web.js');
  machine.realm.write('web.js', 'one');
  utimesSync(path, 1, 1);
  await machine.pass(120_000);
  expect(machine.begun('web')).toBe(1);
  writeFileSync(path, 'two');
  await machine.pass(200_000);
  expect(machine.begun('web')).toBe(2);
  expect(machine.events('service.restarted')[0]?.data).toMatchObject({ because: `watch ${path} changed` });
});

test('anything in a folder counts, however deep, and is noticed soon', async () => {
  const machine = await opened('src');
  const change = async (make: () => void): Promise<void> => {
    make();
    await machine.pass(5_000);
  };
  await change(() => machine.realm.write('src/deep/a.js', 'two'));
  expect(machine.begun('web')).toBe(2);
  await change(() => machine.realm.write('src/deep/new.js', ''));
  expect(machine.begun('web')).toBe(3);
  await change(() => rmSync(join(machine.realm.root, 'src/deep/new.js')));
  expect(machine.begun('web')).toBe(4);
  await change(() => machine.realm.write('src/node_modules/x/y.js', ''));
  expect(machine.begun('web')).toBe(4);
});

test('a file that is away for a moment is no change; another one in its place is', async () => {
  const machine = await opened('web.js');
  const path = join(machine.realm.root, 'web.js');
  renameSync(path, `${path}~`);
  await machine.pass(120_000);
  renameSync(`${path}~`, path);
  await machine.pass(120_000);
  expect(machine.begun('web')).toBe(1);
  rmSync(path);
  machine.realm.write('other.js', 'two');
  symlinkSync('other.js', path);
  await machine.pass(120_000);
  expect(machine.begun('web')).toBe(2);
});

test('a change while no daemon lives is seen by the next one; what is newly watched restarts nothing', async () => {
  const machine = await opened('src');
  await machine.edit(web('src, web.js'));
  await machine.pass(120_000);
  expect(machine.begun('web')).toBe(1);
  const edit = machine.realm.write;
  const dead = machine.killDaemon();
  edit('src/deep/a.js', 'while away');
  await dead;
  await machine.pass(5_000);
  expect(machine.begun('web')).toBe(2);
});
