// A process that does one thing with a restic repository and is killed at a point of it, as by `kill -9`.
import { resticEngine } from '../../../../plugins/backup/restic/engine.ts';
import { testJob, testPolicy, testTools } from '../rig.ts';
import { PASSWORD } from './repository.ts';

export interface Order {
  readonly repository: string;
  readonly root: string;
  readonly data: string;
  readonly at: number;
  readonly what: 'write' | 'remove' | 'undelete' | 'tidy';
  /** Killed when it comes to this one; the end otherwise. */
  readonly point: string;
}

async function main(order: Order): Promise<void> {
  const { repository, root, data } = order;
  const engine = resticEngine({ repository, password: PASSWORD, env: {}, root, data });
  const step = (point: string): void => {
    if (point === order.point) process.kill(process.pid, 'SIGKILL');
  };
  // its own chance: another process may make a snapshot at the same instant of the test, and no two have one uid
  const tools = testTools(order.at, { step, random: () => Math.random() });
  const policy = testPolicy('daily', root);
  const newest = async () => (await engine.list('daily')).snapshots.at(-1)!;
  if (order.what === 'write') await engine.write(testJob(policy), tools);
  else if (order.what === 'remove') await engine.remove([await newest()], () => 'killed', tools);
  else if (order.what === 'undelete') await engine.undelete((await engine.trash('daily'))[0]!.snapshot, tools);
  else await engine.tidy('daily', tools);
}

await main(JSON.parse(process.argv[2] ?? '') as Order);
