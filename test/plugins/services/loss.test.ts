// A loss that is over before anybody looked is still a loss.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { machineWith } from './machine.ts';

for (const until of ['started', 'ready'])
  test(`what is ${until} again at once was lost all the same: who minds the loss begins anew`, async () => {
    const machine = await machineWith(
      `  db: { command: [db] }\n  web: { command: [web], after: { service/db: { until: ${until}, onLoss: restart } } }\n`,
    );
    onTestFinished(() => machine.close());
    await machine.pass(1_000);
    machine.kill('db');
    await machine.pass(5_000);
    expect(machine.begun('db')).toBe(2);
    expect(machine.begun('web')).toBe(2);
    await machine.pass(120_000);
    expect(machine.begun('web')).toBe(2);
  });

test('what nobody could look at for a while was not lost', async () => {
  const machine = await machineWith(
    '  db: { command: [db] }\n  web: { command: [web], after: { service/db: { until: ready, onLoss: restart } } }\n',
  );
  onTestFinished(() => machine.close());
  await machine.pass(1_000);
  const file = join(machine.realm.root, '.realm/data/services/db/life.json');
  const life = readFileSync(file);
  rmSync(file);
  mkdirSync(file); // nobody can read this
  await machine.pass(180_000);
  expect(machine.condition('db', 'Ready')).toBe('Unknown');
  rmSync(file, { recursive: true });
  writeFileSync(file, life);
  await machine.pass(600_000);
  expect(machine.condition('db', 'Ready')).toBe('True');
  expect(machine.begun('web')).toBe(1);
});
