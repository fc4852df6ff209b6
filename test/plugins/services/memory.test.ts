// What a restart leaves in the memory of the daemon: nothing that adds up.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import { machineWith } from './machine.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function usedBytes(): number {
  gc();
  gc(); // what the first one finalized
  return process.memoryUsage().heapUsed;
}

const LIVES = 400;
/** A life is some kilobytes: its environment, its meaning, its last lines. */
const MOST_BYTES = 2_048;

test(
  'PM2 #6113, #4737, #1126: a service that dies again and again does not fill the memory',
  { timeout: 240_000 },
  async () => {
    const machine = await machineWith('  web: { command: [web], restart: { stableAfter: 1ms } }\n');
    onTestFinished(() => machine.close());
    const live = async (): Promise<void> => {
      const until = machine.begun('web') + LIVES;
      while (machine.begun('web') < until) {
        machine.kill('web');
        await machine.pass(20);
      }
    };
    await live(); // until then code is compiled, and histories fill up to their ends
    const before = usedBytes();
    await live();
    expect((usedBytes() - before) / LIVES).toBeLessThan(MOST_BYTES);
  },
);
