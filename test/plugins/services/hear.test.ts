// A new daemon hears all services that run, also when nobody can read what is known of one of them.
import { mkdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { machineWith } from './machine.ts';

test('what cannot be read of one service keeps nobody from hearing how the others end', async () => {
  const machine = await machineWith('  a: { command: [a] }\n  b: { command: [b] }\n');
  await machine.pass(20_000);
  const file = join(machine.realm.root, '.realm/data/services/a/life.json');
  renameSync(file, `${file}.away`);
  mkdirSync(file); // nobody can read that as a file
  await machine.killDaemon();
  await machine.pass(1_000);
  machine.kill('b');
  await machine.pass(1_000);
  expect(machine.begun('b')).toBe(2);
  expect(machine.condition('a', 'Ready')).toBe('Unknown');
  rmdirSync(file);
  renameSync(`${file}.away`, file);
  await machine.pass(120_000);
  expect(machine.condition('a', 'Ready')).toBe('True');
  machine.kill('a');
  await machine.pass(1_000);
  expect([machine.begun('a'), machine.begun('b')]).toEqual([2, 2]);
  await machine.close();
});
