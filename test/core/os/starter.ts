// Starts the processes it is told, says so, and waits to be killed.
import { readFileSync } from 'node:fs';
import { systemClock } from '../../../core/clock.ts';
import type { StartWish } from '../../../core/contract/processes.ts';
import { systemProcesses } from '../../../core/os/processes.ts';
import { thisSystem } from '../../../core/os/system.ts';

const wishes = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as StartWish[];
const processes = systemProcesses(systemClock, thisSystem());
await Promise.all(wishes.map((wish) => processes.start(wish)));
process.stdout.write('started\n');
setInterval(() => {}, 1_000);
