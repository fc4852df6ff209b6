// A process that restores a realm in place from its first target, and is killed at a step: nothing of it can be cleaned up.
import { join } from 'node:path';
import { planRestore } from '../../../plugins/backup/restore/plan.ts';
import { restore } from '../../../plugins/backup/restore/restore.ts';
import { treeEngine } from '../../../plugins/backup/tree/engine.ts';
import { testTools } from './rig.ts';

const [, , root, policy, point] = process.argv as [string, string, string, string, string];
const engine = treeEngine({ path: join(root, 'backups'), root });
const tools = testTools(Date.now(), {
  step: (at) => {
    if (at === point) process.kill(process.pid, 'SIGKILL');
  },
});
const never = [join(root, 'backups'), join(root, '.realm')];
const plan = await planRestore({ layers: [{ policy, engines: [engine] }], configFolder: root, never });
await restore(plan, { stateDir: join(root, '.realm/data/backup/restore') }, tools);
