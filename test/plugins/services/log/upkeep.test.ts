// What the upkeep of logs tells: a rotation that fails, a full disk, and that it works again.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Context, RealmError, type Resource } from '../../../../core/plugin.ts';
import { checkedRotate, keepLog } from '../../../../plugins/services/log/upkeep.ts';
import { logOf } from '../../../../plugins/services/places.ts';
import { logNow } from '../../../../plugins/services/log/pieces.ts';
import { readTrouble } from '../../../../plugins/services/rows.ts';
import type { ServiceSpec } from '../../../../plugins/services/spec.ts';

const want = {
  name: 'web',
  ref: 'service/web',
  spec: { log: { size: 10_000, keep: 3, pipe: false } },
} as unknown as Resource<ServiceSpec>;

function stage() {
  const folder = mkdtempSync(join(tmpdir(), 'realm-upkeep-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const rows = new Map<string, unknown>();
  const said: string[] = [];
  const state = { now: Date.parse('2030-01-31T12:00:00Z') };
  const ctx = {
    paths: { root: folder, data: join(folder, '.realm/data/services') },
    rows: {
      get: (key: string) => rows.get(key),
      set: (key: string, value: unknown) => void rows.set(key, value),
      delete: (key: string) => void rows.delete(key),
    },
    log: { warn: (message: string) => void said.push(message) },
    now: () => state.now,
    wake: (ref: string) => void said.push(`woke ${ref}`),
  } as unknown as Context;
  const log = logOf('web', ctx);
  mkdirSync(dirname(log), { recursive: true });
  writeFileSync(log, 'a line\n'.repeat(5_000));
  return { ctx, log, said, state };
}

const failing = (code: string) => (): Promise<number> =>
  Promise.reject(Object.assign(new Error('cannot write'), { code }));

test('a full disk is told once, tried again after a while, and forgotten when it works', async () => {
  const { ctx, said, state } = stage();
  const seen: Parameters<typeof keepLog>[1] = new Map();
  await keepLog(want, seen, ctx, failing('ENOSPC'));
  const full = 'the disk is full (ENOSPC); nothing of it is lost';
  expect(readTrouble('web', ctx)).toBe(full);
  expect(said).toEqual([`the log of service/web is not rotated: ${full}`, 'woke service/web']);
  let tries = 0;
  const counted = (): Promise<number> => Promise.resolve(++tries);
  state.now += 29_000;
  await keepLog(want, seen, ctx, counted);
  expect(tries).toBe(0);
  state.now += 1_000;
  await keepLog(want, seen, ctx, failing('ENOSPC'));
  expect(said).toHaveLength(2);
  state.now += 30_000;
  await keepLog(want, seen, ctx, counted);
  expect(tries).toBe(1);
  expect(readTrouble('web', ctx)).toBeUndefined();
  expect(said.slice(2)).toEqual(['woke service/web']);
});

test('a state without room keeps nobody from rotating: the trouble is known all the same, and told once', async () => {
  const { ctx, said, state } = stage();
  const full = (): never => {
    throw new RealmError('STORE_FULL', 'no room');
  };
  const seen: Parameters<typeof keepLog>[1] = new Map();
  const rows = { ...ctx.rows };
  Object.assign(ctx.rows, { set: full, delete: full });
  for (let turn = 0; turn < 2; turn++) {
    await keepLog(want, seen, ctx, failing('EIO'));
    state.now += 30_000;
  }
  expect(readTrouble('web', ctx)).toBe('cannot write');
  expect(said).toHaveLength(2);
  await keepLog(want, seen, ctx, () => Promise.resolve(0));
  expect(readTrouble('web', ctx)).toBeUndefined();
  Object.assign(ctx.rows, rows);
  await keepLog(want, new Map(), ctx, failing('EIO'));
  expect(readTrouble('web', ctx)).toBe('cannot write');
  expect(rows.get('log/web')).toBe('cannot write');
});

test('what the tool says, and that it is missing', async () => {
  const { ctx } = stage();
  await keepLog(want, new Map(), ctx, failing('ENOENT'));
  expect(readTrouble('web', ctx)).toBe('fallocate(1) of util-linux is not on the PATH');
  const error = Object.assign(new Error('Command failed'), { stderr: 'fallocate: web.log: Operation not supported\n' });
  await keepLog(want, new Map(), ctx, () => Promise.reject(error));
  expect(readTrouble('web', ctx)).toBe('fallocate: web.log: Operation not supported');
});

test('a disk that was full when it was first tried whether logs can be rotated is no disk on which they cannot', async () => {
  const { ctx, log, state } = stage();
  const seen: Parameters<typeof keepLog>[1] = new Map();
  let tries = 0;
  const turn = checkedRotate(() => (++tries === 1 ? failing('ENOSPC')().then(() => {}) : Promise.resolve()));
  await keepLog(want, seen, ctx, turn);
  expect(readTrouble('web', ctx)).toContain('ENOSPC');
  state.now += 30_000;
  await keepLog(want, seen, ctx, turn);
  expect(readTrouble('web', ctx)).toBeUndefined();
  expect(logNow(log)?.known.pieces.length).toBeGreaterThan(0);
  writeFileSync(log, 'a line\n'.repeat(5_000), { flag: 'a' });
  await keepLog(want, seen, ctx, turn);
  expect(tries).toBe(2); // it is known by now
});
