// A daemon that is killed with SIGKILL at any write: what it had stored is told, each under one id, by whoever lives next.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Receiver, receiver } from './receiver.ts';
import { MEMORY } from '../../memory.ts';

const LIVES = 9;
/** A life passes about 70 crash points, the first third of them before it states anything. */
const [FIRST_POINT, STEP] = [20, 5];

test(
  `over ${LIVES} lives and deaths nothing that was stored is lost, and nothing has two ids`,
  { timeout: 240_000 },
  async () => {
    const phone = await receiver();
    const root = mkdtempSync(join(MEMORY, 'realm-alerts-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    const alerts = `  phone: { on: [critical], to: [{ webhook: "${phone.url}" }], digest: 0s, retry: { backoff: 50ms..200ms } }\n`;
    writeFileSync(join(root, 'realm.config.yaml'), `plugins: [alerts]\nalerts:\n${alerts}`);
    const stored: string[] = [];
    for (let life = 0; life < LIVES; life++) {
      phone.mood = ([200, 'lose', 500] as const)[life % 3]!;
      await lifeOf(root, life, String(FIRST_POINT + life * STEP), stored);
    }
    phone.mood = 200;
    await lastLife(root, stored, phone);
    expect(stored.length).toBeGreaterThan(LIVES);
    const told = Map.groupBy(
      phone.got.flatMap(({ body }) => body.items),
      ({ subject, state }) => `${subject} ${state}`,
    );
    expect(stored.filter((line) => !told.has(line))).toEqual([]);
    const withTwoIds = [...told].filter(([, items]) => new Set(items.map(({ id }) => id)).size > 1);
    expect(withTwoIds).toEqual([]);
  },
);

async function lifeOf(root: string, life: number, at: string, stored: string[]): Promise<void> {
  const child = begin(root, life, at, stored);
  await new Promise((done) => child.once('close', done));
}

async function lastLife(root: string, stored: string[], phone: Receiver): Promise<void> {
  const child = begin(root, LIVES, 'never', stored);
  const ended = new Promise((done) => child.once('close', done));
  await expect
    .poll(
      () =>
        stored.filter((line) => !phone.heard().includes(line)).length +
        Number(!stored.includes(`service/a${LIVES} recovered`)),
      { timeout: 60_000 },
    )
    .toBe(0);
  child.kill('SIGKILL');
  await ended;
}

function begin(root: string, life: number, at: string, stored: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kill-child.ts'), root, String(life), at], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (part: Buffer) => {
    text += String(part);
    const lines = text.split('\n');
    text = lines.pop()!;
    stored.push(...lines);
  });
  return child;
}
