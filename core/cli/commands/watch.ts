// realm watch: keeps the realm true in this process until it is told to end.
import { mkdirSync } from 'node:fs';
import type { Door } from '../../api/door.ts';
import { openDaemonKernel } from '../../api/daemon-kernel.ts';
import { sleep } from '../../clock.ts';
import { runDaemon } from '../../daemon/daemon.ts';
import { createLogs } from '../../daemon/log.ts';
import { stopSignals } from '../../daemon/stop-signals.ts';
import { systemRandom } from '../../random.ts';
import { EXIT } from '../exit-codes.ts';
import { askAtFirstStart } from '../first-start.ts';
import { placeOf } from '../place.ts';
import { writeJsonLine } from '../render/json.ts';
import { newsLines, runningText, startText } from '../render/watch.ts';
import type { Call } from '../shell.ts';

interface WatchFlags {
  readonly daemon?: boolean;
  readonly stopOnExit?: boolean;
}

const SETTLE_MS = 10_000;
const LOOK_MS = 50;

export async function run(call: Call<WatchFlags>): Promise<number> {
  const { flags, globals, shell, out } = call;
  const { clock, env } = shell;
  const { file, stateDir } = await placeOf(call.cwd, globals);
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  shell.takeSignals();
  const signals = stopSignals();
  const logs = createLogs({ stateDir, clock });
  const quiet = flags.daemon === true;
  let last: Door | undefined;
  let telling: Promise<void> = Promise.resolve();
  const end = await runDaemon({
    stateDir,
    clock,
    random: systemRandom,
    log: logs.log('kernel'),
    wait: globals.wait,
    onWait: ({ pid, purpose }) => shell.terminal.err.write(`waiting for process ${pid} (${purpose})\n`),
    signals,
    open: async (holder) => {
      const kernel = await openDaemonKernel({ file, profile: globals.profile, stateDir, env, clock, logs }, holder);
      try {
        if (!quiet) await askAtFirstStart(call, kernel.door);
      } catch (error) {
        await kernel.stop(1_000, 'not confirmed');
        throw error;
      }
      return kernel;
    },
    onReady: ({ door, holder }) => {
      last = door;
      if (!quiet) telling = tell(call, door, holder.pid, signals.stop);
    },
  }).finally(() => {
    logs.close();
    signals.dispose();
  });
  await telling;
  if (!quiet && !globals.json) out.write(runningText(last === undefined ? [] : await goingOn(last)));
  if (!end.isClean) return EXIT.failed;
  return end.signal === 'SIGINT' ? EXIT.interrupted : end.signal === 'SIGTERM' ? EXIT.terminated : EXIT.done;
}

/** The table once everything was looked at, then each thing that happens. */
async function tell({ globals, out, shell }: Call, door: Door, pid: number, stop: AbortSignal): Promise<void> {
  try {
    const since = await settled(door, shell.clock, stop);
    if (!globals.json) out.write(startText(await door.status(), out, pid));
    const news = newsLines(out);
    for await (const event of door.events({ since, follow: true }, stop)) {
      if (globals.json) writeJsonLine(out, event);
      else out.write(news(event));
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

/** Waits until every resource was looked at once, but not for ever; answers with the number of the newest event. */
async function settled(door: Door, clock: Call['shell']['clock'], stop: AbortSignal): Promise<number> {
  const until = clock.now() + SETTLE_MS;
  for (;;) {
    const { resources } = await door.status();
    const isOpen = resources.some(
      ({ observedGeneration, generation, conditions }) => observedGeneration < generation && conditions.length === 0,
    );
    if (!isOpen || clock.now() >= until) break;
    await sleep(clock, LOOK_MS, stop);
  }
  let newest = 0;
  for await (const { seq } of door.events({ last: 1 })) newest = seq;
  return newest;
}

async function goingOn(door: Door) {
  try {
    return await door.runs({ state: 'running' });
  } catch {
    return []; // the store is closed by then; what runs is found again by the next start
  }
}
