// How long a holder is given until it answers: one that has only just begun longer than one that has long been there.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../core/clock.ts';
import { connectDoor } from '../../../core/daemon/client.ts';
import { acquire, type Lease } from '../../../core/daemon/lease.ts';
import { socketPath } from '../../../core/daemon/socket-path.ts';
import { VERSION } from '../../../core/kernel/version.ts';
import { systemRandom } from '../../../core/random.ts';
import { virtualClock } from '../../../core/simulate/clock.ts';

async function held(): Promise<{ readonly stateDir: string; readonly lease: Lease }> {
  const stateDir = mkdtempSync(join(tmpdir(), 'realm-patience-'));
  onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
  const signal = new AbortController().signal;
  const lease = await acquire({ stateDir, purpose: 'daemon', signal, clock: systemClock, random: systemRandom });
  onTestFinished(() => lease.release());
  return { stateDir, lease };
}

/** After how many seconds it is given up, when its lease is so old. */
async function patienceAt(ageMs: number): Promise<number> {
  const { stateDir, lease } = await held();
  const clock = virtualClock(Date.parse(lease.holder.since) + ageMs);
  const codes: unknown[] = [];
  const asked = connectDoor(stateDir, { clock }).catch((error: { readonly code: string }) => codes.push(error.code));
  let seconds = 0;
  for (; codes.length === 0 && seconds < 70; seconds++) {
    for (let step = 0; step < 10; step++) {
      await clock.advance(100);
      for (let turns = 0; turns < 20 && codes.length === 0; turns++) await turn(); // that nobody listens comes from the system
    }
  }
  await asked;
  expect(codes).toEqual(['DAEMON_UNREACHABLE']);
  return seconds;
}

test('one that has only just begun is given half a minute', async () => {
  expect(await patienceAt(0)).toBeGreaterThanOrEqual(30);
});

test('one that has long been there is given five seconds', async () => {
  expect(await patienceAt(3_600_000)).toBeLessThan(30);
});

test('a clock that was set back gives nobody more than half a minute', async () => {
  expect(await patienceAt(-3_600_000)).toBeLessThan(60);
});

test('one that listens is given time to answer, although nobody would wait so long for it to listen', async () => {
  const { stateDir, lease } = await held();
  const clock = virtualClock(Date.parse(lease.holder.since));
  const asked: ServerResponse[] = [];
  const slow = createServer((_, response) => void asked.push(response)).listen(socketPath(stateDir));
  onTestFinished(() => (slow.closeAllConnections(), void slow.close()));
  await once(slow, 'listening');
  const isAsked = async (times: number): Promise<void> => {
    while (asked.length < times) await turn();
  };
  const connect = () => connectDoor(stateDir, { clock, patienceMs: 250, answerMs: 5_000 });
  const door = connect();
  await isAsked(1);
  await clock.advance(4_000);
  asked[0]!.end(JSON.stringify({ version: 1, daemon: { pid: process.pid, version: VERSION } }));
  await (await door)!.close();
  const told = connect().catch((thrown: unknown) => thrown);
  await isAsked(2);
  await clock.advance(5_000);
  expect(await told).toMatchObject({ code: 'DAEMON_UNREACHABLE' });
});
