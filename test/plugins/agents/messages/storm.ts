// A storm of messages while the daemon is killed with SIGKILL again and again; writer and reader keep notes of their own.
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Random } from '../../../../core/random.ts';
import { Daemons } from '../../../e2e/daemons.ts';
import { tempRealm, until } from '../../../e2e/realm.ts';
import { killAll } from '../../../e2e/service-world.ts';

const READERS = ['b', 'c'] as const;
const YAML = `plugins: [services, agents]
agents:
${['a', ...READERS].map((name) => `  ${name}: { home: agents/${name}, command: [sleep, '1000'] }\n`).join('')}`;

export interface Seen {
  readonly written: number;
  readonly kills: number;
  /** Given more than once, each with the same id. */
  readonly repeated: number;
}

/** Throws when a message is lost, invented, or overtaken by a later one of its reference. */
export async function stormOf(
  messages: number,
  kills: number,
  random: Pick<Random, 'next'>,
  timeoutMs: number,
): Promise<Seen> {
  const dir = await tempRealm({ 'realm.config.yaml': YAML });
  const home = (agent: string): string => join(dir, 'agents', agent);
  for (const name of ['a', ...READERS]) mkdirSync(join(home(name), 'outbox'), { recursive: true });
  const daemons = new Daemons(dir);
  onTestFinished(async () => {
    await daemons.end();
    killAll(dir);
  });
  const notes = new Map<string, string[]>(READERS.map((name) => [name, []]));
  /** `may`: so many may be written by now, so that each life of the daemon has its share. */
  const now = { written: 0, may: 0, isOver: false };
  const write = async (): Promise<void> => {
    while (now.written < messages && !now.isOver) {
      for (let burst = 0; burst < 20 && now.written < now.may; burst++) writeOne(home('a'), now.written++);
      await pause(random.next() * 10);
    }
  };
  const read = async (): Promise<void> => {
    while (!now.isOver) {
      for (const name of READERS) notes.get(name)!.push(...readAll(home(name), join(dir, `${name}.notes`)));
      await pause(5);
    }
  };
  const work = [write(), read()];
  const count = (): number => READERS.reduce((sum, name) => sum + new Set(notes.get(name)).size, 0);
  let daemon = daemons.start();
  for (let killed = 0; killed < kills; killed++) {
    const from = count();
    now.may = Math.ceil((messages * (killed + 1)) / (kills + 1));
    await until(
      () => count() > from,
      timeoutMs,
      'something to arrive',
      () => daemons.said(),
    );
    await pause(random.next() * 100);
    const gone = once(daemon, 'exit');
    daemon.kill('SIGKILL');
    await gone;
    daemon = daemons.start();
  }
  now.may = messages;
  await until(
    () => count() === messages,
    timeoutMs,
    `${messages} messages`,
    () => `${count()}\n${daemons.said()}`,
  );
  now.isOver = true;
  await Promise.all(work);
  for (const name of READERS) judge(name, notes.get(name)!, messages);
  const repeated = READERS.reduce((sum, name) => sum + notes.get(name)!.length, 0) - messages;
  return { written: now.written, kills, repeated };
}

const idOf = (n: number): string => `s${String(n).padStart(6, '0')}`;

/** Each writer's n-th message is for the one reader or the other, and of one of seven references. */
function writeOne(home: string, n: number): void {
  const path = join(home, 'outbox', `${idOf(n)}.json`);
  const said = { id: idOf(n), to: READERS[n % 2], type: 'update', reference: `r${n % 7}`, payload: 'x'.repeat(100) };
  writeFileSync(`${path}.tmp`, JSON.stringify(said));
  renameSync(`${path}.tmp`, path);
}

/** Notes first, then acknowledges: who dies in between gets it again. */
function readAll(home: string, notes: string): readonly string[] {
  const inbox = join(home, 'inbox');
  if (!existsSync(inbox)) return [];
  const files = readdirSync(inbox).filter((name) => /^\d.*\.json$/.test(name));
  return files.sort().map((file) => {
    const { id } = JSON.parse(readFileSync(join(inbox, file), 'utf8')) as { id: string };
    appendFileSync(notes, `${id}\n`);
    rmSync(join(inbox, file));
    return id;
  });
}

function judge(name: (typeof READERS)[number], read: readonly string[], messages: number): void {
  const mine = Array.from({ length: messages }, (_, n) => n).filter((n) => READERS[n % 2] === name);
  const once = [...new Set(read)];
  const missing = mine.filter((n) => !once.includes(idOf(n)));
  if (missing.length > 0 || once.length !== mine.length)
    throw new Error(`${name}: ${once.length} of ${mine.length}, missing ${missing.slice(0, 5).join()}`);
  for (let reference = 0; reference < 7; reference++) {
    const order = once.filter((id) => Number(id.slice(1)) % 7 === reference);
    if (order.join() !== [...order].sort().join()) throw new Error(`${name}, r${reference}: ${order.join(' ')}`);
  }
}
