// One life of a daemon with alerts: states facts, says when they are stored, and kills itself at the n-th crash point. Arguments: folder, life, n.
import { join } from 'node:path';
import { systemClock } from '../../../core/clock.ts';
import { Kernel } from '../../../core/kernel/kernel.ts';
import { systemWorld } from '../../../core/kernel/world.ts';
import { calm, crashLoop } from './news.ts';

const [root, life, at] = process.argv.slice(2) as [string, string, string];
const die = (): void => void process.kill(process.pid, 'SIGKILL');
let calls = 0;
const crash = (): void => {
  calls += 1;
  if (calls === Number(at)) die();
};
const kernel = await Kernel.open({
  file: join(root, 'realm.config.yaml'),
  stateDir: join(root, '.realm'),
  env: {},
  purpose: 'daemon',
  world: { ...systemWorld, crash },
});
await kernel.start();
const state = (line: string, emit: () => void): void => {
  emit();
  kernel.store.journal.flush();
  process.stdout.write(`${line}\n`);
};
const [a, b] = [`a${life}`, `b${life}`] as const;
state(`service/${a} crashlooping`, () => kernel.emit('service.crashlooping', crashLoop(a)));
state(`service/${b} crashlooping`, () => kernel.emit('service.crashlooping', crashLoop(b)));
state(`service/${a} recovered`, () => kernel.emit('condition.changed', calm(a)));
if (at !== 'never') systemClock.after(300, die, true);
else systemClock.after(120_000, die, true); // the test kills it earlier
