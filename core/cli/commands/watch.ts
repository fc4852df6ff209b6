// realm watch: keeps the realm true in this process until it is told to end.
import type { Door } from '../../api/door.ts';
import { openDaemonKernel } from '../../api/daemon-kernel.ts';
import { sleep } from '../../clock.ts';
import { runDaemon } from '../../daemon/daemon.ts';
import { goFirst } from '../../daemon/go-first.ts';
import { createLogs } from '../../daemon/log.ts';
import { signsOfLife } from '../../daemon/systemd.ts';
import { stopSignals } from '../../daemon/stop-signals.ts';
import { systemRandom } from '../../random.ts';
import { makeStateFolder } from '../../store/folder.ts';
import { EXIT } from '../exit-codes.ts';
import { askAtFirstStart } from '../first-start.ts';
import { goingOn } from '../going-on.ts';
import { ownName } from '../own-name.ts';
import { placeOf } from '../place.ts';
import { writeJsonLine } from '../render/json.ts';
import { say } from '../render/say.ts';
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
  makeStateFolder(stateDir);
  goFirst();
  const signals = stopSignals();
  shell.takeSignals();
  const logs = createLogs({ stateDir, clock });
  const signs = signsOfLife(env, clock, (message) => logs.log('kernel').warn(message));
  const quiet = flags.daemon === true;
  let telling: Promise<void> = Promise.resolve();
  const end = await runDaemon({
    stateDir,
    clock,
    random: systemRandom,
    log: logs.log('kernel'),
    wait: globals.wait,
    onWait: ({ pid, purpose }) => say(shell.terminal.err, waitingText(pid, purpose)),
    signals,
    endsEverything: flags.stopOnExit === true,
    open: async (holder) => {
      const kernel = await openDaemonKernel(
        { file, profile: globals.profile, stateDir, env, clock, mask: shell.mask, logs },
        holder,
      );
      try {
        if (!quiet) await askAtFirstStart(call, kernel.door);
      } catch (error) {
        await kernel.stop(1_000, 'not confirmed', false);
        throw error;
      }
      return kernel;
    },
    onReady: ({ door, holder }) => {
      signs.ready();
      if (!quiet) telling = tell(call, door, holder.pid, signals.stop);
    },
  })
    .catch((error: unknown) => {
      if (error !== signals.stop.reason) throw error;
      return undefined; // told to end while it waited for its turn
    })
    .finally(() => {
      signs.stop();
      logs.close();
      signals.dispose();
    });
  if (end === undefined) return exitOfSignal(signals.received());
  await telling;
  if (!quiet && !globals.json) out.write(runningText(await goingOn(call, flags.stopOnExit === true), out));
  if (!end.isClean) return EXIT.failed;
  return exitOfSignal(end.signal);
}

const exitOfSignal = (signal: NodeJS.Signals | undefined): number =>
  signal === undefined ? EXIT.done : signal === 'SIGINT' ? EXIT.interrupted : EXIT.terminated;

/** A daemon does not end by itself. */
const waitingText = (pid: number, purpose: string): string =>
  `waiting for process ${pid} (${purpose})${purpose === 'daemon' ? ' to end, which `realm down` does' : ''}; Ctrl-C gives up`;

/** The table once everything was looked at, then each thing that happens. */
async function tell({ globals, out, shell }: Call, door: Door, pid: number, stop: AbortSignal): Promise<void> {
  try {
    const since = await settled(door, shell.clock, stop);
    if (!globals.json) out.write(startText(await door.status(), out, pid, ownName(shell.env, shell.cwd)));
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
