// Kills a daemon that starts runs, again and again, and judges by a file that only the runs write.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { sleep, systemClock } from '../../../core/clock.ts';
import { type Random, systemRandom } from '../../../core/random.ts';
import { openStore } from '../../../core/store/store.ts';
import { newFolder } from './scene.ts';

interface Daemon {
  readonly said: Set<string>;
  readonly exited: Promise<number | null>;
}

function daemon(folder: string, first: number, count: number, killAfter = -1, killMs = 0): Daemon {
  const args = [join(import.meta.dirname, 'parent.ts'), folder, String(first), String(count)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = new Set<string>();
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      said.add(line);
      if (said.size === killAfter) void sleep(systemClock, killMs).then(() => child.kill('SIGKILL'));
    }
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  return { said, exited };
}

export interface Tally {
  readonly acknowledged: number;
  readonly stored: number;
  readonly again: number;
}

/** Each daemon dies a moment after it said its n-th word, both by chance. Then one lives, and everything has ended well. */
export async function killing(kills: number, random: Random): Promise<Tally> {
  const folder = newFolder();
  const acknowledged = new Set<string>();
  for (let round = 0; round < kills; round++) {
    const words = 1 + Math.floor(random.next() * 30);
    const { said, exited } = daemon(folder, round * 1_000, 60, words, random.next() * 15);
    expect(await exited).toBe(null);
    for (const word of said) if (word.startsWith('k')) acknowledged.add(word);
  }
  expect(await daemon(folder, 1_000_000, 0).exited).toBe(0);
  const store = openStore({ dir: join(folder, '.realm'), clock: systemClock, random: systemRandom, mode: 'read' });
  const rows = store.runs.list({ limit: 1_000_000 });
  store.close();
  const witnessed = readFileSync(join(folder, 'witness'), 'utf8').trim().split('\n');
  expect([...new Set(rows.map((run) => run.state))]).toEqual(['succeeded']);
  expect(witnessed.toSorted()).toEqual(rows.map((run) => run.id).toSorted());
  const keys = new Set(rows.map((run) => run.key));
  for (const key of acknowledged) expect(keys.has(key), key).toBe(true);
  return { acknowledged: acknowledged.size, stored: rows.length, again: rows.filter((run) => run.attempt > 1).length };
}
