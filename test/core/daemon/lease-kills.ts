// Contenders for a lease as real processes, and rounds of killing them while they take turns.
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { sleep, systemClock } from '../../../core/clock.ts';
import type { AcquireOptions } from '../../../core/daemon/lease.ts';
import { acquire } from '../../../core/daemon/lease.ts';
import { seededRandom, systemRandom } from '../../../core/random.ts';

const CHILD = new URL('./lease-child.ts', import.meta.url).pathname;
const started = new Set<ChildProcess>();
export function contender(...words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [CHILD, ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
  started.add(child);
  child.once('exit', () => started.delete(child));
  return child;
}
/** After a test that failed half-way, too. */
export async function endContenders(): Promise<void> {
  const gone = [...started].map((child) => once(child, 'exit'));
  for (const child of started) child.kill('SIGKILL');
  await Promise.all(gone);
}
export const options = (stateDir: string, more: Partial<AcquireOptions> = {}): AcquireOptions => ({
  stateDir,
  purpose: 'test',
  signal: new AbortController().signal,
  clock: systemClock,
  random: systemRandom,
  ...more,
});
export async function until<T>(what: () => T | undefined | false): Promise<T> {
  const deadline = systemClock.now() + 60_000;
  for (;;) {
    const value = what();
    if (value !== undefined && value !== false) return value;
    if (systemClock.now() > deadline) throw new Error(`waited too long for ${String(what)}`);
    await sleep(systemClock, 5);
  }
}
export const linesOf = (path: string): string[] =>
  (existsSync(path) ? readFileSync(path, 'utf8') : '').split('\n').filter((line) => line !== '');

/** Contenders die by SIGKILL at random moments while they take turns; the witness file must never see two inside. */
export async function killRounds(
  stateDir: string,
  rounds: number,
  seed: number,
): Promise<{ got: number; killed: number }> {
  const witness = `${stateDir}.witness`;
  const random = seededRandom(seed);
  const living = new Set<ChildProcess>();
  const begin = (): void => {
    const child = contender(stateDir, witness, '1000000', '1');
    living.add(child);
    child.once('exit', () => living.delete(child));
  };
  for (let n = 0; n < 3; n++) begin();
  for (let round = 0; round < rounds; round++) {
    const before = linesOf(witness).length;
    await until(() => linesOf(witness).length > before + 2);
    await sleep(systemClock, random.next() * 15);
    const inside = Number(await until(() => linesOf(witness).at(-1)?.split(' ')[1]));
    const victim = [...living].find(({ pid }) => pid === inside) ?? [...living][0]!;
    victim.kill('SIGKILL');
    begin();
  }
  const gone = [...living].map((child) => once(child, 'exit'));
  for (const child of living) child.kill('SIGKILL');
  await Promise.all(gone);
  const lines = linesOf(witness);
  expect(
    lines.filter((line) => line.startsWith('TWO')),
    `seed ${seed}`,
  ).toEqual([]);
  const last = await acquire(options(stateDir, { wait: false }));
  expect(readdirSync(stateDir)).toEqual(['lease.json']);
  await last.release();
  return { got: lines.length, killed: rounds };
}
