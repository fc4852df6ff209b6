// Runs test files one after the other in one vitest, which keeps what it has compiled; asked by trial.ts, over IPC.
import { join } from 'node:path';
import { createVitest } from 'vitest/node';
import type { Vitest } from 'vitest/node';
import type { Asked, Trial } from './trial.ts';

const root = process.cwd();
Object.assign(process.env, { TEST: 'true', VITEST: 'true', NODE_ENV: 'test' });

let before: readonly string[] = [];

async function run(vitest: Vitest, { test, touched }: Asked): Promise<Trial> {
  for (const file of [...before, ...touched]) vitest.invalidateFile(join(root, file)); // what was broken then is whole again
  before = touched;
  const asked = vitest.getRootProject().createSpecification(join(root, test));
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([asked]);
  const own = testModules.filter(({ moduleId }) => moduleId === asked.moduleId); // others are still there from before
  const cases = own.flatMap(({ children }) => [...children.allTests()]);
  const failed = cases.find((one) => one.result().state === 'failed');
  if (failed !== undefined) return { colour: 'red', detail: failed.fullName };
  const errors = [...own.flatMap((file) => file.errors()), ...(unhandledErrors as readonly Error[])];
  if (errors.length > 0) return { colour: 'unjudged', detail: `did not load: ${errors[0]!.message.split('\n')[0]}` };
  if (cases.some((one) => one.result().state === 'passed')) return { colour: 'green', detail: '' };
  return { colour: 'unjudged', detail: 'no test ran' };
}

const HANGS_MS = 30_000; // many a break shows in a test that waits for ever
const vitest = await createVitest('test', { root, watch: false, bail: 1, testTimeout: HANGS_MS, reporters: [{}] });
process.on('message', (asked: Asked) => {
  const unjudged = (error: Error): Trial => ({ colour: 'unjudged', detail: `vitest failed: ${error.message}` });
  void run(vitest, asked)
    .catch(unjudged)
    .then((trial) => process.send!(trial));
});
process.on('disconnect', () => process.exit());
process.send!('ready');
