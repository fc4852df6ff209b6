// A drill: a real restore into a scratch folder, with assertions, measured. The only proof that a backup is one.
import { join } from 'node:path';
import { RealmError } from 'realm-runner/plugin';
import { type ByteText, fromText, shown } from '../byte-text.ts';
import type { Engine, Tools } from '../engine.ts';
import type { Snapshot } from '../snapshot.ts';
import { planRestore } from './plan.ts';
import { recoverSwaps } from './recover.ts';
import { purge } from '../tree/purge.ts';
import { restore } from './restore.ts';

export interface DrillWish {
  readonly engine: Engine;
  readonly policy: string;
  readonly pick: 'latest' | 'random' | 'oldest';
  /** Commands in the restored folder. Text is run by `sh -c`. */
  readonly assert: readonly (string | readonly string[])[];
  /** ms: a restore that takes longer has failed the drill. */
  readonly within?: number | undefined;
  /** A folder of ours; the scratch folder is made in it, and removed. Absolute. */
  readonly scratchIn: string;
  /** Nothing is restored into these. Absolute. */
  readonly never: readonly string[];
  /** ms for each assertion. Default 10 minutes. */
  readonly assertTimeout?: number;
}

export interface Assertion {
  readonly command: string;
  readonly isGood: boolean;
  /** Of one that failed: how, and the last it said. */
  readonly why: string | undefined;
}

export interface Drilled {
  readonly snapshot: Snapshot;
  readonly isGood: boolean;
  /** What went wrong; undefined: nothing. */
  readonly why: string | undefined;
  /** Of the restore, verification included, without the assertions. */
  readonly tookMs: number;
  readonly files: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly assertions: readonly Assertion[];
}

/**
 * Notes what came of it with the snapshot. Throws only when there was nothing to drill, or no room for it: then nothing is
 * known of the snapshot.
 */
export async function drill(wish: DrillWish, tools: Tools): Promise<Drilled> {
  const snapshot = pickOne(wish, (await wish.engine.list(wish.policy)).snapshots, tools);
  const scratch = join(wish.scratchIn, `drill-${wish.policy}`);
  const stateDir = `${scratch}.state`;
  clear(stateDir, scratch, tools);
  try {
    const result = await drilled(wish, snapshot, { scratch, stateDir }, tools);
    const { isGood, damaged, ...rest } = result;
    await wish.engine.note(snapshot, { level: 'drill', at: tools.now(), isGood, coverage: 1, damaged });
    return { snapshot, isGood, ...rest };
  } finally {
    clear(stateDir, scratch, tools);
  }
}

/** Also what a killed drill left. */
function clear(stateDir: string, scratch: string, tools: Tools): void {
  recoverSwaps(stateDir, tools);
  for (const folder of [scratch, stateDir]) purge(fromText(folder));
}

function pickOne({ pick, policy, engine }: DrillWish, all: readonly Snapshot[], tools: Tools): Snapshot {
  const good = all.filter(({ status, trigger }) => status === 'complete' && trigger !== 'safety');
  const index = pick === 'latest' ? good.length - 1 : pick === 'oldest' ? 0 : Math.floor(tools.random() * good.length);
  const picked = good[Math.min(index, good.length - 1)];
  if (picked !== undefined) return picked;
  throw new RealmError('BACKUP_UNKNOWN', `backup/${policy} has no complete snapshot in ${engine.name} to drill`, {
    hint: `realm backup run ${policy}`,
  });
}

type Outcome = Omit<Drilled, 'snapshot'> & { readonly damaged: readonly string[] };

async function drilled(
  { engine, policy, within, never, assert, assertTimeout }: DrillWish,
  snapshot: Snapshot,
  { scratch, stateDir }: { readonly scratch: string; readonly stateDir: string },
  tools: Tools,
): Promise<Outcome> {
  const startedAt = tools.now();
  const damaged: string[] = [];
  const onLost = (paths: readonly ByteText[]): void => {
    damaged.push(...paths.slice(0, MOST_NAMED).map((path) => `data/${shown(path)}`));
  };
  const none = { files: 0, bytes: 0, bytesPerSecond: 0, assertions: [] };
  try {
    const layers = [{ policy, engines: [engine], id: snapshot.uid }];
    const plan = await planRestore({ layers, to: scratch, configFolder: scratch, never });
    // Nothing may come from elsewhere: it is this snapshot that has to prove itself.
    const alone = plan.layers.map((layer) => ({ ...layer, others: [] }));
    const { files, bytes } = await restore({ ...plan, layers: alone }, { stateDir, onDamage: 'refuse', onLost }, tools);
    const tookMs = tools.now() - startedAt;
    const measured = { tookMs, files, bytes, bytesPerSecond: Math.round((bytes * 1000) / Math.max(1, tookMs)) };
    const assertions: Assertion[] = [];
    for (const one of assert) {
      tools.progress({ phase: 'assert', done: assertions.length, total: assert.length });
      assertions.push(await asserted(one, scratch, assertTimeout ?? 600_000, tools));
    }
    const failed = assertions.find(({ isGood }) => !isGood);
    const isLate = within !== undefined && tookMs > within;
    const why =
      failed === undefined
        ? isLate
          ? `it took ${seconds(tookMs)}, and is to take at most ${seconds(within)}`
          : undefined
        : `${failed.command} ${failed.why}`;
    return { ...measured, assertions, isGood: why === undefined, why, damaged };
  } catch (error) {
    if (!(error instanceof RealmError) || error.code !== 'BACKUP_DAMAGED') throw error;
    return { ...none, tookMs: tools.now() - startedAt, isGood: false, why: error.message, damaged };
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const LAST_CHARACTERS = 400;
/** In a verification. */
const MOST_NAMED = 20;

async function asserted(
  command: string | readonly string[],
  cwd: string,
  timeout: number,
  tools: Tools,
): Promise<Assertion> {
  const argv = typeof command === 'string' ? ['sh', '-c', command] : command;
  const shown = typeof command === 'string' ? command : command.join(' ');
  const { execa } = await import('execa');
  const { failed, timedOut, exitCode, signal, all } = await execa(argv[0]!, argv.slice(1), {
    cwd,
    env: { REALM_DRILL: cwd },
    all: true,
    reject: false,
    stdin: 'ignore',
    timeout,
    cancelSignal: tools.signal,
    maxBuffer: 1024 * 1024,
  });
  tools.signal.throwIfAborted();
  if (!failed) return { command: shown, isGood: true, why: undefined };
  const how = timedOut
    ? `took longer than ${seconds(timeout)}`
    : signal
      ? `was ended by ${signal}`
      : `ended with ${exitCode ?? 'an error'}`;
  const last = all.trim().slice(-LAST_CHARACTERS);
  return { command: shown, isGood: false, why: last === '' ? how : `${how}: ${last}` };
}
