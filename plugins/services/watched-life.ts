// Watches one life of a service until it is over: its probes, its watchdog, and what others wait for it to say.
import type { Context, Resource } from 'realm-runner/plugin';
import { environmentOf } from './environment.ts';
import type { Life } from './facts.ts';
import { Listener } from './log/listen.ts';
import { folderOf, logOf } from './places.ts';
import type { Answer, Probe, Target } from './probes/probe.ts';
import { Turns } from './probes/turns.ts';
import { probeOf } from './probes/way.ts';
import { type Probed, readHeard, writeHeard } from './rows.ts';
import type { ProbeSpec, ServiceSpec } from './spec.ts';
import { counted, fresh, pauseMs } from './tally.ts';
import { descendantsOf, type Member, processTree } from './tree.ts';
import { Verdicts } from './verdicts.ts';
import { watchMemory, watchSilence } from './watchdog.ts';

const LISTEN_MS = 50;
/** What has not been said for so long will not be said at once. */
const PATIENT_AFTER_MS = 60_000;
const LISTEN_PATIENTLY_MS = 500;

/** Of all services together: each start of a program takes time of the daemon. */
const programs = new Turns(8);

type Want = Resource<ServiceSpec>;
const LOG = /^Log \/(.*)\/$/s;
const patternsOf = ({ awaited }: Want): readonly string[] => awaited.flatMap((until) => LOG.exec(until)?.[1] ?? []);

/** Whether there is anything to watch; most services need nobody. */
export const isWatched = (want: Want): boolean => {
  const { ready, live, watchdog } = want.spec;
  return ready !== undefined || live !== undefined || watchdog !== undefined || patternsOf(want).length > 0;
};

/** Ends with `over`. */
export async function watchLife(want: Want, life: Life, ctx: Context, over: AbortSignal): Promise<void> {
  const { name, spec } = want;
  const log = logOf(name, ctx);
  const verdicts = new Verdicts(name, life, ctx);
  const listener = listenerOf(want, life, verdicts, ctx);
  const members = (): readonly Member[] => membersOf(name, life, ctx);
  const target: Target = {
    spec,
    environment: () => environmentOf(name, spec, ctx),
    pids: () => members().map(({ pid }) => pid),
    hears: (pattern) => listener.has(pattern),
  };
  const asking = (probed: Probed, probe: ProbeSpec | undefined): Promise<void> | undefined =>
    probe && ask({ probed, probe, target, life, verdicts, ctx, over });
  const watch = { life, log, ctx, over, verdicts, members };
  const { silence, memory } = spec.watchdog ?? {};
  await Promise.all([
    asking('ready', spec.ready),
    asking('live', spec.live),
    silence === undefined ? undefined : watchSilence(silence, watch),
    memory === undefined ? undefined : watchMemory(memory, watch),
    listen(want, life, listener, ctx, over),
  ]);
}

/** A yes that stands needs no second reading of the log: a new plugin set begins where the last one stood. */
function listenerOf(want: Want, life: Life, verdicts: Verdicts, ctx: Context): Listener {
  const { name, spec } = want;
  const heard = readHeard(name, life.token, ctx).flatMap((until) => LOG.exec(until)?.[1] ?? []);
  const probed = (['ready', 'live'] as const).flatMap((which) => {
    const pattern = spec[which]?.log;
    return pattern === undefined ? [] : [{ pattern, is: verdicts.before(which)?.is }];
  });
  const known = probed.filter(({ is }) => is === 'yes').map(({ pattern }) => pattern);
  const all = [...patternsOf(want), ...probed.map(({ pattern }) => pattern)];
  return new Listener(logOf(name, ctx), life.logFrom, all, [...heard, ...known]);
}

/** The command and all that stems from it. */
function membersOf(name: string, life: Life, ctx: Context): readonly Member[] {
  const tree = processTree();
  if (life.adopted !== undefined) {
    const root = tree.get(life.adopted.pid);
    return root?.startTime === life.adopted.startTime ? [root, ...descendantsOf(root.pid, tree)] : [];
  }
  const sight = ctx.processes.look(folderOf(name, ctx), life.token);
  return sight.state === 'running' && sight.shim !== undefined ? descendantsOf(sight.shim.pid, tree) : [];
}

interface Asking {
  readonly probed: Probed;
  readonly probe: ProbeSpec;
  readonly target: Target;
  readonly life: Life;
  readonly verdicts: Verdicts;
  readonly ctx: Context;
  readonly over: AbortSignal;
}

/** One try at a time, until the life is over. */
async function ask({ probed, probe, target, life, verdicts, ctx, over }: Asking): Promise<void> {
  let tally = fresh(verdicts.before(probed)?.is);
  const asked = probeOf(probe);
  while (!over.aborted) {
    // A clock that went back makes no start longer.
    const isStarting = Math.abs(ctx.now() - life.startedAt) < probe.within;
    const attempt = (): Promise<Answer> => inTime(asked, probe, target, ctx, over);
    const { ok, why } = await (probe.exec === undefined ? attempt() : programs.in(attempt));
    if (over.aborted) return; // what it was asked about has ended meanwhile
    tally = counted(tally, ok, isStarting, probe);
    verdicts.say(probed, 'probe', { is: tally.is, why });
    await ctx.sleep(pauseMs(tally, isStarting, probe), over).catch(() => {}); // its life is over: the loop ends
  }
}

const OVER: Answer = { ok: false, why: 'it is over' };

/** The answer, or that there was none in time. Of a life that is over nobody is asked. */
export async function inTime(
  probe: Probe,
  spec: ProbeSpec,
  target: Target,
  ctx: Pick<Context, 'sleep'>,
  over: AbortSignal,
): Promise<Answer> {
  if (over.aborted) return OVER;
  const attempt = new AbortController();
  const end = (): void => attempt.abort();
  over.addEventListener('abort', end, { once: true });
  const late: Promise<Answer> = ctx.sleep(spec.timeout, attempt.signal).then(
    () => ({ ok: false, why: `${wordsOf(spec)}: no answer within ${spec.timeout / 1000} s` }),
    () => OVER,
  );
  const answer = probe(spec, target, attempt.signal).catch((error: unknown) => ({
    ok: false,
    why: error instanceof Error ? error.message : String(error),
  }));
  try {
    return await Promise.race([answer, late]);
  } finally {
    over.removeEventListener('abort', end);
    attempt.abort();
  }
}

/** The probe as it is written, shortened. */
function wordsOf({ http, tcp, exec, log, file }: ProbeSpec): string {
  if (http !== undefined) return `GET ${http}`;
  if (tcp !== undefined) return tcp === true ? 'its port' : `port ${tcp}`;
  if (exec !== undefined) return `\`${exec.join(' ').slice(0, 80)}\``;
  return log === undefined ? (file ?? 'its port') : `/${log}/`;
}

/** What others wait for it to say. Its own probes hear by themselves. */
async function listen(want: Want, life: Life, listener: Listener, ctx: Context, over: AbortSignal): Promise<void> {
  const patterns = patternsOf(want);
  const met = new Set<string>(readHeard(want.name, life.token, ctx));
  while (!over.aborted && patterns.some((pattern) => !met.has(`Log /${pattern}/`))) {
    const now = patterns.filter((pattern) => listener.has(pattern)).map((pattern) => `Log /${pattern}/`);
    if (now.some((until) => !met.has(until))) {
      for (const until of now) met.add(until);
      writeHeard(want.name, life.token, [...met], ctx);
      ctx.wake(want.ref);
    }
    const isPatient = ctx.now() - life.startedAt > PATIENT_AFTER_MS;
    await ctx.sleep(isPatient ? LISTEN_PATIENTLY_MS : LISTEN_MS, over).catch(() => {}); // its life is over: the loop ends
  }
}
