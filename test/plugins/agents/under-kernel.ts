// Agents under the real kernel, with services and alerts, on a virtual clock: only their programs and the time are given.
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../../../core/random.ts';
import { type VirtualMachine, virtualMachine } from '../../../core/simulate/processes.ts';
import type { Program } from '../../../core/simulate/programs.ts';
import type { Recovery } from '../../../plugins/agents/recovery/row.ts';
import type { AgentRow } from '../../../plugins/agents/verbs/agents.ts';
import { type Alerted, alerted } from '../alerts/realm.ts';

export const BEATS = 'heartbeat: { file: true, every: 10s, suspectAfter: 1m, deadAfter: 5m }';

export interface Agents {
  readonly realm: Alerted;
  readonly root: string;
  readonly machine: () => VirtualMachine;
  /** These beat as time passes, each ten seconds. */
  readonly beating: Set<string>;
  pass(ms: number): Promise<void>;
  row(name: string): Promise<AgentRow>;
  recovery(name: string): Recovery | undefined;
  /** What the alert `me` was told: `severity subject state`, and its message. */
  told(): readonly string[];
  override(ref: `${string}/${string}`, effect: 'stop' | 'pause' | 'hold' | 'maintenance'): Promise<void>;
  clear(ref: `${string}/${string}`, effect: 'stop' | 'pause' | 'hold' | 'maintenance'): Promise<void>;
}

export interface AgentsOptions {
  /** More of the config. */
  readonly yaml?: string;
  /** What the command of that name does, anew at each start. Default: it runs. */
  readonly programs?: (name: string) => Program | undefined;
}

const STEP_MS = 10_000;

/** `agents`: by name, what is written beside its home `agents/<name>` and its command, which is its name. */
export async function agentsOf(
  agents: Readonly<Record<string, string>>,
  { yaml = '', programs = () => ({}) }: AgentsOptions = {},
): Promise<Agents> {
  const names = Object.keys(agents);
  let machine: VirtualMachine | undefined;
  const lines = names.map((name) => `  ${name}: { home: agents/${name}, command: [${name}], ${agents[name]} }\n`);
  const realm = await alerted('  me: { to: [{ file: told.jsonl }], digest: 1s }\n', {
    plugins: ['services', 'agents'],
    yaml: `agents:\n${lines.join('')}${yaml}`,
    prepare: (root) => names.forEach((name) => mkdirSync(join(root, 'agents', name), { recursive: true })),
    world: (clock) => {
      const made = virtualMachine({ clock, random: seededRandom(1), programs: ({ argv }) => programs(argv[0]!) });
      machine = made;
      return { processes: () => made.processes() };
    },
  });
  const { root, clock } = realm.realm;
  const beating = new Set(names);
  const beat = (name: string): void => {
    const file = join(root, 'agents', name, 'heartbeat.json');
    rmSync(file, { force: true });
    writeFileSync(file, '{}');
    utimesSync(file, clock.now() / 1000, clock.now() / 1000);
  };
  return {
    realm,
    root,
    machine: () => machine!,
    beating,
    async pass(ms) {
      for (let left = ms; left > 0; left -= STEP_MS) {
        beating.forEach(beat);
        await realm.pass(Math.min(STEP_MS, left));
      }
    },
    async row(name) {
      const { agents: rows } = (await realm.invoke('agents.list')) as { agents: AgentRow[] };
      return rows.find(({ id }) => id === name)!;
    },
    recovery: (name) => realm.kernel.store.rows.of('agents').get(`recovery/${name}`) as Recovery | undefined,
    told() {
      const file = join(root, 'told.jsonl');
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').trim().split('\n');
      return lines.map((line) => {
        const { severity, subject, state, message } = JSON.parse(line) as Record<string, string>;
        return `${severity} ${subject} ${state}: ${message}`;
      });
    },
    async override(ref, effect) {
      await realm.door().setOverride({ ref, effect, why: 'a test', actor: 'user:ann' });
      await realm.pass(10);
    },
    async clear(ref, effect) {
      await realm.door().clearOverride({ ref, effect, why: 'over', actor: 'user:ann' });
      await realm.pass(10);
    },
  };
}
