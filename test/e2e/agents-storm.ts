// A storm of messages while whoever delivers them is killed again and again; the receivers' own records are the witness.
import { expect } from 'vitest';
import { allWell, agentsWorld, handledBy, post } from './agents-world.ts';
import { HANGS_MS, isRunning, realm, until } from './realm.ts';

const RECEIVERS = ['z', 'jay', 'rick'] as const;

interface Storm {
  readonly messages: number;
  readonly kills: number;
  readonly timeoutMs: number;
}

/** Throws when one message is lost, handled twice, or overtaken by a later one of its reference. */
export async function expectNothingLost({ messages, kills, timeoutMs }: Storm): Promise<void> {
  const { dir, until: untilAgents } = await agentsWorld((config) => config.replace(/^ {4}- .*waiting: 30.*\n/m, ''));
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
  await untilAgents('all agents to live', allWell);
  const sent = new Map<string, string[]>(RECEIVERS.map((name) => [name, []]));
  for (let n = 0; n < messages; n += 1) {
    const to = RECEIVERS[n % RECEIVERS.length]!;
    const id = `storm-${String(n).padStart(6, '0')}`;
    post(dir, 'em', { id, to, type: 'update', reference: `r${to}${n % 7}` });
    sent.get(to)!.push(id);
    if (n % Math.ceil(messages / kills) === Math.floor(messages / kills / 2)) await killDaemon(dir);
  }
  const stormOf = (name: string): readonly string[] => handledBy(dir, name).filter((id) => id.startsWith('storm-'));
  const count = (): number => RECEIVERS.reduce((sum, name) => sum + stormOf(name).length, 0);
  await until(
    () => count() >= messages,
    timeoutMs,
    `${messages} messages to be handled`,
    () => String(count()),
  );
  for (const name of RECEIVERS) {
    const handled = stormOf(name);
    expect([...handled].sort(), `${name}: none lost, none twice`).toEqual(sent.get(name));
    for (let reference = 0; reference < 7; reference += 1) {
      const inOrder = handled.filter((id) => Number(id.slice('storm-'.length)) % 7 === reference);
      expect(inOrder, `${name}: in order`).toEqual([...inOrder].sort());
    }
  }
}

/** With the next one up at once: agents notice nothing. */
async function killDaemon(dir: string): Promise<void> {
  const { daemon } = JSON.parse((await realm(dir, ['status', '--json'])).stdout) as { daemon: { pid: number } | null };
  if (daemon !== null) {
    process.kill(daemon.pid, 'SIGKILL');
    await until(() => !isRunning(daemon.pid), HANGS_MS, 'the daemon to end');
  }
  expect(await realm(dir, ['up'])).toMatchObject({ code: 0 });
}
