// Applies a realm once and kills itself, without a word, at the n-th crash point. Arguments: folder, n.
import { join } from 'node:path';
import { Kernel } from '../../../core/kernel/kernel.ts';
import { localDoor } from '../../../core/kernel/masked-door.ts';
import { systemWorld } from '../../../core/kernel/world.ts';

const [root, at] = process.argv.slice(2) as [string, string];
let calls = 0;
const crash = (): void => {
  calls += 1;
  if (calls === Number(at)) process.kill(process.pid, 'SIGKILL');
};
const kernel = await Kernel.open({
  file: join(root, 'realm.config.yaml'),
  stateDir: join(root, '.realm'),
  env: {},
  purpose: 'once',
  world: { ...systemWorld, crash },
});
const door = localDoor({
  scene: () => kernel.scene,
  set: () => kernel.set,
  kernel,
  holder: null,
  close: async () => {},
});
const report = await door.apply({ actor: 'user:test', confirmed: true });
await kernel.stop(1_000);
process.stdout.write(JSON.stringify({ calls, ends: report.steps.map(({ ref, end }) => `${ref} ${end}`) }));
