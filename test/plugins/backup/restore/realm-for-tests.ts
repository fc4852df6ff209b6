// A realm's folder with a target beside it, and a witness that is not ours of what a tree looks like; also for child processes.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Tools } from '../../../../plugins/backup/engine.ts';
import type { Root } from '../../../../plugins/backup/policy.ts';
import { planRestore, type RestorePlan, type RestoreWish } from '../../../../plugins/backup/restore/plan.ts';
import { PlainEngine, policyOf } from './plain-engine.ts';

export function toolsFor(said: string[] = [], step: (point: string) => void = () => {}): Tools {
  let [seed, at] = [1, 1_700_000_000_000];
  return {
    now: () => (at += 1000),
    random: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647,
    signal: new AbortController().signal,
    progress: () => {},
    say: (message) => void said.push(message),
    step,
  };
}

export interface Setting {
  readonly folder: string;
  readonly config: string;
  readonly state: string;
  readonly target: string;
  readonly engine: PlainEngine;
  readonly tools: Tools;
  readonly said: string[];
  root(path: string, rest?: Partial<Root>): Root;
  write(files: Readonly<Record<string, string>>): void;
  backup(policy?: string, roots?: readonly Root[]): Promise<string>;
  plan(wish?: Partial<RestoreWish>): Promise<RestorePlan>;
}

export function settingAt(folder: string): Setting {
  const [config, state, target] = [join(folder, 'realm'), join(folder, 'realm/.realm'), join(folder, 'target')];
  mkdirSync(state, { recursive: true });
  const engine = new PlainEngine(target);
  const said: string[] = [];
  const tools = toolsFor(said);
  const root = (path: string, rest: Partial<Root> = {}): Root => {
    return { from: join(config, path), as: path, include: undefined, exclude: [], ...rest };
  };
  return {
    folder,
    config,
    state,
    target,
    engine,
    tools,
    said,
    root,
    write(files) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(config, path)), { recursive: true });
        writeFileSync(join(config, path), text);
      }
    },
    async backup(policy = 'daily', roots = [root('agents')]) {
      const job = {
        policy: policyOf(policy, roots, [state, target]),
        trigger: 'manual' as const,
        slot: null,
        tags: [],
      };
      const { snapshot } = await engine.write({ ...job, dumps: undefined }, tools);
      return snapshot.id;
    },
    plan: (wish = {}) =>
      planRestore({
        layers: [{ policy: 'daily', engines: [engine] }],
        configFolder: config,
        never: [state, target],
        ...wish,
      }),
  };
}

/** Everything in it gets one time of long ago, so that a time that is not set is seen, and one that is set is exact. */
export function age(folder: string): void {
  execFileSync(
    'find',
    ['.', '-name', '.realm', '-prune', '-o', '-exec', 'touch', '-h', '-d', '@1600000000.25', '{}', '+'],
    { cwd: folder },
  );
}

/** Names, kinds, modes, times, link targets and contents of a tree; not what restores keep aside. */
export function witness(folder: string): string {
  const script =
    `find . -name '.realm-restore-*' -prune -o -printf '%p %y %m %T@ %l\\n' | LC_ALL=C sort; ` +
    `find . -name '.realm-restore-*' -prune -o -type f -exec sha256sum {} + | LC_ALL=C sort`;
  return execFileSync('sh', ['-c', script], { cwd: folder, encoding: 'latin1', maxBuffer: 1 << 28 });
}

export const linesOf = async (plan: RestorePlan): Promise<string[]> => {
  const lines: string[] = [];
  for await (const { path, does, wanted } of plan.lines())
    lines.push(`${does} ${path}${wanted === undefined ? '' : ` ${wanted.layer}`}`);
  return lines;
};
