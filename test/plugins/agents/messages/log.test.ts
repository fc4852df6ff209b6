// The durable log: what was synced is there after any crash, a torn end is cut off and kept aside, damage in the middle costs its line alone.
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeLine } from '../../../../plugins/agents/messages/line.ts';
import { Log, type LogParts } from '../../../../plugins/agents/messages/log.ts';
import type { LogRecord } from '../../../../plugins/agents/messages/records.ts';
import { readAt, segmentPath } from '../../../../plugins/agents/messages/segment.ts';
import { newRoot } from './stage.ts';

const record = (serial: number, agent = 'z'): LogRecord => ({ is: 'position', agent, serial });
const serials = (heard: readonly LogRecord[]): readonly number[] =>
  heard.map((one) => (one as { serial: number }).serial);

async function opened(folder: string, more: Partial<LogParts> = {}): Promise<{ log: Log; heard: LogRecord[] }> {
  const heard: LogRecord[] = [];
  const log = await Log.open({ folder, hear: (one) => void heard.push(one), ...more });
  return { log, heard };
}

/** What another life finds; all of it is as it was written. */
async function found(folder: string): Promise<readonly number[]> {
  const { log, heard } = await opened(folder);
  expect(log.damages).toEqual([]);
  await log.close();
  return serials(heard);
}

test('what is appended is found again, and each record where it was put', async () => {
  const folder = join(newRoot(), 'log');
  const { log } = await opened(folder);
  const places = await log.append([record(1, 'ä'), record(2)], true);
  await log.append([record(3)], false);
  expect(await readAt(folder, places[1]!)).toMatchObject(record(2));
  await log.close();
  expect(await found(folder)).toEqual([1, 2, 3]);
});

test('any tool reads it: each line is JSON', async () => {
  const folder = join(newRoot(), 'log');
  const { log } = await opened(folder);
  await log.append([record(1), record(2)], true);
  await log.close();
  const lines = readFileSync(segmentPath(folder, 1), 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([record(1), record(2)]);
});

test('W: torn at every byte, all whole lines before are there, the rest is kept aside, and it goes on', async () => {
  const root = newRoot();
  const lines = [1, 2, 3].map((serial) => encodeLine(record(serial, 'ä'.repeat(serial))));
  const whole = Buffer.concat(lines);
  const ends = lines.map((_, index) => Buffer.concat(lines.slice(0, index + 1)).length);
  for (let cut = 0; cut <= whole.length; cut++) {
    const folder = join(root, String(cut), 'log');
    const { log: first } = await opened(folder);
    await first.append([record(0)], true);
    await first.close();
    writeFileSync(segmentPath(folder, 1), whole.subarray(0, cut));
    const good = ends.filter((end) => end <= cut);
    const torn = cut - (good.at(-1) ?? 0);
    const { log, heard } = await opened(folder);
    expect(serials(heard)).toEqual([1, 2, 3].slice(0, good.length));
    expect(log.damages.map(({ bytes }) => bytes)).toEqual(torn === 0 ? [] : [torn]);
    if (torn > 0) expect(readFileSync(log.damages[0]!.kept!)).toEqual(whole.subarray(cut - torn, cut));
    await log.append([record(9)], true);
    await log.close();
    expect(await found(folder)).toEqual([...[1, 2, 3].slice(0, good.length), 9]);
  }
});

test('one flipped byte anywhere costs the line that it is in, and is told', async () => {
  const root = newRoot();
  const lines = [1, 2, 3, 4].map((serial) => encodeLine(record(serial)));
  const whole = Buffer.concat(lines);
  for (let at = 0; at < whole.length; at++) {
    const folder = join(root, String(at), 'log');
    const { log: first } = await opened(folder);
    await first.append([record(0)], true);
    await first.close();
    const spoilt = Buffer.from(whole);
    spoilt[at]! ^= 0x55;
    writeFileSync(segmentPath(folder, 1), spoilt);
    const { log, heard } = await opened(folder);
    const hit = [1, 2, 3, 4].find((_, index) => at < Buffer.concat(lines.slice(0, index + 1)).length)!;
    // Without its newline a line is one with the next.
    const lost = spoilt[at] !== 0x0a && whole[at] === 0x0a && hit < 4 ? [hit, hit + 1] : [hit];
    expect(serials(heard), `byte ${at}`).toEqual([1, 2, 3, 4].filter((serial) => !lost.includes(serial)));
    expect(log.damages, `byte ${at}`).toHaveLength(1);
    await log.close();
  }
});

test('it goes on in another segment when one is full, and numbers are never used twice', async () => {
  const folder = join(newRoot(), 'log');
  const { log } = await opened(folder, { segmentBytes: 100 });
  for (let serial = 1; serial <= 9; serial++) await log.append([record(serial)], false);
  await log.remove(log.fullSegments[0]!);
  await log.close();
  expect(readdirSync(folder).sort()[0]).toBe('00000002.jsonl');
  const rest = await found(folder);
  expect(rest.at(-1)).toBe(9);
  expect(rest).toEqual([...rest].sort((a, b) => a - b));
});

test('what could not be written counts for nothing, and leaves nothing behind', async () => {
  const folder = join(newRoot(), 'log');
  let isFull = false;
  const crash = (name: string): void => {
    if (isFull && name === 'messages.append:before') throw new Error('ENOSPC');
  };
  const { log } = await opened(folder, { crash });
  await log.append([record(1)], true);
  isFull = true;
  await expect(log.append([record(2)], true)).rejects.toThrow('ENOSPC');
  isFull = false;
  await log.append([record(3)], true);
  await log.close();
  expect(await found(folder)).toEqual([1, 3]);
});

/** As the system may leave what was not synced: any part of it, and after it anything. */
type Step =
  | { readonly do: 'append'; readonly count: number; readonly isDurable: boolean }
  | { readonly do: 'reopen' }
  | { readonly do: 'crash'; readonly keep: number; readonly junk: readonly number[] };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 4 }),
      isDurable: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('crash' as const),
      keep: fc.double({ min: 0, max: 1, noNaN: true }),
      junk: fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }),
    }),
  },
);

test('whatever is appended, crashed and opened again: nothing synced is lost, nothing else appears, the order stays', async () => {
  let steps = 0;
  let crashes = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (all) => {
      const folder = join(newRoot(), 'log');
      let { log } = await opened(folder, { segmentBytes: 300 });
      let [serial, synced] = [0, { size: 0, count: 0 }];
      let kept: number[] = [];
      for (const one of all) {
        steps += 1;
        if (one.do === 'append') {
          const records = Array.from({ length: one.count }, () => record(++serial));
          const places = await log.append(records, one.isDurable);
          kept.push(...serials(records));
          const isFresh = log.sizeOf(places[0]!.segment) === places.at(-1)!.offset + places.at(-1)!.length + 1;
          expect(isFresh).toBe(true);
          // A new segment is begun only when the one before it is on the disk.
          if (one.isDurable) synced = { size: log.sizeOf(places[0]!.segment), count: kept.length };
          else if (places[0]!.offset === 0) synced = { size: 0, count: kept.length - records.length };
          continue;
        }
        const last = existsSync(folder) ? readdirSync(folder).sort().at(-1) : undefined;
        await log.close();
        if (one.do === 'crash' && last !== undefined) {
          crashes += 1;
          const path = join(folder, last);
          const { size } = statSync(path);
          truncateSync(path, synced.size + Math.floor((size - synced.size) * one.keep));
          appendFileSync(path, Buffer.from(one.junk));
        }
        const again = await opened(folder, { segmentBytes: 300 });
        log = again.log;
        const heard = serials(again.heard);
        expect(heard).toEqual(kept.slice(0, heard.length));
        expect(heard.length).toBeGreaterThanOrEqual(one.do === 'crash' ? synced.count : kept.length);
        kept = [...heard];
        synced = { size: log.sizeOf(Number.MAX_SAFE_INTEGER), count: kept.length };
      }
      await log.close();
    }),
    { numRuns: 60 },
  );
  console.log(`log: ${steps} steps, ${crashes} crashes`);
});

test('what is torn or spoilt at the end of a full segment is told too', async () => {
  const folder = join(newRoot(), 'log');
  const { log } = await opened(folder, { segmentBytes: 100 });
  for (let serial = 1; serial <= 9; serial++) await log.append([record(serial)], false);
  await log.close();
  const full = segmentPath(folder, 1);
  const size = statSync(full).size;
  truncateSync(full, size - 2);
  const cut = await opened(folder);
  expect(cut.log.damages).toMatchObject([{ segment: 1, bytes: 0, lines: 1 }]);
  await cut.log.close();
  truncateSync(full, size - 2);
  appendFileSync(full, '!\n');
  const spoilt = await opened(folder);
  expect(spoilt.log.damages).toMatchObject([{ segment: 1, bytes: 0, lines: 1 }]);
  await spoilt.log.close();
});
