// The file lease: the suite, real processes that race and are killed, and every damaged or foreign file.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { FOREIGN_SILENCE_MS, isHolderAlive } from '../../../core/daemon/lease-file.ts';
import { acquire, type Lease, read } from '../../../core/daemon/lease.ts';
import { contender, endContenders, killRounds, linesOf, options, until } from './lease-kills.ts';
import { leaseSuite } from './lease-suite.ts';

const base = mkdtempSync(join(tmpdir(), 'realm-lease-'));
let count = 0;
const place = (): string => join(base, `state-${++count}`);
afterEach(endContenders);
afterAll(() => rmSync(base, { recursive: true, force: true }));

leaseSuite('file lease', { acquire, read: (dir) => read(dir, systemClock), place });

test(
  '20 holders and waiters killed: never two at once, never stuck, nothing left behind',
  { timeout: 120_000 },
  async () => {
    const seed = 20261121;
    const { got, killed } = await killRounds(place(), 20, seed);
    expect(got).toBeGreaterThan(killed);
    console.info(`lease: ${got} turns, ${killed} kills, seed ${seed}`);
  },
);

test.each(['lease.take:before', 'lease.take:after', 'lease.takeover:before', 'lease.takeover:after'])(
  'killed at %s: the next one gets it at once',
  async (point) => {
    const stateDir = place();
    // the first dies holding, so that the second has to take over and dies at the point
    for (const crashAt of ['lease.take:after', point]) {
      await once(contender(stateDir, `${stateDir}.witness`, '1', '0', crashAt), 'exit');
    }
    expect(await read(stateDir, systemClock)).toBeUndefined();
    const lease = await acquire(options(stateDir, { wait: false }));
    expect(readdirSync(stateDir)).toEqual(['lease.json']);
    await lease.release();
  },
);

test('eight processes race for a dead holder: each gets its turn, never two at once', async () => {
  const stateDir = place();
  const witness = `${stateDir}.witness`;
  await once(contender(stateDir, witness, '1', '0', 'lease.take:after'), 'exit');
  const racers = Array.from({ length: 8 }, () => contender(stateDir, witness, '3', '0'));
  await Promise.all(racers.map((child) => once(child, 'exit')));
  const lines = linesOf(witness);
  expect(lines.filter((line) => line.startsWith('TWO'))).toEqual([]);
  expect(lines).toHaveLength(24);
});

test('who was overtaken between looking and claiming does not get it', async () => {
  const stateDir = place();
  const witness = `${stateDir}.witness`;
  await once(contender(stateDir, witness, '1', '0', 'lease.take:after'), 'exit'); // a dead holder
  const faster: ChildProcess[] = [];
  const crash = (name: string): void => {
    if (name !== 'lease.take:before' || faster.length > 0) return;
    faster.push(contender(stateDir, witness, '1', '60000'));
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (linesOf(witness).length === 0) Atomics.wait(pause, 0, 0, 5);
  };
  const late = await acquire(options(stateDir, { wait: false, crash })).catch((thrown: unknown) => thrown);
  expect(late).toMatchObject({ code: 'LEASE_BUSY' });
  expect(await read(stateDir, systemClock)).toMatchObject({ pid: faster[0]!.pid });
  faster[0]!.kill('SIGKILL');
  await once(faster[0]!, 'exit');
});

test('a stopped holder keeps the lease', async () => {
  const stateDir = place();
  const child = contender(stateDir, `${stateDir}.witness`, '1', '60000');
  await until(() => linesOf(`${stateDir}.witness`).length === 1);
  child.kill('SIGSTOP');
  const later = { now: () => systemClock.now() + 3_600_000, after: systemClock.after };
  expect(await read(stateDir, later)).toMatchObject({ pid: child.pid });
  await expect(acquire(options(stateDir, { wait: false, clock: later }))).rejects.toMatchObject({ code: 'LEASE_BUSY' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await read(stateDir, systemClock)).toBeUndefined();
});

test('another boot is dead; a reused pid is dead, the own one too (Weaver); another container is judged by its heartbeat', async () => {
  const stateDir = place();
  const lease = await acquire(options(stateDir));
  const record = lease.holder;
  const now = systemClock.now();
  expect(isHolderAlive(record, now, now)).toBe(true);
  expect(isHolderAlive(record, undefined, now + 1e9)).toBe(true);
  expect(isHolderAlive({ ...record, bootId: 'another' }, now, now)).toBe(false);
  expect(isHolderAlive({ ...record, startTime: '1' }, now, now)).toBe(false);
  const foreign = { ...record, namespace: 'pid:[1]', pid: 2 ** 22 };
  expect(isHolderAlive(foreign, now - FOREIGN_SILENCE_MS + 1, now)).toBe(true);
  expect(isHolderAlive(foreign, now - FOREIGN_SILENCE_MS, now)).toBe(false);
  await lease.release();
});

test.each(['', '{', 'null', '[]', '{"pid":1}', '{"pid":"x","token":"../../etc"}', '\0'.repeat(300)])(
  'a damaged lease file (%j) is refused by name and left alone',
  async (text) => {
    const stateDir = place();
    mkdirSync(stateDir);
    writeFileSync(join(stateDir, 'lease.json'), text);
    const error = await acquire(options(stateDir)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'LEASE_UNREADABLE' });
    expect(String(error)).toContain(join(stateDir, 'lease.json'));
    expect(readFileSync(join(stateDir, 'lease.json'), 'utf8')).toBe(text);
  },
);

test('a lease that is taken away by hand is noticed at the next heartbeat', async () => {
  const stateDir = place();
  const due: (() => void)[] = [];
  const clock = { now: () => 1_000, after: (_: number, fn: () => void) => (due.push(fn), { cancel() {} }) };
  const lease = await acquire(options(stateDir, { clock }));
  due.shift()!();
  expect(lease.lost.aborted).toBe(false);
  expect((await read(stateDir, clock))?.heartbeatAt).toBe('1970-01-01T00:00:01.000Z');
  rmSync(join(stateDir, 'lease.json'));
  due.shift()!();
  expect(lease.lost.reason).toMatchObject({ code: 'LEASE_LOST' });
  await lease.release();
});

test('a lease that cannot be shown to be held any more is lost, in words', async () => {
  const stateDir = place();
  const path = join(stateDir, 'lease.json');
  const due: (() => void)[] = [];
  const clock = { now: () => 1_000, after: (_: number, fn: () => void) => (due.push(fn), { cancel() {} }) };
  const crash = (point: string): void => {
    if (point === 'lease.beat:before') rmSync(path); // after it was looked at
  };
  const lease = await acquire(options(stateDir, { clock, crash }));
  due.shift()!();
  expect(lease.lost.reason).toMatchObject({
    code: 'LEASE_LOST',
    message: expect.stringContaining(`${path} can no longer be written: ENOENT`) as string,
  });
  expect(due).toEqual([]);
  await lease.release();
});

test('looking writes nothing', async () => {
  const stateDir = place();
  expect(await read(stateDir, systemClock)).toBeUndefined();
  expect(existsSync(stateDir)).toBe(false);
});

test(
  'who can be asked instead is not waited for, also when it takes the lease only meanwhile',
  { timeout: 20_000 },
  async () => {
    const stateDir = place();
    const still = { cancel: (): void => {} };
    const first = await acquire(options(stateDir, { purpose: 'apply' }));
    const [waits, next] = [Promise.withResolvers<void>(), Promise.withResolvers<Lease>()];
    const waiting = acquire(
      options(stateDir, {
        unless: ({ purpose }) => purpose === 'daemon',
        onWait: () => waits.resolve(),
        // It looks again when the daemon has it.
        clock: { ...systemClock, after: (ms, fn) => (void next.promise.then(() => systemClock.after(ms, fn)), still) },
      }),
    );
    await waits.promise;
    await first.release();
    next.resolve(await acquire(options(stateDir, { purpose: 'daemon' })));
    await expect(waiting).rejects.toMatchObject({ code: 'LEASE_BUSY' });
    await (await next.promise).release();
  },
);
