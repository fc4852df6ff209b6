// Death at any moment: every event that was acknowledged is there once, rows and events agree, and the store opens.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { seededRandom } from '../../../core/random.ts';
import { historyPath, openStore } from '../../../core/store/store.ts';
import { folder, lines } from './places.ts';

const WRITER = join(import.meta.dirname, 'writer.ts');
const CYCLES = 6;

interface End {
  /** Numbers of which the writer said that they are safe. */
  readonly acknowledged: number[];
  readonly points: string[];
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
  readonly errors: string;
}

/** Runs the writer; kills it once it acknowledged `killAfter` numbers. */
function write(dir: string, args: readonly string[], killAfter: number = Infinity): Promise<End> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [WRITER, dir, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.split('ack').length > killAfter) child.kill('SIGKILL');
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => (errors += part));
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const said = text.split('\n').slice(0, -1); // a half line was not said
      const values = (word: string): string[] =>
        said.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
      resolve({ acknowledged: values('ack').map(Number), points: values('point'), signal, code, errors });
    });
  });
}

/** Opens what the dead left and holds it against what they had acknowledged. */
function judge(dir: string, acknowledged: readonly number[]): void {
  const store = openStore({
    dir,
    clock: systemClock,
    random: seededRandom(1),
    mode: 'write',
    limits: { maxEvents: 300 },
  });
  expect(store.health).toBe('ok');
  const kept = store.journal.read({ limit: 1_000_000 }).map((event) => event.seq);
  const archive = join(dir, 'archive');
  const archived = existsSync(archive)
    ? readdirSync(archive)
        .filter((name) => name.startsWith('events-'))
        .flatMap((name) => lines(join(archive, name)).map((line) => Number(line['id'])))
    : [];
  const all = new Set([...kept, ...archived]);
  expect(acknowledged.filter((seq) => !all.has(seq))).toEqual([]);
  expect(kept).toEqual(kept.toSorted((one, other) => one - other));
  expect(new Set(kept).size).toBe(kept.length);
  // A row and its event committed together: each stored row's event is there, and the newest round's too.
  const rows = store.rows.list('test', 'seq/').map((row) => Number(row.key.slice('seq/'.length)));
  expect(rows.filter((seq) => !all.has(seq))).toEqual([]);
  const transactions = acknowledged.filter((seq) => rows.includes(seq));
  expect(transactions.at(-1) ?? 0).toBeLessThanOrEqual(Number(store.rows.get('test', 'last') ?? 0));
  store.close();
  const told = lines(historyPath(dir)).map((line) => Number(line['id']));
  expect(told).toEqual(told.toSorted((one, other) => one - other));
  expect(new Set(told).size).toBe(told.length);
  expect(told.at(-1)).toBe(kept.at(-1));
}

test('killed at random moments, again and again on the same files', async () => {
  const dir = join(folder(), '.realm');
  const random = seededRandom(Date.now());
  const moments = Array.from({ length: CYCLES }, () => 1 + Math.floor(random.next() * 60));
  console.info(`kill moments, in acknowledgements: ${moments.join(', ')}`);
  const acknowledged: number[] = [];
  for (const moment of moments) {
    const end = await write(dir, [], moment);
    expect(end).toMatchObject({ signal: 'SIGKILL', errors: '' });
    expect(new Set(end.acknowledged).size).toBe(end.acknowledged.length);
    expect(Math.min(...end.acknowledged)).toBeGreaterThan(Math.max(0, ...acknowledged));
    acknowledged.push(...end.acknowledged);
    judge(dir, acknowledged);
  }
  console.info(`acknowledged: ${acknowledged.length}`);
});

test('killed at every crash point, at its first call and at a later one', async () => {
  const listed = await write(join(folder(), '.realm'), ['list']);
  expect(listed).toMatchObject({ code: 0, errors: '' });
  const counts = new Map<string, number>();
  for (const point of listed.points) counts.set(point, (counts.get(point) ?? 0) + 1);
  expect([...counts.keys()].toSorted()).toEqual([
    'files.write:after',
    'files.write:before',
    'history.append:after',
    'history.append:before',
    'history.rotate:after',
    'history.rotate:before',
    'journal.archive:after',
    'journal.archive:before',
    'store.commit:after',
    'store.commit:before',
    'store.copy:after',
    'store.copy:before',
    'store.create:after',
    'store.create:before',
    'store.open:after',
    'store.open:before',
  ]);
  const cases = [...counts].flatMap(([point, count]) =>
    count > 1 ? [[point, 1] as const, [point, Math.ceil(count / 2)] as const] : [[point, 1] as const],
  );
  const one = async ([point, nth]: readonly [string, number]): Promise<void> => {
    const dir = join(folder(), '.realm');
    const end = await write(dir, [point, String(nth)]);
    expect(end, `${point} ${nth}`).toMatchObject({ signal: 'SIGKILL', errors: '' });
    judge(dir, end.acknowledged);
    // And it goes on from there.
    const next = await write(dir, ['none', '1', '3']);
    expect(next, `${point} ${nth}, afterwards`).toMatchObject({ code: 0, errors: '' });
    judge(dir, [...end.acknowledged, ...next.acknowledged]);
  };
  for (let index = 0; index < cases.length; index += 2) await Promise.all(cases.slice(index, index + 2).map(one));
}, 240_000);
