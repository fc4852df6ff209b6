// One agent that lives only with its charter and good weights, its backups, and eyes that see each phase of its recovery.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Phase, Recovery } from '../../plugins/agents/recovery/row.ts';
import { isRunning, realm, tempRealm, until } from './realm.ts';

/** TERM takes it a moment, and its first beat too, so that each phase lasts long enough to be hit. */
const AGENT = `trap 'sleep 0.4; exit 0' TERM
[ "$(cat SOUL.md)" = "I am z" ] || { echo "no soul"; exit 3; }
grep -q good weights.json || { echo "bad weights"; exit 4; }
sleep 0.4
while :; do
  echo '{"state":"idle"}' > .beat && mv .beat heartbeat.json
  date +%s >> memory/log.jsonl
  sleep 0.1 & wait $!
done
`;

const config = (agent: string): string => `plugins: [services, backup, agents, alerts]
agents:
  z: { home: agents/z, command: [sh, agent.sh], critical: true, coolDown: 0s, recoverWithin: 20s, ${agent} }
backups:
  weekly: { sources: [{ from: agents, exclude: ['**/.beat'] }], keep: { last: 9 }, label: second }
  daily: { sources: [{ from: agents, include: ['*/memory/**', '*/*.json'], exclude: ['**/heartbeat.json'] }], keep: { last: 9 }, label: second }
alerts:
  me: { to: [{ file: told.jsonl }], digest: 100ms }
`;
/** Suspect and dead within seconds. */
export const QUICK =
  'heartbeat: { file: true, every: 500ms, suspectAfter: 2s, deadAfter: 4s }, service: { stop: { grace: 1s } }';

export class RecoveryWorld {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(agent = QUICK): Promise<RecoveryWorld> {
    const dir = await tempRealm({
      'realm.config.yaml': config(agent),
      'agents/z/agent.sh': AGENT,
      'agents/z/SOUL.md': 'I am z',
      'agents/z/weights.json': 'good\n',
      'agents/z/memory/lessons.md': 'old lesson\n',
    });
    onTestFinished(async () => void (await realm(dir, ['down', '--services'])));
    return new RecoveryWorld(dir);
  }

  async run(...args: string[]): Promise<string> {
    const ended = await realm(this.dir, args, { timeoutMs: 90_000 });
    if (ended.code === 0) return ended.stdout;
    throw new Error(`realm ${args.join(' ')}: ${ended.code}\n${ended.stdout}${ended.stderr}`);
  }

  /** Answers with its id. A label has seconds, so that two are not of one. */
  async save(policy: string): Promise<string> {
    await this.run('backup', 'run', policy);
    const labels = readdirSync(join(this.dir, 'backups', policy)).filter((name) => /^\d{4}-/.test(name));
    return `${policy}/${labels.toSorted().at(-1)!}`;
  }

  text = (path: string): string => readFileSync(join(this.dir, 'agents/z', path), 'utf8');
  write = (path: string, text: string): void => writeFileSync(join(this.dir, 'agents/z', path), text);
  has = (path: string): boolean => existsSync(join(this.dir, 'agents/z', path));
  told = (): string =>
    existsSync(join(this.dir, 'told.jsonl')) ? readFileSync(join(this.dir, 'told.jsonl'), 'utf8') : '';

  /** As it is stored, whoever lives. */
  recovery(): Recovery | null {
    const file = join(this.dir, '.realm/realm.db');
    if (!existsSync(file)) return null;
    const db = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
    try {
      const row = db.prepare("SELECT value FROM rows WHERE plugin = 'agents' AND key = 'recovery/z'").get();
      return row === undefined ? null : (JSON.parse(String(row['value'])) as Recovery);
    } finally {
      db.close();
    }
  }

  pid(): number {
    const ps = readFileSync(join(this.dir, '.realm/lease.json'), 'utf8');
    return (JSON.parse(ps) as { pid: number }).pid;
  }

  async killDaemon(): Promise<void> {
    const pid = this.pid();
    process.kill(pid, 'SIGKILL');
    await until(() => !isRunning(pid), 10_000, 'the daemon to end');
  }

  async agent(): Promise<{ readonly state: string; readonly why: string; readonly alive: boolean }> {
    const { agents } = JSON.parse(await this.run('agents', '--json')) as {
      agents: { state: string; why: string; alive: boolean }[];
    };
    return agents[0]!;
  }

  async is(...states: readonly string[]): Promise<void> {
    let seen = '';
    const check = async (): Promise<boolean> => states.includes((seen = (await this.agent()).state));
    await until(
      check,
      60_000,
      `agent/z to be ${states.join(' or ')}`,
      () => `${seen} ${JSON.stringify(this.recovery())}`,
    );
  }

  until(what: string, check: (one: Recovery) => boolean): Promise<void> {
    const isSo = (): boolean => {
      const one = this.recovery();
      return one !== null && check(one);
    };
    return until(isSo, 90_000, what, () => JSON.stringify(this.recovery()));
  }
}

/** Its weights are broken, and its charter is gone: what makes it what it is. */
export function damage(world: RecoveryWorld): void {
  world.write('weights.json', 'broken\n');
  rmSync(join(world.dir, 'agents/z/SOUL.md'));
  world.write('stray.txt', 'nobody saved me\n');
}
export const endAgent = async (world: RecoveryWorld): Promise<void> => {
  const { services } = JSON.parse(await world.run('ps', '--json')) as { services: { ref: string; pid: number }[] };
  process.kill(services.find(({ ref }) => ref === 'service/agent-z')!.pid, 'SIGKILL');
};

/** Its recovery when the daemon was killed in that phase of it, and another one went on. */
export async function killedIn(phase: Phase, world: RecoveryWorld): Promise<Recovery> {
  await world.is('idle');
  const last = world.recovery()?.id;
  if (phase === 'stopping') await world.run('recover', 'z', '--detach', '--why', 'it lives, and has to come down');
  else {
    world.write('weights.json', 'bad\n');
    await endAgent(world);
  }
  await world.until(`phase ${phase}`, (one) => one.id !== last && (one.phase === phase || one.endedAt !== null));
  await world.killDaemon();
  if (world.recovery()?.endedAt !== null) throw new Error(`it had ended before a kill in ${phase}`);
  await world.run('up');
  await world.until(`the recovery after a kill in ${phase}`, (one) => one.id !== last && one.endedAt !== null);
  const ended = world.recovery()!;
  if (ended.phase === 'recovered' && !world.text('weights.json').startsWith('good')) throw new Error('bad weights');
  const tops = ended.tries.map(({ top }) => top);
  if (new Set(tops).size !== tops.length) throw new Error(`the same twice: ${tops.join(', ')}`);
  return ended;
}
