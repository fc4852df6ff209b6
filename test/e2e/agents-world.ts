// The agents of examples/agents in a folder of their own, faster to die than there; and what can be seen of them from outside.
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AgentRow } from '../../plugins/agents/verbs/agents.ts';
import { realm, tempRealm, until } from './realm.ts';
import { killAll, servicesOf } from './service-world.ts';

const example = join(import.meta.dirname, '../../examples/agents');
/** Room for a slow machine: stop, restore, start and be heard, several times over. */
export const RECOVERY_MS = 150_000;

export interface World {
  readonly dir: string;
  /** Text of a file in the folder. */
  text(path: string): string;
  write(path: string, text: string): void;
  /** By its name. */
  agents(): Promise<ReadonlyMap<string, AgentRow>>;
  /** Asks `realm agents` until it is so. */
  until(what: string, isSo: (agents: ReadonlyMap<string, AgentRow>) => boolean): Promise<void>;
  /** Ends its process, whatever it does. */
  kill(...agents: readonly string[]): Promise<void>;
}

export async function agentsWorld(edit: (config: string) => string = (config) => config): Promise<World> {
  const dir = await tempRealm({});
  cpSync(example, dir, { recursive: true, filter: (from) => !from.endsWith('/.realm') });
  onTestFinished(() => killAll(dir));
  const config = readFileSync(join(dir, 'realm.config.yaml'), 'utf8');
  writeFileSync(join(dir, 'realm.config.yaml'), edit(faster(config)));
  const text = (path: string): string => readFileSync(join(dir, path), 'utf8');
  const agents = async (): Promise<ReadonlyMap<string, AgentRow>> => {
    const { stdout, stderr } = await realm(dir, ['agents', '--json']);
    if (stdout === '') throw new Error(stderr);
    const { agents: rows } = JSON.parse(stdout) as { agents: readonly AgentRow[] };
    return new Map(rows.map((row) => [row.id, row]));
  };
  return {
    dir,
    text,
    write: (path, content) => writeFileSync(join(dir, path), content),
    agents,
    async until(what, isSo) {
      let seen: ReadonlyMap<string, AgentRow> = new Map();
      const look = async (): Promise<boolean> => isSo((seen = await agents()));
      await until(look, RECOVERY_MS, what, () => JSON.stringify([...seen.values()], null, 1));
    },
    async kill(...names) {
      const services = await servicesOf(dir);
      for (const name of names) {
        const pid = services.get(`agent-${name}`)?.pid;
        if (typeof pid === 'number') process.kill(pid, 'SIGKILL');
      }
    },
  };
}

const faster = (config: string): string =>
  config.replaceAll('deadAfter: 15s', 'deadAfter: 5s').replaceAll('recoverWithin: 20s', 'recoverWithin: 10s');

export const isWell = (row: AgentRow | undefined): boolean =>
  row !== undefined && ['alive', 'idle', 'busy'].includes(row.state);
export const allWell = (agents: ReadonlyMap<string, AgentRow>): boolean => [...agents.values()].every(isWell);

/** As an agent writes: whole at once. */
export function post(
  dir: string,
  from: string,
  message: { readonly id: string; readonly [key: string]: unknown },
): void {
  const path = join(dir, 'agents', from, 'outbox', `${message.id}.json`);
  writeFileSync(`${path}.tmp`, JSON.stringify(message));
  renameSync(`${path}.tmp`, path);
}

/** What the agent itself wrote down as handled, in its order. */
export function handledBy(dir: string, agent: string): readonly string[] {
  const path = join(dir, 'agents', agent, 'memory/done.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as { id: string }).id);
}

export const waitingIn = (dir: string, folder: string): number =>
  existsSync(join(dir, folder)) ? readdirSync(join(dir, folder)).filter((name) => name.endsWith('.json')).length : 0;
