// A process that restores, undoes, or recovers, and is killed at the n-th step: nothing of it can be cleaned up.
import { appendFileSync } from 'node:fs';
import { restore } from '../../../../plugins/backup/restore/restore.ts';
import { recoverSwaps } from '../../../../plugins/backup/restore/recover.ts';
import { undo } from '../../../../plugins/backup/restore/undo.ts';
import { settingAt } from './realm-for-tests.ts';

const [, , folder, what, at] = process.argv;
const setting = settingAt(folder!);
let count = 0;
const step = (point: string): void => {
  count += 1;
  if (count === Number(at)) process.kill(process.pid, 'SIGKILL');
  appendFileSync(`${folder}/steps`, `${point}\n`);
};
const tools = { ...setting.tools, step };
if (what === 'restore') {
  // The engine is no part of this: but it can be killed while it works.
  const extract = setting.engine.extract.bind(setting.engine);
  setting.engine.extract = async (snapshot, wanted) => {
    step('extract:before');
    const done = await extract(snapshot, wanted);
    step('extract:after');
    return done;
  };
  await restore(await setting.plan({ appendOnly: ['**/*.log'] }), { stateDir: setting.state }, tools);
}
if (what === 'undo') await undo({ stateDir: setting.state }, tools);
if (what === 'recover') recoverSwaps(setting.state, tools);
