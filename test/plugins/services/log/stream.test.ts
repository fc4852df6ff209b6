// What services said, as `realm logs` gets it: the last lines, since when, over pieces, and as they go on to speak.
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { pathOf, piecesBeside } from '../../../../plugins/services/log/pieces.ts';
import { rotate } from '../../../../plugins/services/log/rotate.ts';
import { addMark, offsetSince } from '../../../../plugins/services/log/times.ts';
import type { SaidLine } from '../../../../plugins/services/log/stream.ts';
import { type Machine, machineWith } from '../machine.ts';

/** Not how long it takes, but how long a busy machine may take. */
const PATIENT = { timeout: 60_000 };

const TWO = '  web: { command: [web] }\n  worker: { command: [worker] }\n';

async function opened(): Promise<Machine> {
  const machine = await machineWith(TWO);
  onTestFinished(() => machine.close());
  await machine.pass(100);
  return machine;
}

const logOf = (machine: Machine, name: string): string =>
  join(machine.realm.root, '.realm/logs/services', `${name}.log`);

function say(machine: Machine, name: string, text: string): string {
  const log = logOf(machine, name);
  mkdirSync(dirname(log), { recursive: true });
  appendFileSync(log, text);
  return log;
}

const open = (machine: Machine, input: object, signal = new AbortController().signal): AsyncIterable<SaidLine> =>
  machine.realm.door(machine.kernel).stream('services.logs', input, signal) as AsyncIterable<SaidLine>;

async function heard(machine: Machine, input: object = {}): Promise<string[]> {
  const lines: string[] = [];
  for await (const { service, line } of open(machine, input)) lines.push(`${service}: ${line}`);
  return lines;
}

const numbered = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at}\n`).join('');

test('the last lines of each; of a long log as of a short one, over its pieces, half a line too', async () => {
  const machine = await opened();
  expect(await heard(machine)).toEqual([]);
  const log = say(machine, 'web', `${numbered(200_000)}half`);
  expect(await heard(machine, { last: 2 })).toEqual(['web: line 199998', 'web: line 199999', 'web: half']);
  await rotate(log, { sizeBytes: 512 * 1024, keep: 100, today: '2030-01-31' });
  expect(piecesBeside(log).length).toBeGreaterThan(1);
  expect(await heard(machine, { services: ['web'], last: 300_000 })).toHaveLength(200_001);
  expect(await heard(machine, { services: ['web'] })).toHaveLength(101);
  expect(await heard(machine, { services: ['service/worker'] })).toEqual([]);
  say(machine, 'worker', 'one\n');
  expect(await heard(machine, { last: 1 })).toEqual(['web: line 199999', 'worker: one', 'web: half']);
});

test('since something that is no instant is refused', async () => {
  const machine = await opened();
  say(machine, 'web', 'one\n');
  for (const since of ['', 'soon', '2030-13-41T00:00:00Z'])
    await expect(heard(machine, { since })).rejects.toMatchObject({
      code: 'ACTION_INPUT_INVALID',
      message: `since "${since}" is no instant`,
    });
});

test('since an instant: by the times that lines begin with, and without them by when pieces were written', async () => {
  const machine = await opened();
  const log = say(machine, 'web', numbered(2_000));
  await rotate(log, { sizeBytes: 10_000, keep: 100, today: '2030-01-31' });
  for (const file of piecesBeside(log)) utimesSync(pathOf(log, { file }), 0, 0);
  say(machine, 'web', '2030-01-31T10:00:00Z old\n  of old\n[2030-01-31 12:00:00.123] new\n  of new\n');
  const since = await heard(machine, { since: '2030-01-31T11:00:00Z' });
  expect(since.slice(-2)).toEqual(['web: [2030-01-31 12:00:00.123] new', 'web:   of new']);
  expect(since).not.toContain('web: line 0');
  expect(since).not.toContain('web:   of old');
});

test('since an instant: what has no times of its own, by when it arrived', async () => {
  const machine = await opened();
  const log = say(machine, 'web', 'of the morning\n');
  const isNoted = async (offset: number): Promise<boolean> => {
    await machine.pass(6_000);
    return offsetSince(log, statSync(log).ino, machine.realm.clock.now()) === offset;
  };
  await expect.poll(() => isNoted(15), PATIENT).toBe(true);
  await machine.pass(3_600_000);
  const noon = new Date(machine.realm.clock.now()).toISOString();
  await machine.pass(10_000);
  say(machine, 'web', 'of the afternoon\n');
  await expect.poll(() => isNoted(32), PATIENT).toBe(true);
  expect(await heard(machine, { since: noon })).toEqual(['web: of the afternoon']);
  expect(await heard(machine, { since: '2020-01-01T00:00:00Z' })).toHaveLength(2);
  appendFileSync(`${log}.times`, '\n17 99'); // a crash, and a log of another file
  appendFileSync(`${log}.times`, `\n17 99 ${machine.realm.clock.now()}`);
  expect(await heard(machine, { since: noon })).toEqual(['web: of the afternoon']);
});

test('notes of times stay small', () => {
  const folder = mkdtempSync(join(tmpdir(), 'realm-times-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'web.log');
  const at = Date.parse('2030-01-31T12:00:00Z');
  for (let mark = 0; mark < 12_000; mark++) addMark(log, { inode: 123_456, offset: mark, at: at + mark });
  expect(statSync(`${log}.times`).size).toBeLessThan(300 * 1024);
  expect(offsetSince(log, 123_456, at + 11_000)).toBe(11_000);
});

test('who is not there is named before anything is shown', async () => {
  const machine = await opened();
  await expect(heard(machine, { services: ['web', 'wbe'] })).rejects.toMatchObject({
    code: 'ACTION_INPUT_INVALID',
    message: 'there is no service wbe',
  });
});

test('followed: what is said from then on, of all, over rotation, until the reader leaves', async () => {
  const machine = await opened();
  const log = say(machine, 'web', 'before\n');
  const left = new AbortController();
  const lines: string[] = [];
  const reading = (async () => {
    for await (const { service, line } of open(machine, { follow: true }, left.signal))
      lines.push(`${service}: ${line}`);
  })();
  const heardNow = async (): Promise<string[]> => {
    await machine.pass(200);
    return lines;
  };
  await expect.poll(heardNow, PATIENT).toEqual(['web: before']);
  say(machine, 'worker', 'from the start\n');
  say(machine, 'web', 'a\nhal');
  await expect
    .poll(async () => (await heardNow()).toSorted(), PATIENT)
    .toEqual(['web: a', 'web: before', 'worker: from the start']);
  say(machine, 'web', `f\n${numbered(5_000)}`);
  await rotate(log, { sizeBytes: 5_000, keep: 100, today: '2030-01-31' });
  await expect.poll(async () => (await heardNow()).length, PATIENT).toBe(5_004);
  expect(lines.slice(3)).toEqual([
    'web: half',
    ...numbered(5_000)
      .trim()
      .split('\n')
      .map((line) => `web: ${line}`),
  ]);
  left.abort();
  await machine.pass(200);
  await reading;
});
