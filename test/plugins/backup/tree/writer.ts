// A process that writes one snapshot, and dies or waits at a step where that is asked for. Its answer is one line of JSON.
import { existsSync, writeFileSync } from 'node:fs';
import type { WriteOptions } from '../../../../plugins/backup/tree/write.ts';
import { treeEngine } from '../../../../plugins/backup/tree/engine.ts';
import type { Policy } from '../../../../plugins/backup/policy.ts';
import { jobFor, toolsFor } from './world.ts';

export interface Wish {
  readonly policy: Policy;
  readonly options: Partial<WriteOptions>;
  /** `backup.commit:before`, or with `#2` its second time: there it kills itself. */
  readonly killAt?: string;
  /** There it makes the file `reached` and waits until `go` is there. */
  readonly waitAt?: { readonly step: string; readonly reached: string; readonly go: string };
  /** User to be. */
  readonly uid?: number;
}

const wish = JSON.parse(process.argv[2]!) as Wish;
const { policy, options, killAt, waitAt, uid } = wish;
if (uid !== undefined) {
  process.setgid!(uid);
  process.setuid!(uid);
}
const seen: string[] = [];
const step = (point: string): void => {
  seen.push(point);
  const count = seen.filter((one) => one === point).length;
  if (killAt === point || killAt === `${point}#${count}`) process.kill(process.pid, 'SIGKILL');
  if (waitAt?.step !== point) return;
  writeFileSync(waitAt.reached, '');
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(waitAt.go)) Atomics.wait(cell, 0, 0, 10);
};

const answer = await treeEngine(options as WriteOptions)
  .write(jobFor(policy), toolsFor({ step }))
  .then(
    (written) => ({ written, seen }),
    (error: Error & { code?: string }) => ({ failed: { code: error.code, message: error.message }, seen }),
  );
console.log(JSON.stringify(answer));
