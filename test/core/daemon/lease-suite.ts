// What any lease must do, whoever implements it: run these against a second implementation as they are.
import { afterEach, expect, test } from 'vitest';
import type { AcquireOptions, Lease, LeaseHolder } from '../../../core/daemon/lease.ts';
import { sleep, systemClock } from '../../../core/clock.ts';
import { systemRandom } from '../../../core/random.ts';

export interface LeaseUnderTest {
  acquire(options: AcquireOptions): Promise<Lease>;
  read(stateDir: string): Promise<LeaseHolder | undefined>;
  /** A new empty place for a lease. */
  place(): string;
}

export function leaseSuite(name: string, subject: LeaseUnderTest): void {
  const held: Lease[] = [];
  const take = async (stateDir: string, more: Partial<AcquireOptions> = {}): Promise<Lease> => {
    const never = new AbortController().signal;
    const base = { stateDir, purpose: 'test', signal: never, clock: systemClock, random: systemRandom };
    const lease = await subject.acquire({ ...base, ...more });
    held.push(lease);
    return lease;
  };
  afterEach(async () => {
    for (const lease of held.splice(0)) await lease.release();
  });

  test(`${name}: says who holds it, and nobody after release`, async () => {
    const place = subject.place();
    expect(await subject.read(place)).toBeUndefined();
    const lease = await take(place, { purpose: 'daemon' });
    const holder = await subject.read(place);
    expect(holder).toMatchObject({ pid: process.pid, purpose: 'daemon', token: lease.holder.token });
    await lease.release();
    await lease.release();
    expect(await subject.read(place)).toBeUndefined();
  });

  test(`${name}: busy is told with pid, purpose and since`, async () => {
    const place = subject.place();
    const lease = await take(place, { purpose: 'apply' });
    const error = await take(place, { wait: false }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'LEASE_BUSY' });
    expect(String(error)).toContain(`${process.pid} (apply) since ${lease.holder.since}`);
  });

  test(`${name}: a waiter gets it once it is free, and is told once for whom it waits`, async () => {
    const place = subject.place();
    const first = await take(place);
    const told: string[] = [];
    let isHeld = true;
    const waiting = take(place, { onWait: (holder) => told.push(holder.token) }).then((lease) => {
      expect(isHeld).toBe(false);
      return lease;
    });
    while (told.length === 0) await sleep(systemClock, 5);
    await sleep(systemClock, 300); // several polls, so that a second telling would show
    isHeld = false;
    await first.release();
    const second = await waiting;
    expect(told).toEqual([first.holder.token]);
    expect((await subject.read(place))?.token).toBe(second.holder.token);
  });

  test(`${name}: an aborted waiter leaves nothing behind`, async () => {
    const place = subject.place();
    const first = await take(place);
    const stop = new AbortController();
    const waiting = take(place, { signal: stop.signal, onWait: () => stop.abort(new Error('enough')) });
    await expect(waiting).rejects.toThrow('enough');
    await first.release();
    await take(place, { wait: false });
  });

  test(`${name}: of many who ask at once exactly one gets it`, async () => {
    const place = subject.place();
    const asked = await Promise.allSettled(Array.from({ length: 20 }, () => take(place, { wait: false })));
    expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
}
